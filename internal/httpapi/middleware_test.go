package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

func TestWriteError(t *testing.T) {
	for _, c := range []struct {
		err    error
		id     Identity
		status int
		body   string
	}{
		{fault.New("PGRST102", "Empty or invalid json"), Identity{}, 400, `{"code":"PGRST102","details":null,"hint":null,"message":"Empty or invalid json"}`},
		{fault.New("42501", "no").WithDetail("d").WithHint("h"), Identity{}, 401, `{"code":"42501","details":"d","hint":"h","message":"no"}`},
		{fault.New("42501", "no"), Identity{Authenticated: true}, 403, `{"code":"42501","details":null,"hint":null,"message":"no"}`},
		{errors.New("password=hunter2"), Identity{}, 500, `{"code":"XX000","details":null,"hint":null,"message":"internal error"}`},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(WithIdentity(r.Context(), c.id))
		w := httptest.NewRecorder()
		Handler(func(http.ResponseWriter, *http.Request) error { return c.err }).ServeHTTP(w, r)
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%v: %d %s, want %d %s", c.err, w.Code, w.Body, c.status, c.body)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
			t.Errorf("%v: WWW-Authenticate %q", c.err, challenge)
		}
	}
}

// ask sends a request without a body to a handler, with pairs of a header's name and value.
func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// observe runs a handler under Observe on a real server and returns the answer
// and the log.
func observe(t *testing.T, h http.HandlerFunc, header ...string) (*http.Response, string, map[string]any) {
	t.Helper()
	var log bytes.Buffer
	done := make(chan struct{})
	observed := Observe(slog.New(slog.NewJSONHandler(&log, nil)))(h)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		observed.ServeHTTP(w, r)
	}))
	defer s.Close()
	r, _ := http.NewRequest("GET", s.URL+"/path?apikey=secret", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err != nil {
		resp = nil
	}
	<-done
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log shows the query: %s", log.String())
	}
	line := make(map[string]any)
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("log %q: %v", log.String(), err)
	}
	return resp, string(body), line
}

func TestObserve(t *testing.T) {
	resp, _, line := observe(t, func(w http.ResponseWriter, r *http.Request) {
		WithIdentity(r.Context(), Identity{Role: "anon"})
		if RequestID(r.Context()) != "abc-1" {
			t.Error("the context has no id")
		}
		_, _ = io.WriteString(w, "hello")
	}, "X-Request-Id", "abc-1")
	if resp.Header.Get("X-Request-Id") != "abc-1" {
		t.Errorf("id %q", resp.Header.Get("X-Request-Id"))
	}
	for key, want := range map[string]any{"path": "/path", "status": 200.0, "bytes": 5.0, "request_id": "abc-1", "role": "anon", "level": "INFO"} {
		if line[key] != want {
			t.Errorf("log %s is %v, want %v", key, line[key], want)
		}
	}
}

func TestProbesAreQuiet(t *testing.T) {
	var log bytes.Buffer
	h := Observe(slog.New(slog.NewJSONHandler(&log, nil)))(Ready(Check{"db", func(context.Context) error { return nil }}))
	if ask(h, "GET", "/ready"); log.Len() > 0 {
		t.Errorf("a probe that went well is logged: %s", log.String())
	}
	h = Observe(slog.New(slog.NewJSONHandler(&log, nil)))(Ready(Check{"db", func(context.Context) error { return errors.New("down") }}))
	if ask(h, "GET", "/ready"); !strings.Contains(log.String(), "down") {
		t.Errorf("a probe that failed is not logged: %s", log.String())
	}
}

func TestObserveRefusesStrangeIDs(t *testing.T) {
	for _, id := range []string{"a b", "x\"y", strings.Repeat("a", 129)} {
		resp, _, _ := observe(t, func(http.ResponseWriter, *http.Request) {}, "X-Request-Id", id)
		if got := resp.Header.Get("X-Request-Id"); got == id || len(got) < 20 {
			t.Errorf("id %q became %q", id, got)
		}
	}
}

func TestObserveRecovers(t *testing.T) {
	resp, body, line := observe(t, func(http.ResponseWriter, *http.Request) { panic("boom") })
	if resp.StatusCode != 500 || strings.Contains(body, "boom") {
		t.Errorf("answer %d %s", resp.StatusCode, body)
	}
	if text, _ := line["error"].(string); !strings.Contains(text, "boom") || !strings.Contains(text, "middleware_test.go") {
		t.Errorf("the log lacks cause or stack: %v", line["error"])
	}
}

func TestObserveAbortsWhatHasBegun(t *testing.T) {
	for _, cause := range []any{"boom", http.ErrAbortHandler} {
		resp, _, line := observe(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "partial")
			w.(http.Flusher).Flush()
			panic(cause)
		})
		if resp != nil {
			t.Errorf("%v: the client took the answer for complete", cause)
		}
		if line["aborted"] != true {
			t.Errorf("%v: log %v", cause, line)
		}
	}
}

// TestObserveClientLeft: that a client does not wait for the end of an answer is not the
// server's fault.
func TestObserveClientLeft(t *testing.T) {
	var log bytes.Buffer
	done := make(chan struct{})
	observed := Observe(slog.New(slog.NewJSONHandler(&log, nil)))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		observed.ServeHTTP(w, r)
	}))
	defer s.Close()
	resp, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	<-done
	if text := log.String(); !strings.Contains(text, `"aborted":true`) || !strings.Contains(text, `"level":"INFO"`) {
		t.Error(text)
	}
}

// TestClientLeft: a request that ends because the server stops was not left by its client.
func TestClientLeft(t *testing.T) {
	server, stop := context.WithCancelCause(t.Context())
	left, leave := context.WithCancel(server)
	served, done := context.WithCancel(server)
	defer done()
	leave()
	stop(errStopped)
	if !ClientLeft(left) || ClientLeft(served) || ClientLeft(t.Context()) {
		t.Error(ClientLeft(left), ClientLeft(served), ClientLeft(t.Context()))
	}
}

func TestLimitBody(t *testing.T) {
	h := LimitBody(10)(Handler(func(w http.ResponseWriter, r *http.Request) error {
		body, err := ReadBody(r)
		if err != nil {
			return err
		}
		return WriteJSON(w, 200, len(body))
	}))
	for _, c := range []struct {
		body    string
		unknown bool
		status  int
	}{
		{"0123456789", false, 200}, {"0123456789", true, 200}, {"", false, 200},
		{"0123456789a", false, 413}, {"0123456789a", true, 413},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		if c.unknown {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%d bytes, unknown %v: %d %s", len(c.body), c.unknown, w.Code, w.Body)
		}
	}
}

func TestCORS(t *testing.T) {
	h := CORS()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }))
	w := ask(h, "OPTIONS", "/", "Origin", "http://a.example", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "apikey, x-client-info, bad header")
	if got := w.Header().Get("Access-Control-Allow-Headers"); w.Code != 200 || got != "Authorization, apikey, x-client-info, Accept, Accept-Language, Content-Language" {
		t.Errorf("preflight: %d %q", w.Code, got)
	}
	if w := ask(h, "OPTIONS", "/"); w.Code != 201 {
		t.Errorf("a plain OPTIONS did not reach the handler: %d", w.Code)
	}
	if w := ask(h, "GET", "/", "Origin", "http://a.example"); w.Code != 201 || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("request: %d %v", w.Code, w.Header())
	}
	named := CORS("http://a.example")(h)
	if w := ask(named, "GET", "/", "Origin", "http://b.example"); w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("a stranger is let in: %v", w.Header())
	}
}

func TestCompress(t *testing.T) {
	text := strings.Repeat(`{"a":1}`, 1000)
	answer := func(kind, body string, status int) http.Handler {
		return Compress()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("ETag", `"x"`)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
	}
	w := ask(answer("application/json; charset=utf-8", text, 200), "GET", "/", "Accept-Encoding", "br, gzip")
	in, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || string(got) != text || w.Header().Get("ETag") != `W/"x"` {
		t.Errorf("compressed: %v, header %v", err, w.Header())
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"not accepted": ask(answer("application/json", text, 200), "GET", "/"),
		"image":        ask(answer("image/png", text, 200), "GET", "/", "Accept-Encoding", "gzip"),
		"part":         ask(answer("application/json", text, 206), "GET", "/", "Accept-Encoding", "gzip"),
	} {
		if w.Header().Get("Content-Encoding") != "" || w.Body.String() != text {
			t.Errorf("%s: header %v", name, w.Header())
		}
	}
}

func TestCompressedAbortIsNoCompleteStream(t *testing.T) {
	h := Compress()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
		panic(http.ErrAbortHandler)
	}))
	s := httptest.NewServer(h)
	defer s.Close()
	resp, err := http.Get(s.URL) // the transport asks for gzip and decodes it
	if err != nil {
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a response that was cut off looks complete")
	}
}

func TestReady(t *testing.T) {
	for _, err := range []error{nil, errors.New("down")} {
		w := ask(Ready(Check{"db", func(context.Context) error { return err }}), "GET", "/ready")
		if (w.Code == 200) != (err == nil) || strings.Contains(w.Body.String(), "down") {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
}
