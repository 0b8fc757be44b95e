package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// doors are paths that a good token of the service role opens, and no other.
var doors = []string{"/rest/v1/notes", "/auth/v1/admin/users", "/admin/v1/jobs", "/auth/v1/user"}

func raw(header, payload string, signature []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + encode(signature)
}

// forgeries are tokens that nobody with a key has signed.
func forgeries(s *server, real string, called string) map[string]string {
	now := time.Now().Unix()
	payload := fmt.Sprintf(`{"role":"service_role","sub":"11111111-1111-4111-8111-111111111111","iat":%d,"exp":%d}`, now, now+3600)
	out := map[string]string{}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "null", "HS256 ", "hs256", "HS384", "HS512", "PS256", "ES384", "EdDSA", "RS1", "dir"} {
		out["alg "+alg] = raw(fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, alg), payload, nil)
		out["alg "+alg+" with a signature"] = raw(fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, alg), payload, []byte("sig"))
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	set := s.want(s.do("GET", "/.well-known/jwks.json", "", nil), 200, "")
	published, _ := json.Marshal(set.body)
	first := set.body["keys"].([]any)[0].(object)
	kid := first["kid"].(string)
	claims := jwt.MapClaims{"role": "service_role", "sub": "11111111-1111-4111-8111-111111111111", "iat": now, "exp": now + 3600}
	sign := func(name string, method jwt.SigningMethod, key any, header object) {
		t := jwt.NewWithClaims(method, claims)
		for k, v := range header {
			t.Header[k] = v
		}
		text, err := t.SignedString(key)
		if err != nil {
			s.Fatal(name, err)
		}
		out[name] = text
	}
	one, _ := json.Marshal(first)
	for name, public := range map[string][]byte{"the key set": published, "the key": one, "x": []byte(first["x"].(string)), "nothing": {}, "null": []byte("null"), "kid": []byte(kid)} {
		sign("HS256 by "+name, jwt.SigningMethodHS256, public, object{"kid": kid})
		sign("HS256 by "+name+" without kid", jwt.SigningMethodHS256, public, nil)
	}
	sign("a key of one's own", jwt.SigningMethodES256, own, object{"kid": kid})
	sign("a key of one's own, no kid", jwt.SigningMethodES256, own, nil)
	for _, id := range []string{"../../../../dev/null", "/dev/null", "' or '1'='1", "x' union select 'aa' --", called, "\x00", "%00", strings.Repeat("k", 8000), "auth.jwt_secret"} {
		sign(fmt.Sprintf("kid %.30q", id), jwt.SigningMethodES256, own, object{"kid": id})
		sign(fmt.Sprintf("kid %.30q, HS256 by nothing", id), jwt.SigningMethodHS256, []byte{}, object{"kid": id})
	}
	public := object{"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256",
		"x": base64.RawURLEncoding.EncodeToString(own.X.FillBytes(make([]byte, 32))), "y": base64.RawURLEncoding.EncodeToString(own.Y.FillBytes(make([]byte, 32)))}
	sign("jku", jwt.SigningMethodES256, own, object{"kid": kid, "jku": called})
	sign("x5u", jwt.SigningMethodES256, own, object{"kid": kid, "x5u": called})
	sign("jwk", jwt.SigningMethodES256, own, object{"kid": kid, "jwk": public})
	sign("x5c", jwt.SigningMethodES256, own, object{"kid": kid, "x5c": []string{"AAAA"}})
	sign("crit", jwt.SigningMethodHS256, []byte(secret), object{"crit": []string{"exp"}})
	sign("b64", jwt.SigningMethodHS256, []byte("x"), object{"b64": false})
	parts := strings.Split(real, ".")
	out["another payload"] = parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + parts[2]
	out["a signature of zeros"] = parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	out["no signature"] = parts[0] + "." + parts[1] + "."
	out["nested"] = raw(`{"alg":"HS256","cty":"JWT"}`, real, []byte("x"))
	out["JSON form"] = `{"payload":"` + parts[1] + `","signatures":[]}`
	out["oversized"] = real + strings.Repeat("A", 20<<10)
	out["deep"] = raw(`{"alg":"none"}`, strings.Repeat(`{"a":`, 3000)+"1"+strings.Repeat("}", 3000), nil)
	out["four parts"] = real + ".x"
	return out
}

func TestForgedTokens(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_JWT_AUDIENCE=authenticated"}, func(t *testing.T, s *server) {
		var calls atomic.Int64
		evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
		t.Cleanup(evil.Close)
		real := s.member("ada@example.org").text("access_token")
		good := s.key("service_role", nil)
		for _, door := range doors[:3] {
			if a := s.send(request{method: "GET", path: door, bearer: good}); a.status != 200 {
				t.Fatalf("%s is closed to the service role: %d %s", door, a.status, a.raw)
			}
		}
		s.want(s.do("GET", "/user", real, nil), 200, "")
		all := forgeries(s, real, evil.URL)
		for name, more := range map[string]object{
			"expired": {"exp": time.Now().Add(-time.Hour).Unix()}, "not yet": {"nbf": time.Now().Add(time.Hour).Unix()},
			"from the future": {"iat": time.Now().Add(time.Hour).Unix()}, "for somebody else": {"aud": "elsewhere"},
			"for a list of others": {"aud": []string{"a", "b"}}, "exp is text": {"exp": "never"}, "exp is a list": {"exp": []int{1}},
		} {
			all[name] = s.key("service_role", more)
		}
		for _, role := range []string{"postgres", "authenticator", "pg_read_all_data", "nobody", "service_role'; drop table x --", "Service_Role"} {
			all["role "+role] = s.key(role, nil)
		}
		for name, token := range all {
			for _, door := range doors {
				for header, value := range map[string]string{"Authorization": "Bearer " + token, "Apikey": token} {
					if header == "Apikey" && (strings.HasPrefix(door, "/auth/") || strings.ContainsAny(token, "\x00")) {
						continue // accounts look at Authorization alone
					}
					a := s.send(request{method: "GET", path: door, header: map[string]string{header: value}})
					if a.status < 400 || a.status >= 500 {
						t.Errorf("%s at %s by %s: %d %.300s", name, door, header, a.status, a.raw)
					}
				}
			}
		}
		for _, role := range []string{"anon", "authenticated"} {
			for _, door := range doors[1:] {
				if a := s.send(request{method: "GET", path: door, bearer: s.key(role, nil)}); a.status < 400 || a.status >= 500 {
					t.Errorf("%s at %s: %d %.300s", role, door, a.status, a.raw)
				}
			}
		}
		if calls.Load() > 0 {
			t.Error("an address out of a token was called")
		}
	})
}

// TestClaimsOfNobody shows tokens that are signed, but of users and sessions that
// are not there.
func TestClaimsOfNobody(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		in := s.member("ada@example.org")
		id := in.text("user", "id")
		for name, more := range map[string]object{
			"nobody": {"sub": "11111111-1111-4111-8111-111111111111"}, "no subject": {"sub": nil}, "empty": {"sub": ""},
			"SQL": {"sub": id + "' or true --"}, "a list": {"sub": []string{id}}, "a number": {"sub": 1},
			"another's session": {"sub": id, "session_id": "11111111-1111-4111-8111-111111111111"}, "session SQL": {"sub": id, "session_id": "' or true --"},
			"session list": {"sub": id, "session_id": []string{"a"}},
		} {
			for method, path := range map[string]string{"GET": "/user", "PUT": "/user", "POST": "/logout", "DELETE": "/sessions/" + id} {
				if a := s.do(method, path, s.key("authenticated", more), object{}); a.status < 400 || a.status >= 500 {
					t.Errorf("%s: %s %s: %d %.300s", name, method, path, a.status, a.raw)
				}
			}
		}
	})
}
