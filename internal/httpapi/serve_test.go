package httpapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// start runs Serve and returns its address, a way to stop it, and its result.
func start(t *testing.T, c Config) (url string, stop func(), result chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	address := make(chan net.Addr, 1)
	result = make(chan error, 1)
	c.Listen = "127.0.0.1:0"
	c.Listening = func(a net.Addr) { address <- a }
	go func() { result <- Serve(ctx, c) }()
	select {
	case a := <-address:
		return "http://" + a.String(), cancel, result
	case err := <-result:
		t.Fatal(err)
	}
	return "", nil, nil
}

func TestServeDrains(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	url, stop, result := start(t, Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		if r.Context().Err() != nil {
			t.Error("a running request was cancelled by the stop")
		}
		_, _ = io.WriteString(w, "done")
	})})
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	<-entered
	stop()
	for { // the listener closes before the request ends
		c, err := net.Dial("tcp", url[len("http://"):])
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-result; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeCutsOffWhatDoesNotEnd(t *testing.T) {
	entered, cancelled := make(chan struct{}), make(chan struct{})
	url, stop, result := start(t, Config{DrainTimeout: 10 * time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(cancelled)
	})})
	go func() {
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-entered
	stop()
	<-cancelled
	if err := <-result; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeRefusesLongHeaders(t *testing.T) {
	url, _, _ := start(t, Config{MaxHeader: 1 << 10, Handler: Health()})
	r, _ := http.NewRequest("GET", url, nil)
	long := make([]byte, 16<<10)
	for i := range long {
		long[i] = 'a'
	}
	r.Header.Set("X-Long", string(long))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}
