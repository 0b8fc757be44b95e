package remote

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		trusted, remote, forwarded, want string
	}{
		{"", "203.0.113.9:1234", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.0/8", "203.0.113.9:1234", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.0/8", "10.1.2.3:80", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.0/8", "10.1.2.3:80", "1.1.1.1, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.0/8", "10.1.2.3:80", "1.1.1.1, 198.51.100.1,10.9.9.9", "198.51.100.1"},
		{"10.0.0.0/8", "10.1.2.3:80", "1.1.1.1|198.51.100.1", "198.51.100.1"}, // two headers
		{"10.0.0.0/8", "[::ffff:10.1.2.3]:80", "[2001:db8::1]:443", "2001:db8::1"},
		{"10.0.0.0/8", "10.1.2.3:80", "198.51.100.1:5555", "198.51.100.1"},
		{"10.0.0.0/8", "10.1.2.3:80", "", "10.1.2.3"},
		{"10.0.0.0/8", "10.1.2.3:80", "unknown", "10.1.2.3"},
		{"10.0.0.0/8", "10.1.2.3:80", "1.1.1.1, _hidden, 10.5.5.5", "10.5.5.5"},
		{"10.0.0.0/8", "10.1.2.3:80", "10.4.4.4", "10.4.4.4"},
		{"127.0.0.1 ::1", "[::1]:80", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.0/8", "10.1.2.3:80", strings.Repeat("1.1.1.1,", 10_000) + "10.0.0.1", "1.1.1.1"},
		{"10.0.0.0/8", "10.1.2.3:80", "1.1.1.1," + strings.Repeat("10.0.0.1,", 100) + "10.0.0.2", "10.0.0.1"},
	} {
		p, err := NewProxies(strings.Fields(c.trusted))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, value := range strings.Split(c.forwarded, "|") {
			r.Header.Add("X-Forwarded-For", value)
		}
		if got := p.Address(r); got.String() != c.want {
			t.Errorf("%.90v: %s", c, got)
		}
		p.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, seen *http.Request) {
			if direct, got := (Proxies{}).Address(seen), p.Address(seen); direct != got || got.String() != c.want {
				t.Errorf("%.90v: behind the middleware %s, and asked again %s", c, direct, got)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
		if r.RemoteAddr != c.remote {
			t.Errorf("%.90v: the request itself was changed", c)
		}
	}
	for _, bad := range []string{"", "host", "10.0.0.0/33", "fe80::1%eth0", "1.2.3"} {
		if _, err := NewProxies([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
