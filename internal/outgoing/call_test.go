package outgoing

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server answers on loopback; hits counts the requests that got through.
func server(t *testing.T, h http.HandlerFunc) (s *httptest.Server, hits *atomic.Int64) {
	hits = &atomic.Int64{}
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s, hits
}

func guard(t *testing.T, c Config) *Guard {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// local lets a guard reach the servers of a test.
var local = []string{"127.0.0.1"}

func isRefused(err error) bool {
	_, ok := errors.AsType[*Refused](err)
	return ok
}

func TestDo(t *testing.T) {
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-A"))
		w.WriteHeader(418)
		_, _ = w.Write(append([]byte("you said "), body...))
	})
	g := guard(t, Config{Allow: local})
	got, err := g.Do(t.Context(), Request{Method: "post", URL: s.URL + "/p?q=%20", Header: http.Header{"x-a": {"b"}}, Body: []byte("hi")})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != 418 || string(got.Body) != "you said hi" || got.Truncated || got.Header.Get("X-Seen") != "POST /p?q=%20 b" || got.URL != s.URL+"/p?q=%20" {
		t.Errorf("got %+v", got)
	}
	if _, err := guard(t, Config{}).Do(t.Context(), Request{URL: s.URL}); !isRefused(err) {
		t.Errorf("a loopback address is called: %v", err)
	}
	if _, err := guard(t, Config{}).Client().Get(s.URL); !isRefused(err) {
		t.Errorf("a library calls a loopback address: %v", err)
	}
}

// TestResolved calls names: what counts is where they lead, at the moment of the
// connection.
func TestResolved(t *testing.T) {
	s, hits := server(t, func(http.ResponseWriter, *http.Request) {})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	var address atomic.Value
	address.Store("127.0.0.1")
	resolver := nameserver(t, func(string) netip.Addr { return netip.MustParseAddr(address.Load().(string)) })
	call := func(g *Guard, to string) error {
		g.resolver = resolver
		_, err := g.Do(t.Context(), Request{URL: "http://" + to + port, Timeout: 20 * time.Second})
		return err
	}
	if err := call(guard(t, Config{}), "rebind.example"); !isRefused(err) {
		t.Errorf("a name of 127.0.0.1 is called: %v", err)
	}
	for _, inside := range []string{"10.0.0.1", "169.254.169.254", "100.100.100.200", "192.168.0.1"} {
		address.Store(inside)
		if err := call(guard(t, Config{Allow: local}), "rebind.example"); !isRefused(err) {
			t.Errorf("a name of %s is called: %v", inside, err)
		}
	}
	if hits.Load() != 0 {
		t.Fatalf("%d calls got through", hits.Load())
	}
	// The name is let through, whatever it resolves to; another one is not.
	address.Store("127.0.0.1")
	g := guard(t, Config{Allow: []string{"rebind.example" + port}})
	if err := call(g, "rebind.example"); err != nil || hits.Load() != 1 {
		t.Errorf("a name that is allowed: %v", err)
	}
	if err := call(g, "other.example"); !isRefused(err) {
		t.Errorf("a name that is not allowed: %v", err)
	}
	// What was public once and reached through an open connection stays closed to
	// a new one.
	address.Store("224.0.0.1")
	if err := call(guard(t, Config{Allow: []string{"rebind.example"}}), "rebind.example"); err == nil {
		t.Error("a multicast address is called")
	}
}

// nameserver answers for every name with one address.
func nameserver(t *testing.T, address func(name string) netip.Addr) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answer(b[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer is a DNS response (RFC 1035): one A record, none of another type.
func answer(query []byte, address func(string) netip.Addr) []byte {
	end := 12
	var labels []string
	for query[end] != 0 {
		n := int(query[end])
		labels = append(labels, string(query[end+1:end+1+n]))
		end += n + 1
	}
	isA := binary.BigEndian.Uint16(query[end+1:]) == 1
	out := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end+5]...)
	if isA {
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		out = append(out, address(strings.Join(labels, ".")).AsSlice()...)
	}
	return out
}

func TestRedirects(t *testing.T) {
	inside, hits := server(t, func(http.ResponseWriter, *http.Request) {})
	seen := make(chan http.Header, 1)
	other, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header })
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch to := r.URL.Query().Get("to"); to {
		case "":
			if left := len(r.URL.Path); left > 1 {
				http.Redirect(w, r, r.URL.Path[:left-1], http.StatusFound)
			}
		default:
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
	})
	g := guard(t, Config{Allow: []string{"127.0.0.1" + s.URL[strings.LastIndexByte(s.URL, ':'):], "127.0.0.1" + other.URL[strings.LastIndexByte(other.URL, ':'):]}})
	to := func(u string) error {
		_, err := g.Do(t.Context(), Request{Method: "POST", URL: s.URL + "/?to=" + url.QueryEscape(u), Body: []byte("x"),
			Header: http.Header{"X-Api-Key": {"secret"}, "Authorization": {"Bearer x"}, "Content-Type": {"a/b"}, "Webhook-Signature": {"v1,x"}}})
		return err
	}
	for _, u := range []string{inside.URL, "http://10.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd", "http://localhost/", "http://[::1]/", "http://2130706433/", "ftp://example.com"} {
		if err := to(u); !isRefused(err) {
			t.Errorf("sent to %s: %v", u, err)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d calls got through", hits.Load())
	}
	if err := to(other.URL); err != nil {
		t.Fatal(err)
	}
	h := <-seen
	for _, name := range []string{"X-Api-Key", "Authorization", "Webhook-Signature", "Referer"} {
		if h.Get(name) != "" {
			t.Errorf("%s followed to another origin", name)
		}
	}
	if h.Get("Content-Type") != "a/b" {
		t.Errorf("the type of the body did not follow: %v", h)
	}
	get := func(g *Guard, path string) (*Response, error) {
		return g.Do(t.Context(), Request{URL: s.URL + path, Header: http.Header{"X-Api-Key": {"secret"}}})
	}
	if got, err := get(g, "/aaaaa"); err != nil || got.Status != 200 || got.URL != s.URL+"/" {
		t.Errorf("5 redirects: %+v, %v", got, err)
	}
	if _, err := get(g, "/aaaaaa"); !isRefused(err) {
		t.Errorf("6 redirects: %v", err)
	}
	if got, err := get(guard(t, Config{Allow: local, Redirects: -1}), "/a"); err != nil || got.Status != http.StatusFound {
		t.Errorf("no redirects: %+v, %v", got, err)
	}
}

func TestBounds(t *testing.T) {
	s, hits := server(t, func(w http.ResponseWriter, r *http.Request) {
		n := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		switch {
		case r.URL.RawQuery == "header":
			w.Header().Set("X-Long", strings.Repeat("x", n))
		case r.URL.RawQuery == "gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, n))
			_ = z.Close()
		default:
			_, _ = w.Write(make([]byte, n))
		}
	})
	g := guard(t, Config{Allow: local, MaxResponse: 1000})
	for _, c := range []struct {
		path      string
		most      int64
		kept      int
		truncated bool
	}{{"/0", 0, 0, false}, {"/999", 0, 999, false}, {"/1000", 0, 1000, false}, {"/1001", 0, 1000, true}, {"/100000", 0, 1000, true},
		{"/100000", 10, 10, true}, {"/10", 10, 10, false}, {"/100000", 1 << 40, 1000, true}, {"/1000000?gzip", 0, 1000, true}} {
		got, err := g.Do(t.Context(), Request{URL: s.URL + c.path, MaxBody: c.most})
		if err != nil || len(got.Body) != c.kept || got.Truncated != c.truncated {
			t.Errorf("%s: %d bytes, truncated %v, %v", c.path, len(got.Body), got.Truncated, err)
		}
	}
	resp, err := g.Client().Get(s.URL + "/2000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a library reads all: %v", err)
	}
	_ = resp.Body.Close()
	if _, err := g.Do(t.Context(), Request{URL: s.URL + "/100000?header"}); err == nil {
		t.Error("100 kB of headers are read")
	}
	before := hits.Load()
	many := http.Header{}
	for i := range maxHeaders + 1 {
		many.Set(fmt.Sprint("X-", i), "v")
	}
	for name, r := range map[string]Request{
		"many headers": {Header: many}, "long header": {Header: http.Header{"A": {strings.Repeat("x", maxHeaderBytes)}}},
		"split": {Header: http.Header{"A": {"b\r\nC: d"}}}, "bad name": {Header: http.Header{"A b": {"c"}}}, "no name": {Header: http.Header{"": {"c"}}},
		"host": {Header: http.Header{"host": {"other"}}}, "length": {Header: http.Header{"Content-Length": {"1"}}},
		"chunked": {Header: http.Header{"transfer-encoding": {"chunked"}}}, "tunnel": {Method: "CONNECT"}, "trace": {Method: "TRACE"},
		"method": {Method: "GET /x HTTP/1.1\r\n"},
	} {
		r.URL = s.URL
		if _, err := g.Do(t.Context(), r); !isRefused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if hits.Load() != before {
		t.Error("a call was made that is refused")
	}
}

func TestDeadline(t *testing.T) {
	release := make(chan struct{})
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = w.Write([]byte("a"))
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	g := guard(t, Config{Allow: local, Timeout: 50 * time.Millisecond})
	for _, path := range []string{"/", "/body"} {
		_, err := g.Do(t.Context(), Request{URL: s.URL + path, Timeout: time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), s.URL) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestProxy sends calls through a proxy, which nothing but the configuration can
// ask for.
func TestProxy(t *testing.T) {
	proxy, hits := server(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("for " + r.URL.String())) })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	g := guard(t, Config{})
	g.resolver = nameserver(t, func(string) netip.Addr { return netip.MustParseAddr("127.0.0.1") })
	if _, err := g.Do(t.Context(), Request{URL: "http://example.com/"}); !isRefused(err) || hits.Load() != 0 {
		t.Errorf("the environment's proxy: %v, %d hits", err, hits.Load())
	}
	g = guard(t, Config{Proxy: proxy.URL})
	got, err := g.Do(t.Context(), Request{URL: "http://example.com/x"})
	if err != nil || !bytes.Equal(got.Body, []byte("for http://example.com/x")) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, inside := range []string{proxy.URL, "http://localhost:8080", "http://10.0.0.1", "http://metadata.google.internal"} {
		if _, err := g.Do(t.Context(), Request{URL: inside}); !isRefused(err) {
			t.Errorf("%s by the proxy: %v", inside, err)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	g := guard(t, Config{Allow: local})
	for range 20 {
		if _, err := g.Do(t.Context(), Request{URL: s.URL}); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 calls in a row", n)
	}
}
