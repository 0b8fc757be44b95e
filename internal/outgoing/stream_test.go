package outgoing

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// streamed is a server of a loopback address that the guard lets through.
func streamed(t *testing.T, c Config, h http.HandlerFunc) (*Guard, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c.Allow = append(c.Allow, strings.TrimPrefix(server.URL, "http://"))
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g, server.URL
}

// TestOpenStreams reads a response while it is made, and sends a body the same way.
func TestOpenStreams(t *testing.T) {
	g, url := streamed(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.EnableFullDuplex()
		buf := make([]byte, 16)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write([]byte(strings.ToUpper(string(buf[:n]))))
			_ = rc.Flush()
			if err != nil {
				return
			}
		}
	})
	r, w := io.Pipe()
	go func() { _, _ = io.WriteString(w, "one") }()
	resp, err := g.Open(t.Context(), Streamed{Method: "post", URL: url, Body: r})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	read := func(want string) {
		t.Helper()
		buf := make([]byte, len(want))
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != want {
			t.Errorf("%q, %v; want %q", buf, err, want)
		}
	}
	read("ONE")
	_, _ = io.WriteString(w, "two")
	read("TWO")
	_ = w.Close()
	if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) != 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestOpenRedirects(t *testing.T) {
	g, url := streamed(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/307":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		case "/inside":
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		default:
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(append([]byte(r.Method+" "), body...))
		}
	})
	for _, c := range []struct {
		path, mode string
		body       io.Reader
		want       string
	}{
		{"/307", RedirectFollow, strings.NewReader("b"), "POST b"},
		{"/307", "", io.MultiReader(strings.NewReader("b")), "cannot be sent again"},
		{"/307", RedirectManual, strings.NewReader("b"), "307"},
		{"/307", RedirectError, strings.NewReader("b"), "does not follow"},
		{"/end", RedirectError, nil, "POST "},
		{"/inside", RedirectFollow, nil, "not a public address"},
		{"/inside", RedirectManual, nil, "302"},
	} {
		resp, err := g.Open(t.Context(), Streamed{Method: "POST", URL: url + c.path, Body: c.body, Redirect: c.mode})
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case resp.StatusCode == 200:
			body, _ := io.ReadAll(resp.Body)
			got = string(body)
		default:
			got = resp.Status
		}
		if err == nil {
			_ = resp.Body.Close()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.path, c.mode, got, c.want)
		}
	}
}

// TestOpenBounds ends a call with its context, and a body at its bound.
func TestOpenBounds(t *testing.T) {
	ended := make(chan struct{})
	g, url := streamed(t, Config{MaxResponse: 10}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("0123456789"))
		if r.URL.Path == "/long" {
			_, _ = w.Write([]byte("!"))
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(ended)
	})
	resp, err := g.Open(t.Context(), Streamed{URL: url + "/long"})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%q, %v", body, err)
	}
	_ = resp.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	if resp, err = g.Open(ctx, Streamed{URL: url}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	_ = resp.Body.Close()
	<-ended
	for _, s := range []Streamed{{URL: "http://127.0.0.1:1"}, {URL: url, Method: "CONNECT"}, {URL: url, Header: http.Header{"Host": {"x"}}}} {
		if _, err := g.Open(t.Context(), s); err == nil {
			t.Errorf("%+v was let through", s)
		}
	}
	if !Taken("host ") || Taken("Accept") {
		t.Error("Taken")
	}
}
