package attack

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// TestInnerAddresses names this machine and its network as providers, as issuers of
// tokens, as pictures and in metadata: nothing of it is called.
func TestInnerAddresses(t *testing.T) {
	var calls atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls.Add(1) }))
	t.Cleanup(inner.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(inner.URL, "http://"), ":")
	addresses := []string{inner.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://[::1]:" + port, "http://0.0.0.0:" + port, "http://169.254.169.254"}
	env := []string{}
	for i, at := range addresses {
		name := fmt.Sprintf("GALLEY_AUTH_EXTERNAL_P%d_", i)
		env = append(env, name+"ENABLED=true", name+"CLIENT_ID=x", name+"SECRET="+secret, name+"URL="+at)
	}
	onEngines(t, env, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		for i, at := range addresses {
			name := fmt.Sprintf("p%d", i)
			payload := fmt.Sprintf(`{"iss":%q,"sub":"1","aud":"x","exp":9999999999,"picture":%q,"jku":%q}`, at, at, at)
			forged := raw(fmt.Sprintf(`{"alg":"RS256","kid":"1","jku":%q,"x5u":%q}`, at, at), payload, []byte("x"))
			for what, a := range map[string]answer{
				"authorize": s.do("GET", "/authorize?homeward=1&provider="+name+"&redirect_to="+url.QueryEscape(at), "", nil),
				"ID token":  s.do("POST", "/token?grant_type=id_token", "", object{"provider": name, "id_token": forged, "issuer": at}),
				"issuer":    s.do("POST", "/token?grant_type=id_token", "", object{"provider": at, "id_token": forged, "issuer": at, "client_id": "x"}),
			} {
				if a.status < 400 || strings.Contains(a.raw, "refused") || strings.Contains(a.raw, "dial") || strings.Contains(a.raw, port) && what != "issuer" {
					t.Errorf("%s of %s: %d %.300s", what, at, a.status, a.raw)
				}
			}
			s.want(s.do("PUT", "/user", access, object{"data": object{"avatar_url": at, "picture": at, "website": at}}), 200, "")
			s.want(s.do("GET", "/user", access, nil), 200, "")
		}
		if strings.Contains(s.log.text(), base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"`))) {
			t.Error("a token is in the log")
		}
		if calls.Load() > 0 {
			t.Error("an address of this machine was called")
		}
	})
}
