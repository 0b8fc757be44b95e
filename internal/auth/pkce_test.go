package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// TestFlowsApart: two browsers of a user wait for links of two kinds, and each gets
// the code of its own, whichever began last.
func TestFlowsApart(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EMAIL_DOUBLE_CONFIRM_CHANGES=false"}, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		pkce := func(verifier string, body object) object {
			sum := sha256.Sum256([]byte(verifier))
			body["code_challenge_method"], body["code_challenge"] = "s256", base64.RawURLEncoding.EncodeToString(sum[:])
			return body
		}
		first, second := strings.Repeat("a", 50), strings.Repeat("b", 50)
		s.want(s.do("PUT", "/user", in.text("access_token"), pkce(first, object{"email": "new@example.org"})), 200, "")
		s.want(s.do("POST", "/recover", "", pkce(second, object{"email": "ada@example.org"})), 200, "")
		code := s.landed(s.awaitMail("email_change").ConfirmationURL).Query().Get("code")
		a := s.want(s.do("POST", "/token?grant_type=pkce", "", object{"auth_code": code, "code_verifier": first}), 200, "")
		if a.text("user", "email") != "new@example.org" {
			t.Errorf("%v", a.body)
		}
	})
}
