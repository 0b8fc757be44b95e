package hook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/outgoing"
)

// The example of Standard Webhooks' own test suite.
const (
	exampleSecret    = "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestSign(t *testing.T) {
	keys, err := parseSecrets(exampleSecret + "|" + exampleSecret)
	if err != nil {
		t.Fatal(err)
	}
	got := sign(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got != exampleSignature+" "+exampleSignature {
		t.Errorf("%s", got)
	}
	of := func(n int) string { return "v1,whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for text, ok := range map[string]bool{
		of(24): true, of(64): true, of(23): false, of(65): false, of(0): false, "": false, "|": false, "whsec_" + of(32)[9:]: false,
		"v1,whsec_!!!!": false, "v1a,whpk_a:whsk_b": false, of(32) + "|": true, of(32) + "|x": false, of(32) + "\n": true, of(32)[:40]: false,
	} {
		if _, err := parseSecrets(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	for _, s := range []string{exampleSecret, "v1,whsec_", "|||", "v1a,whpk_a:whsk_b", exampleSecret + "|" + exampleSecret} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := parseSecrets(text)
		if (err == nil) != (len(keys) > 0) {
			t.Errorf("%q: %d keys, %v", text, len(keys), err)
		}
		for _, k := range keys {
			again, err := parseSecret("v1,whsec_" + base64.StdEncoding.EncodeToString(k))
			if err != nil || string(again) != string(k) {
				t.Errorf("%q holds %x, which is read as %x, %v", text, k, again, err)
			}
		}
	})
}

func guard(t *testing.T) *outgoing.Guard {
	g, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func open(t *testing.T, db database.DB, name Name, uri, secrets string) *Hooks {
	t.Helper()
	h, err := New(Config{DB: db, Guard: guard(t), Points: map[Name]Point{name: {uri, secrets}}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h.backoff = time.Millisecond
	return h
}

func TestPoints(t *testing.T) {
	for uri, ok := range map[string]bool{
		"pg-functions://postgres/public/f": true, "pg-functions://postgres/public/f_1": true, "pg-functions:///public/f": true,
		"pg-functions://postgres/public": false, "pg-functions://postgres/public/f/g": false, `pg-functions://postgres/public/f"g`: false,
		"pg-functions://postgres/public/f%22": false, "pg-functions://postgres/public/f()": false, "pg-functions://postgres/1/f": false,
		"pg-functions://postgres/public/" + strings.Repeat("f", 64): false,
		"https://example.com/hook":                                  true, "http://example.com/hook": false, "http://127.0.0.1:9000/hook": true, "http://10.0.0.1/hook": false,
		"https://169.254.169.254/": false, "ftp://example.com": false, "": false, "https://": false, "::": false,
	} {
		_, err := New(Config{Guard: guard(t), Points: map[Name]Point{SendSMS: {uri, exampleSecret}}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", uri, err)
		}
	}
	if _, err := New(Config{Guard: guard(t), Points: map[Name]Point{"after_all": {"https://example.com", exampleSecret}}}); err == nil {
		t.Error("an unknown point is taken")
	}
	if _, err := New(Config{Guard: guard(t), Points: map[Name]Point{SendSMS: {"https://example.com", ""}}}); err == nil {
		t.Error("a hook without a secret is taken")
	}
	none, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"a": 1}
	if got, err := none.CustomAccessToken(t.Context(), "", "u", claims, "password"); err != nil || !reflect.DeepEqual(got, claims) || none.Enabled(CustomAccessToken) {
		t.Errorf("without a hook: %v, %v", got, err)
	}
	if logout, err := none.PasswordVerificationAttempt(t.Context(), "", "u", false); logout || err != nil {
		t.Errorf("without a hook: %v, %v", logout, err)
	}
}

// TestHTTP answers a hook's call in every way there is.
func TestHTTP(t *testing.T) {
	json200 := func(body string) http.HandlerFunc { return answer(200, "application/json; charset=utf-8", body) }
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		calls int
		want  string // status, code and message
	}{
		"empty object":      {json200(`{}`), 1, ""},
		"no content":        {answer(204, "", ""), 1, ""},
		"accepted":          {answer(202, "application/json", `{}`), 1, ""},
		"an error":          {json200(`{"error":{"http_code":403,"message":"not you"}}`), 1, "403 unknown not you"},
		"without a code":    {json200(`{"error":{"message":"no"}}`), 1, "500 unexpected_failure no"},
		"a code that is ok": {json200(`{"error":{"http_code":200,"message":"no"}}`), 1, "500 unexpected_failure no"},
		"without a message": {json200(`{"error":{"http_code":403}}`), 1, ""},
		"not JSON":          {json200(`{`), 1, "500 unexpected_failure Error unmarshaling JSON output."},
		"empty":             {json200(``), 1, "500 unexpected_failure Error unmarshaling"},
		"other type":        {answer(200, "text/html", `{}`), 1, "400 hook_payload_invalid_content_type Invalid JSON response. Received content-type: text/html"},
		"no type":           {answer(200, "", `{}`), 1, "400 hook_payload_invalid_content_type Invalid Content-Type: Missing"},
		"broken type":       {answer(200, "a/b/c", `{}`), 1, "400 hook_payload_invalid_content_type Invalid Content-Type header"},
		"too long":          {json200(`{"a":"` + strings.Repeat("x", maxAnswer) + `"}`), 1, "422 hook_payload_over_size_limit Payload size exceeded size limit of 204800 bytes"},
		"just fits":         {json200(`{"a":"` + strings.Repeat("x", maxAnswer-8) + `"}`), 1, ""},
		"bad request":       {answer(400, "application/json", `{}`), 1, "500 unexpected_failure Invalid payload sent to hook"},
		"unauthorized":      {answer(401, "application/json", `{}`), 1, "500 unexpected_failure Hook requires authorization token"},
		"teapot":            {answer(418, "application/json", `{}`), 1, "500 unexpected_failure Unexpected status code returned from hook: 418"},
		"busy":              {answer(503, "", ""), 1, "500 unexpected_failure Service currently unavailable due to hook"},
		"busy for now": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "true")
			w.WriteHeader(429)
		}, 3, "500 unexpected_failure Service currently unavailable due to hook"},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, "422 hook_timeout_after_retry Failed to reach hook after maximum retries"},
	} {
		t.Run(name, func(t *testing.T) {
			var ids []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				ids = append(ids, r.Header.Get("Webhook-Id"))
				checkCall(t, r.Header, body)
				c.serve(w, r)
			}))
			defer server.Close()
			h := open(t, nil, SendEmail, server.URL, exampleSecret)
			err := h.SendEmail(t.Context(), "203.0.113.9", json.RawMessage(`{"id":"u"}`), Email{Token: "123456", Action: "signup"})
			checkError(t, err, c.want)
			if len(ids) != c.calls || ids[0] == "" || ids[0] != ids[len(ids)-1] {
				t.Errorf("calls %v", ids)
			}
		})
	}
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func checkCall(t *testing.T, header http.Header, body []byte) {
	keys, err := parseSecrets(exampleSecret)
	if err != nil {
		t.Error(err)
	}
	at, err := time.Parse("2006", "1970")
	if err != nil {
		t.Error(err)
	}
	var seconds int64
	if err := json.Unmarshal([]byte(header.Get("Webhook-Timestamp")), &seconds); err != nil {
		t.Error(err)
	}
	at = at.Add(time.Duration(seconds) * time.Second)
	if got := sign(keys, header.Get("Webhook-Id"), at, body); got != header.Get("Webhook-Signature") {
		t.Errorf("signed with %s, not %s", header.Get("Webhook-Signature"), got)
	}
	var sent struct {
		Metadata struct{ UUID, Name, IP_Address string }
		User     struct{ ID string }
		Email    map[string]string `json:"email_data"`
		SMS      any
	}
	if err := json.Unmarshal(body, &sent); err != nil || sent.Metadata.Name != "send-email" || len(sent.Metadata.UUID) != 36 ||
		sent.Metadata.IP_Address != "203.0.113.9" || sent.User.ID != "u" || sent.Email["token"] != "123456" || len(sent.Email) != 11 || sent.SMS != nil {
		t.Errorf("%v: sent %s", err, body)
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%v", err)
		}
		return
	}
	e, ok := errors.AsType[*autherr.Error](err)
	if !ok || !strings.HasPrefix(http.StatusText(e.Status)+" "+e.Code+" "+e.Message, statusWords(want)) {
		t.Errorf("%v, want %s", err, want)
	}
}

func statusWords(want string) string {
	var status int
	_ = json.Unmarshal([]byte(want[:3]), &status)
	return http.StatusText(status) + want[3:]
}

func TestDecisions(t *testing.T) {
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(200, "application/json", body)(w, r) }))
	defer server.Close()
	mfa, pw := open(t, nil, MFAVerificationAttempt, server.URL, exampleSecret), open(t, nil, PasswordVerificationAttempt, server.URL, exampleSecret)
	for _, c := range []struct {
		body, mfa, password string
		logout              bool
	}{
		{`{"decision":"continue"}`, "", "", false},
		{`{}`, "", "", false},
		{`{"decision":"reject"}`, "403 mfa_verification_rejected Further MFA verification attempts will be rejected.", "400 invalid_credentials Further password verification attempts will be rejected.", false},
		{`{"decision":"reject","message":"x%dy","should_logout_user":true}`, "403 mfa_verification_rejected x%dy", "400 invalid_credentials x%dy", true},
		{`{"decision":"continue","should_logout_user":true}`, "", "", false},
		{`{"decision":7}`, "500 unexpected_failure", "500 unexpected_failure", false},
	} {
		body = c.body
		checkError(t, mfa.MFAVerificationAttempt(t.Context(), "", "u", "f", "totp", false), c.mfa)
		logout, err := pw.PasswordVerificationAttempt(t.Context(), "", "u", true)
		checkError(t, err, c.password)
		if logout != c.logout {
			t.Errorf("%s: logout is %v", c.body, logout)
		}
	}
}

func TestGone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	h := open(t, nil, BeforeUserCreated, server.URL, exampleSecret)
	server.Close()
	checkError(t, h.BeforeUserCreated(t.Context(), "", json.RawMessage(`{}`)), "422 hook_timeout_after_retry")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checkError(t, h.BeforeUserCreated(ctx, "", json.RawMessage(`{}`)), "422 hook_timeout Failed to reach hook within maximum time of 5.000000 seconds")
}

func TestFunctions(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		for range 2 {
			if err := Prepare(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		err := database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(t.Context(), functions, nil) })
		if err != nil {
			t.Fatal(err)
		}
		claims := func() map[string]any {
			return map[string]any{"aud": "authenticated", "exp": 2000000000, "iat": 1, "sub": "u", "email": "", "phone": "", "role": "authenticated",
				"aal": "aal1", "session_id": "s", "is_anonymous": false, "big": json.Number("9007199254740993")}
		}
		custom := func(name string) (map[string]any, error) {
			return open(t, db, CustomAccessToken, "pg-functions://postgres/public/"+name, "").CustomAccessToken(t.Context(), "1.2.3.4", "u", claims(), "password")
		}
		got, err := custom("claims")
		if err != nil || got["user_role"] != "admin of u by password" || got["sub"] != "u" || got["exp"] != json.Number("2000000000") || got["big"] != json.Number("9007199254740993") {
			t.Errorf("%v, %v", got, err)
		}
		for name, want := range map[string]string{
			"fewer":   "500 unexpected_failure output claims do not conform to the expected schema: \n- (root): sub is required\n- (root): email is required\n- exp: Invalid type. Expected: integer, given: string\n",
			"none":    "500 unexpected_failure output claims field is missing",
			"refuse":  "400 unknown nobody today",
			"fails":   "500 unexpected_failure Error running hook URI: pg-functions://postgres/public/fails",
			"private": "500 unexpected_failure Error running hook URI",
			"missing": "500 unexpected_failure Error running hook URI",
			"nothing": "500 unexpected_failure output claims field is missing",
			"text":    "500 unexpected_failure Error unmarshaling JSON output.",
			"long":    "422 hook_payload_over_size_limit",
			"slow":    "422 hook_timeout Failed to reach hook within maximum time of 2.000000 seconds",
		} {
			_, err := custom(name)
			checkError(t, err, want)
		}
	})
}

const functions = `
create function public.claims(event jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('claims', jsonb_set(event->'claims', '{user_role}',
    to_jsonb('admin of ' || (event->>'user_id') || ' by ' || (event->>'authentication_method'))))
$$;
create function public.fewer(event jsonb) returns jsonb language sql as
  $$ select jsonb_build_object('claims', jsonb_set((event->'claims') - 'sub' - 'email', '{exp}', '"never"')) $$;
create function public.none(event jsonb) returns jsonb language sql as $$ select '{"claim": {}}'::jsonb $$;
create function public.refuse(event jsonb) returns jsonb language sql as $$ select '{"error": {"http_code": 400, "message": "nobody today"}}'::jsonb $$;
create function public.fails(event jsonb) returns jsonb language sql as $$ select to_jsonb(1 / (length(event::text) - length(event::text))) $$;
create function public.private(event jsonb) returns jsonb language sql as $$ select event $$;
revoke execute on function public.private(jsonb) from public, anon, authenticated, service_role;
create function public.nothing(event jsonb) returns jsonb language sql as $$ select null::jsonb $$;
create function public.text(event jsonb) returns jsonb language sql as $$ select '"text"'::jsonb $$;
create function public.long(event jsonb) returns jsonb language sql as $$ select to_jsonb(repeat('x', 300000)) $$;
create function public.slow(event jsonb) returns jsonb language sql as $$ select to_jsonb(count(*)) from generate_series(1, 100000) a, generate_series(1, 100000) b where a.a::bigint * b.b::bigint > length(event::text) $$;
`

func TestClaims(t *testing.T) {
	whole := func() map[string]any {
		return map[string]any{"aud": []any{"a"}, "exp": json.Number("1e9"), "iat": json.Number("1.0"), "sub": "u", "email": "", "phone": "", "role": "r",
			"aal": "aal1", "session_id": "s", "is_anonymous": nil, "amr": []any{"password", map[string]any{"method": "totp"}}, "app_metadata": map[string]any{}}
	}
	if err := checkClaims(whole()); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]any{"aud": nil, "exp": json.Number("1.5"), "iat": json.Number("1e400"), "nbf": true, "sub": json.Number("1"),
		"amr": []any{json.Number("1")}, "app_metadata": []any{}, "role": nil, "client_id": false, "user_metadata": "x"} {
		claims := whole()
		claims[name] = bad
		if err := checkClaims(claims); err == nil || !strings.Contains(err.Error(), "- "+name+": ") {
			t.Errorf("%s %v: %v", name, bad, err)
		}
	}
	for _, name := range required {
		claims := whole()
		delete(claims, name)
		if err := checkClaims(claims); err == nil || !strings.Contains(err.Error(), name+" is required") {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
