package client

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
)

// tokens is what a sign-in or a refresh is answered with.
type tokens struct {
	status  int
	Refresh string `json:"refresh_token"`
	Code    string `json:"error_code"`
}

// post sends an object to a path of accounts.
func post(t *testing.T, s *galleytest.Server, path string, body map[string]string) tokens {
	raw, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return tokens{}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/auth/v1"+path, bytes.NewReader(raw))
	if err != nil {
		t.Error(err)
		return tokens{}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return tokens{}
	}
	defer func() { _ = resp.Body.Close() }()
	out := tokens{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Error(path, err)
	}
	return out
}

func refresh(t *testing.T, s *galleytest.Server, token string) tokens {
	return post(t, s, "/token?grant_type=refresh_token", map[string]string{"refresh_token": token})
}

// atOnce refreshes a token many times at the same moment, on all nodes in turn.
func atOnce(t *testing.T, nodes []*galleytest.Server, token string) []tokens {
	out := make([]tokens, 12)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() {
			<-start
			out[i] = refresh(t, nodes[i%len(nodes)], token)
		})
	}
	close(start)
	all.Wait()
	return out
}

// family signs somebody up on one node and returns the refresh tokens of two
// refreshes, each of which was asked for on both nodes at once.
func family(t *testing.T, nodes []*galleytest.Server, email string) (all []string) {
	t.Helper()
	in := post(t, nodes[0], "/signup", map[string]string{"email": email, "password": "tangible-otter-42-umbrella"})
	if all = []string{in.Refresh}; in.Refresh == "" {
		t.Fatalf("sign-up: %+v", in)
	}
	for range 2 {
		got := atOnce(t, nodes, all[len(all)-1])
		for _, one := range got {
			if one.status != http.StatusOK || one.Refresh != got[0].Refresh {
				t.Fatalf("refreshes at once differ: %+v and %+v", one, got[0])
			}
		}
		all = append(all, got[0].Refresh)
	}
	return all
}

func twoNodes(t *testing.T, env ...string) []*galleytest.Server {
	o := galleytest.Options{Project: galleytest.Project(t, schema), DatabaseURL: pgtest.Database(t), Env: append(env,
		"GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_RATE_LIMIT_TOKEN_REFRESH=0", "GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=0")}
	return galleytest.StartAll(t, o, o)
}

// TestRefreshWithinGrace holds that within its grace interval a token that is two
// refreshes old still leads to the newest, whichever node is asked.
func TestRefreshWithinGrace(t *testing.T) {
	nodes := twoNodes(t, "GALLEY_AUTH_REFRESH_TOKEN_REUSE_INTERVAL=600")
	all := family(t, nodes, "ada@example.org")
	for _, old := range all[:2] {
		for _, one := range atOnce(t, nodes, old) {
			if one.status != http.StatusOK || one.Refresh != all[2] {
				t.Fatalf("%+v", one)
			}
		}
	}
	if last := refresh(t, nodes[1], all[2]); last.status != http.StatusOK {
		t.Errorf("%+v", last)
	}
}

// TestRefreshBeyondGrace holds that the use of an old token ends its family on both
// nodes, and that a refresh which runs at the same moment does not outlive it.
func TestRefreshBeyondGrace(t *testing.T) {
	nodes := twoNodes(t, "GALLEY_AUTH_REFRESH_TOKEN_REUSE_INTERVAL=0")
	for _, email := range []string{"ada@example.org", "bea@example.org", "cy@example.org", "dan@example.org", "eve@example.org"} {
		all := family(t, nodes, email)
		newest := make(chan string, 1)
		go func() { // whoever holds the newest token goes on refreshing it
			token := all[2]
			for {
				next := refresh(t, nodes[0], token)
				if next.status != http.StatusOK {
					newest <- token
					return
				}
				token = next.Refresh
			}
		}()
		for _, one := range atOnce(t, nodes[1:], all[0]) {
			if one.status != http.StatusBadRequest || one.Code != "refresh_token_already_used" {
				t.Errorf("the use of an old token: %+v", one)
			}
		}
		token := <-newest
		for _, one := range atOnce(t, nodes, token) {
			if one.status != http.StatusBadRequest || one.Refresh != "" {
				t.Errorf("a token of a family that was ended: %+v", one)
			}
		}
	}
}
