package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

// shape is an answer without what differs for anybody: times, ids, the address.
func shape(a answer, email string) string {
	names := []string{}
	for name := range a.header {
		if name != "X-Request-Id" && name != "Date" && name != "Content-Length" {
			names = append(names, name+"="+strings.Join(a.header[name], ","))
		}
	}
	slices.Sort(names)
	body, _ := json.Marshal(blank(a.body, email))
	return fmt.Sprint(a.status, names, string(body))
}

func blank(v any, email string) any {
	switch v := v.(type) {
	case object:
		for k := range v {
			if k == "id" || strings.HasSuffix(k, "_id") || strings.HasSuffix(k, "_at") || k == "sub" {
				v[k] = "…"
			}
			v[k] = blank(v[k], email)
		}
	case []any:
		for i := range v {
			v[i] = blank(v[i], email)
		}
	case string:
		return strings.ReplaceAll(v, email, "somebody")
	}
	return v
}

// TestNobodyIsTold asks every way in for somebody who is known, who did not confirm
// yet and who is not known, twice, and compares all there is to see. No answer that
// takes another kind of work comes before its time.
func TestNobodyIsTold(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		in := s.member("known@example.org")
		s.want(s.do("POST", "/signup", "", object{"email": "later@example.org", "password": strong}), 200, "")
		for i, c := range []struct {
			path  string
			paced bool
			body  object
		}{
			{"/token?grant_type=password", false, object{"password": "a-wrong-password"}},
			{"/signup", true, object{"password": strong, "data": object{"a": 1}}},
			{"/recover", true, object{}}, {"/resend", true, object{"type": "signup"}}, {"/resend", true, object{"type": "email_change"}},
			{"/otp", true, object{"create_user": false}}, {"/otp", true, object{}}, {"/magiclink", true, object{}},
			{"/verify", false, object{"type": "email", "token": "000000"}}, {"/verify", false, object{"type": "recovery", "token": "000000"}},
		} {
			s.tellApart(c.path, c.paced, c.body, "known@example.org", "later@example.org", fmt.Sprintf("unknown%d@example.org", i))
		}
		// Nor is somebody who is signed in.
		want := ""
		for i, email := range []string{"later@example.org", "free@example.org"} {
			who := s.member(fmt.Sprintf("m%d@example.org", i))
			got := shape(s.do("PUT", "/user", who.text("access_token"), object{"email": email}), email)
			if got = strings.ReplaceAll(got, fmt.Sprintf("m%d@", i), "m@"); want == "" {
				want = got
			} else if got != want || !strings.HasPrefix(got, "200") {
				t.Errorf("a change of address tells who is known:\n%s\n%s", got, want)
			}
		}
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
	})
}

// tellApart asks for each address twice, for all addresses at once, and compares the
// answers.
func (s *server) tellApart(path string, paced bool, body object, emails ...string) {
	s.Helper()
	shapes := make([][2]string, len(emails))
	var wg sync.WaitGroup
	for i, email := range emails {
		wg.Go(func() {
			for n := range shapes[i] {
				begun := time.Now()
				a := s.do("POST", path, "", with(object{"email": email}, body))
				if took := time.Since(begun); paced && took < 250*time.Millisecond {
					s.Errorf("%s for %s came after %v", path, email, took)
				}
				if shapes[i][n] = shape(a, email); a.status >= 500 {
					s.Errorf("%s %v for %s: %s", path, body, email, shapes[i][n])
				}
			}
		})
	}
	wg.Wait()
	for i, email := range emails {
		for _, got := range shapes[i] {
			if want := shapes[0][0]; got != want {
				s.Errorf("%s %v tells %s from others:\n%s\n%s", path, body, email, got, want)
			}
		}
	}
}

// TestWhoeverWasFirst signs up with the address of somebody else, who comes later.
func TestWhoeverWasFirst(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EMAIL_MAX_FREQUENCY=0s"}, func(t *testing.T, s *server) {
		const evil = "evil-crocodile-13-lantern"
		signIn := func(email, password string) answer {
			return s.do("POST", "/token?grant_type=password", "", object{"email": email, "password": password})
		}
		begin := map[string]func(email string) answer{
			"a": func(email string) answer {
				return s.do("POST", "/signup", "", object{"email": email, "password": strong})
			},
			"b": func(email string) answer { return s.do("POST", "/otp", "", object{"email": email}) },
			"c": func(email string) answer { return s.do("POST", "/recover", "", object{"email": email}) },
		}
		for name, ask := range begin {
			email := name + "@example.org"
			s.want(s.do("POST", "/signup", "", object{"email": email, "password": evil}), 200, "")
			first := s.mail(email, 0)
			s.want(ask(email), 200, "")
			link := s.mail(email, first.ID).Link
			a := s.send(request{method: "GET", path: "/auth/v1/verify?" + link.RawQuery})
			if !strings.Contains(a.header.Get("Location"), "access_token=") {
				t.Fatal(name, a.header.Get("Location"))
			}
			if a := signIn(email, evil); a.status != 400 || a.text("error_code") != "invalid_credentials" {
				t.Errorf("%s: whoever was first is in: %d", name, a.status)
			}
		}
		s.want(signIn("a@example.org", strong), 200, "")
	})
}

// TestChangeNeedsBothEnds tries to prove one end of a change of address twice.
func TestChangeNeedsBothEnds(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EMAIL_MAX_FREQUENCY=0s"}, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		s.want(s.do("PUT", "/user", access, object{"email": "evil@example.org"}), 200, "")
		last := int64(0)
		for range 3 {
			m := s.mail("evil@example.org", last)
			last = m.ID
			s.want(s.do("POST", "/verify", "", object{"type": "email_change", "email": "evil@example.org", "token": m.Code}), 200, "")
			s.want(s.do("POST", "/resend", "", object{"type": "email_change", "email": "ada@example.org"}), 200, "")
		}
		if got := s.want(s.do("GET", "/user", access, nil), 200, ""); got.text("email") != "ada@example.org" {
			t.Errorf("an address was changed by its new end alone: %v", got.body)
		}
	})
}

// TestGuessing tries passwords and codes, from ever new addresses and, on
// PostgreSQL, on two nodes.
func TestGuessing(t *testing.T) {
	env := []string{"GALLEY_AUTH_RATE_LIMIT_LOCK_AFTER=5", "GALLEY_AUTH_RATE_LIMIT_LOCK_FOR=1h"}
	onEngines(t, env, func(t *testing.T, s *server) {
		nodes := []*server{s}
		if !s.onDisk {
			nodes = append(nodes, start(t, s.place, false, env...))
		}
		s.member("ada@example.org")
		s.want(s.do("POST", "/recover", "", object{"email": "ada@example.org"}), 200, "")
		right := s.mail("ada@example.org", 0)
		for what, c := range map[string]struct {
			path        string
			wrong, good object
		}{
			"codes":     {"/verify", object{"type": "recovery", "email": "ada@example.org", "token": "x"}, object{"type": "recovery", "email": "ADA@example.org", "token": right.Code}},
			"passwords": {"/token?grant_type=password", object{"email": "ada@example.org", "password": "x"}, object{"email": "Ada@Example.ORG", "password": strong}},
			"nobody's":  {"/token?grant_type=password", object{"email": "nobody@example.org", "password": "x"}, object{"email": "nobody@example.org", "password": strong}},
		} {
			judged := 0
			for i := range 20 {
				a := nodes[i%len(nodes)].send(request{method: "POST", path: "/auth/v1" + c.path, body: c.wrong,
					header: map[string]string{"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", i), "X-Real-Ip": "203.0.113.9", "Forwarded": "for=203.0.113.9"}})
				if a.status != http.StatusTooManyRequests {
					judged++
				}
			}
			s.until(what+" are locked", func() bool { // the fifth comes a second after the fourth
				if judged < 5 && nodes[0].do("POST", c.path, "", c.wrong).status != http.StatusTooManyRequests {
					judged++
				}
				return judged >= 5
			})
			if judged > 5 {
				t.Errorf("%d guesses at %s were judged", judged, what)
			}
			for _, n := range nodes {
				if a := n.do("POST", c.path, "", c.good); a.status != http.StatusTooManyRequests {
					t.Errorf("%s: the right one passes a lock: %d %.200s", what, a.status, a.raw)
				}
			}
		}
	})
}

// TestForwardedAddress holds that nobody chooses the address that is counted.
func TestForwardedAddress(t *testing.T) {
	env := []string{"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=1"}
	onEngines(t, env, func(t *testing.T, s *server) {
		nodes := []*server{s}
		if !s.onDisk {
			nodes = append(nodes, start(t, s.place, false, env...))
		}
		passed := 0
		for i := range 60 {
			from := fmt.Sprintf("203.0.113.%d", i)
			a := nodes[i%len(nodes)].send(request{method: "POST", path: "/auth/v1/token?grant_type=password", body: object{"email": from + "@example.org", "password": "x"},
				header: map[string]string{"X-Forwarded-For": from, "X-Real-Ip": from, "Cf-Connecting-Ip": from, "True-Client-Ip": from, "Forwarded": "for=" + from}})
			if a.status != http.StatusTooManyRequests {
				passed++
			}
		}
		if passed > 31 { // what may come at once, of both nodes, and one that came back meanwhile
			t.Errorf("%d sign-ins of one address", passed)
		}
	})
}

// TestStolenRefreshToken has the thief and the owner refresh at once, on two nodes,
// again and again: in the end the session has no token left.
func TestStolenRefreshToken(t *testing.T) {
	t.Parallel()
	env := []string{"GALLEY_AUTH_REFRESH_TOKEN_REUSE_INTERVAL=0"}
	place := pgtest.Database(t)
	nodes := []*server{start(t, place, false, env...), start(t, place, false, env...)}
	one := nodes[0]
	refresh := func(n *server, text string) request {
		return request{method: "POST", path: "/auth/v1/token?grant_type=refresh_token", body: object{"refresh_token": text}}
	}
	stolen := one.member("ada@example.org").text("refresh_token")
	second := one.want(one.send(refresh(one, stolen)), 200, "").text("refresh_token")
	third := one.want(one.send(refresh(one, second)), 200, "").text("refresh_token")
	answers := make(chan []answer, 2)
	for i, n := range nodes {
		go func() {
			var all []request
			for range 8 {
				all = append(all, refresh(n, []string{stolen, third}[i]))
			}
			answers <- n.sendAll(all)
		}()
	}
	tokens := map[string]bool{}
	for range nodes {
		for _, a := range <-answers {
			if a.status != 200 && a.status != 400 && a.status != 409 {
				t.Errorf("%d %.300s", a.status, a.raw)
			}
			if a.status == 200 {
				tokens[a.text("refresh_token")] = true
			}
		}
	}
	if len(tokens) > 1 {
		t.Errorf("%d tokens followed", len(tokens))
	}
	for text := range tokens {
		one.want(one.send(refresh(one, text)), 400, "refresh_token_already_used")
	}
	nodes[1].stop()
	rows, err := database.Records(t.Context(), database.Owner{DB: one.database()}, "select count(*) from auth.refresh_tokens where not revoked")
	if err != nil || rows[0].Int(0) != 0 {
		t.Error(rows, err)
	}
}

// TestStatesOfOthers comes back with states that are made up, or were of another
// way in.
func TestStatesOfOthers(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EXTERNAL_GITHUB_ENABLED=true", "GALLEY_AUTH_EXTERNAL_GITHUB_CLIENT_ID=x", "GALLEY_AUTH_EXTERNAL_GITHUB_SECRET=" + secret}, func(t *testing.T, s *server) {
		s.want(s.do("POST", "/otp", "", object{"email": "ada@example.org", "code_challenge": strings.Repeat("c", 43), "code_challenge_method": "plain"}), 200, "")
		db := s.database()
		rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select id from auth.flow_state")
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		api := handler(t, db, "GALLEY_AUTH_SITE_URL=https://app.example.org", "GALLEY_AUTH_EXTERNAL_GITHUB_ENABLED=true", "GALLEY_AUTH_EXTERNAL_GITHUB_CLIENT_ID=x", "GALLEY_AUTH_EXTERNAL_GITHUB_SECRET=x")
		for _, state := range []string{rows[0].Text(0), strings.ToUpper(rows[0].Text(0)), "11111111-1111-4111-8111-111111111111", "", "x", "{}"} {
			w := ask(t, api, "GET", "/callback?code=x&state="+state, "", "192.0.2.1", nil)
			if to := w.Header().Get("Location"); !strings.HasPrefix(to, "https://app.example.org") || !strings.Contains(to, "error") {
				t.Errorf("%q: %d %s", state, w.Code, to)
			}
		}
	})
}
