package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/outgoing"
)

// calling is a fixture whose fetch reaches a server.
func calling(t *testing.T, change func(*host.Config), h http.HandlerFunc) (*fixture, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	f := newFixture(t, enginetest.Embedded(t), func(c *host.Config) {
		c.Guard = outgoing.Config{Allow: []string{outgoing.Endpoint(server.URL)}}
		if change != nil {
			change(c)
		}
	})
	return f, server.URL
}

// response is what fetch answered.
type response struct {
	Status          int
	StatusText, URL string
	Headers         [][2]string
	Redirected      bool
	Handle          *float64
}

func (f *fixture) fetch(ctx context.Context, args ...engine.Value) (r response, err error) {
	f.Helper()
	v, err := f.ops["fetch"](ctx, args)
	if err == nil {
		err = json.Unmarshal([]byte(v.(engine.JSON)), &r)
	}
	return r, err
}

// rest reads a body to its end.
func (f *fixture) rest(ctx context.Context, handle float64) (string, error) {
	var b strings.Builder
	for {
		v, err := f.ops["body.read"](ctx, []engine.Value{handle})
		if err != nil || v == nil {
			return b.String(), err
		}
		b.Write(v.([]byte))
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/empty":
		w.WriteHeader(http.StatusNoContent)
	case "/moved":
		http.Redirect(w, r, "/end?moved", http.StatusSeeOther)
	case "/large":
		_, _ = io.WriteString(w, strings.Repeat("x", 300_000))
	default:
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(http.StatusTeapot)
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %q %s|%s|%s|%s", r.Method, r.URL, body, r.Header["X-A"], r.UserAgent(), r.Host, r.Header["Connection"])
	}
}

func TestFetch(t *testing.T) {
	f, url := calling(t, nil, echo)
	ctx, end := f.begin()
	defer end()
	headers := `[["x-a","1"],["x-a","2"],["User-Agent","mine"],["host","evil"],["connection","close"],["accept-encoding","br"]]`
	r, err := f.fetch(ctx, "POST", url+"/p?q=1#f", headers, []byte("body\x00"), "follow", 1.0)
	if err != nil || r.Status != 418 || r.StatusText != "I'm a teapot" || r.URL != url+"/p?q=1" || r.Redirected || r.Handle == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	text, err := f.rest(ctx, *r.Handle)
	if want := `POST /p?q=1 "body\x00" [1 2]|mine|` + strings.TrimPrefix(url, "http://") + "|[]"; text != want || err != nil {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	cookies := 0
	for _, h := range r.Headers {
		if h[0] == "set-cookie" {
			cookies++
		}
	}
	if cookies != 2 {
		t.Errorf("%v", r.Headers)
	}
	if _, err := f.rest(ctx, *r.Handle); err == nil {
		t.Error("a body was read twice")
	}
	if r, err = f.fetch(ctx, "GET", url+"/moved", "", nil, "follow", 2.0); err != nil || !r.Redirected || r.URL != url+"/end?moved" {
		t.Errorf("%+v, %v", r, err)
	}
	if text, _ = f.rest(ctx, *r.Handle); !strings.Contains(text, "|Galley|") {
		t.Error(text)
	}
	if r, err = f.fetch(ctx, "GET", url+"/moved", "", nil, "manual", 3.0); err != nil || r.Status != 303 || r.Redirected {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = f.fetch(ctx, "GET", url+"/empty", "", nil, "follow", 4.0); err != nil || r.Status != 204 || r.Handle != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = f.fetch(ctx, "HEAD", url+"/large", "", nil, "follow", 5.0); err != nil || r.Handle != nil {
		t.Errorf("%+v, %v", r, err)
	}
	for address, want := range map[string]string{
		url + "/moved": "does not follow", "http://10.0.0.1/": "not a public address", "http://169.254.169.254/latest": "not a public address",
		"file:///etc/passwd": "only http and https", "http://localhost/": "within this machine",
	} {
		if _, err := f.fetch(ctx, "GET", address, "", nil, "error", 6.0); fault.Code(err) != fault.InsufficientPrivilege || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestFetchBounds holds calls to their number, their bytes and what may be open.
func TestFetchBounds(t *testing.T) {
	f, url := calling(t, func(c *host.Config) {
		c.Limits = host.Limits{Calls: 4, Open: 2}
		c.Guard.MaxResponse = 100_000
	}, echo)
	ctx, end := f.begin()
	defer end()
	open := func() error {
		_, err := f.fetch(ctx, "GET", url, "", nil, "follow", 0.0)
		return err
	}
	r, err := f.fetch(ctx, "GET", url+"/large", "", nil, "follow", 0.0)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := f.rest(ctx, *r.Handle); fault.Code(err) != "54000" || len(text) > 110_000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if err := errors.Join(open(), open()); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "open at once") {
		t.Errorf("%v", err)
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "more than 4 outgoing calls") {
		t.Errorf("%v", err)
	}
	other, endOther := f.begin()
	defer endOther()
	if _, err := f.fetch(other, "GET", url, "", nil, "follow", 0.0); err != nil {
		t.Errorf("another call: %v", err)
	}
}

// TestFetchEnds ends calls that wait, by abort and with the call they belong to.
func TestFetchEnds(t *testing.T) {
	arrived, left := make(chan struct{}, 4), make(chan struct{}, 4)
	f, url := calling(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	})
	ctx, end := f.begin()
	failed := make(chan error)
	go func() {
		_, err := f.fetch(ctx, "GET", url, "", nil, "follow", 7.0)
		failed <- err
	}()
	<-arrived
	f.do(ctx, "fetch.abort", 8.0) // somebody else's
	f.do(ctx, "fetch.abort", 7.0)
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-left
	begun := func(id float64) float64 {
		r, err := f.fetch(ctx, "GET", url+"/begun", "", nil, "follow", id)
		if err != nil {
			t.Fatal(err)
		}
		<-arrived
		if v, err := f.ops["body.read"](ctx, []engine.Value{*r.Handle}); err != nil || string(v.([]byte)) != "begun" {
			t.Errorf("%v, %v", v, err)
		}
		return *r.Handle
	}
	h := begun(9)
	go func() {
		_, err := f.rest(ctx, h)
		failed <- err
	}()
	f.do(ctx, "body.cancel", h)
	if err := <-failed; err == nil {
		t.Error("a cancelled body ended well")
	}
	<-left
	h = begun(10)
	go func() {
		_, err := f.rest(ctx, h)
		failed <- err
	}()
	end()
	if err := <-failed; err == nil {
		t.Error("a body outlived its call")
	}
	<-left
}

// TestBodies reads the body of a request, which is closed with its call.
func TestBodies(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	ctx, end := f.begin()
	in, err := host.AddReader(ctx, io.NopCloser(strings.NewReader(strings.Repeat("y", 100_000))))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.ops["body.read"](ctx, []engine.Value{in}); err != nil || len(v.([]byte)) > 64<<10 {
		t.Errorf("%v", err)
	}
	if text, err := f.rest(ctx, in); err != nil || len(text) != 100_000-64<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	r, w := io.Pipe()
	if in, err = host.AddReader(ctx, r); err != nil {
		t.Fatal(err)
	}
	end()
	if _, err := w.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the body was not closed: %v", err)
	}
	if got := f.do(ctx, "body.read", in); !strings.Contains(got, "closed") {
		t.Error(got)
	}
	if _, err := host.AddReader(ctx, r); err == nil {
		t.Error("a body was added to a call that has ended")
	}
}

// TestFetchSelf reaches the server itself, wherever it turns out to be, and no other
// port of the machine: neither straight nor by a redirect from elsewhere.
func TestFetchSelf(t *testing.T) {
	self := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(self.Close)
	other := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(other.Close)
	at := ""
	f, elsewhere := calling(t, func(c *host.Config) { c.SelfURL = func() string { return at } }, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, self.URL, http.StatusFound)
	})
	ctx, end := f.begin()
	defer end()
	get := func(url string) error {
		_, err := f.fetch(ctx, "GET", url, "", nil, "follow", 1.0)
		return err
	}
	for _, step := range []struct {
		at, url string
		reached bool
	}{{"", self.URL, false}, {self.URL, self.URL + "/x", true}, {self.URL, other.URL, false}, {self.URL, elsewhere, false}, {other.URL, other.URL, true}, {other.URL, self.URL, false}} {
		at = step.at
		if err := get(step.url); (err == nil) != step.reached {
			t.Errorf("%+v: %v", step, err)
		}
	}
}
