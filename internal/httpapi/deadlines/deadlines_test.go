package deadlines

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const long = time.Minute

// pair returns both ends of a connection, of which the first came from a Listener.
func pair(t *testing.T) (*conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := Listener(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = server.Close(), client.Close() })
	return server.(*conn), client
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) && errors.As(err, &e) && e.Timeout()
}

// askAfter tells the connection of a deadline that will pass, and then asks for another.
func askAfter(s *side, d, later time.Duration) {
	_ = s.ask(time.Now().Add(d))
	_ = s.begin()
	s.end(nil)
	_ = s.ask(time.Now().Add(later))
}

func TestLaterDeadlineHolds(t *testing.T) {
	c, client := pair(t)
	began := time.Now()
	askAfter(&c.reads, 20*time.Millisecond, 300*time.Millisecond)
	if _, err := c.Read(make([]byte, 1)); !isTimeout(err) || time.Since(began) < 300*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	askAfter(&c.reads, 0, long)
	time.AfterFunc(50*time.Millisecond, func() { _, _ = client.Write([]byte("x")) })
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("after a sooner deadline: %d, %v", n, err)
	}
	_ = c.SetReadDeadline(time.Time{})
	time.AfterFunc(50*time.Millisecond, func() { _, _ = client.Write([]byte("x")) })
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("without a deadline: %d, %v", n, err)
	}
}

// TestEndedWhileItWaits is how net/http ends the read that looks whether the client has
// gone, and goes on with the next request.
func TestEndedWhileItWaits(t *testing.T) {
	c, client := pair(t)
	for i := range 100 {
		_ = c.SetReadDeadline(time.Now().Add(long))
		ended := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			ended <- err
		}()
		if i%2 == 0 {
			time.Sleep(time.Millisecond) // most have begun to wait
		}
		_ = c.SetReadDeadline(time.Unix(1, 0))
		select {
		case err := <-ended:
			if !isTimeout(err) {
				t.Fatalf("%v", err)
			}
		case <-time.After(long):
			t.Fatal("the read did not end")
		}
		_ = c.SetReadDeadline(time.Time{})
		if _, err := client.Write([]byte("next")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
			t.Fatalf("the next read: %v", err)
		}
	}
}

func TestPassedDeadline(t *testing.T) {
	c, client := pair(t)
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(-time.Second))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
		t.Errorf("read: %d, %v", n, err)
	}
	if n, err := c.Write([]byte("x")); n != 0 || !isTimeout(err) {
		t.Errorf("write: %d, %v", n, err)
	}
	_ = c.SetDeadline(time.Now().Add(long))
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read after it: %d, %v", n, err)
	}
	if n, err := c.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("write after it: %d, %v", n, err)
	}
}

// TestWriteGoesOn has a deadline pass within a write which a later one was asked for.
func TestWriteGoesOn(t *testing.T) {
	c, client := pair(t)
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than the sockets hold
	askAfter(&c.writes, 100*time.Millisecond, long)
	received := make(chan []byte, 1)
	time.AfterFunc(300*time.Millisecond, func() {
		b, _ := io.ReadAll(client)
		received <- b
	})
	n, err := c.Write(text)
	if n != len(text) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	_ = c.Close()
	if b := <-received; !bytes.Equal(b, text) {
		t.Errorf("%d bytes arrived of %d, or others", len(b), len(text))
	}
}

// TestWriteEnds has a write wait for a reader who never comes.
func TestWriteEnds(t *testing.T) {
	c, _ := pair(t)
	_ = c.SetWriteDeadline(time.Now().Add(long))
	time.AfterFunc(50*time.Millisecond, func() { _ = c.SetWriteDeadline(time.Now()) })
	if n, err := c.Write(make([]byte, 16<<20)); n == 16<<20 || !isTimeout(err) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestClosed(t *testing.T) {
	c, _ := pair(t)
	time.AfterFunc(20*time.Millisecond, func() { _ = c.Close() })
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// serve runs a server with the timeouts of a real one.
func serve(tb testing.TB, h http.Handler, idle time.Duration, wrap func(net.Listener) net.Listener) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 7 * time.Minute, IdleTimeout: idle}
	go func() { _ = s.Serve(wrap(l)) }()
	tb.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

// TestServed has net/http serve such connections: requests one after the other, and a
// client that goes while it is served.
func TestServed(t *testing.T) {
	gone := make(chan struct{})
	addr := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/waits" {
			<-r.Context().Done()
			close(gone)
			return
		}
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	}), long, Listener)
	c := &http.Client{Transport: &http.Transport{}}
	for i := range 200 {
		text := strings.Repeat("x", i*i)
		resp, err := c.Post("http://"+addr, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if string(b) != text || err != nil {
			t.Fatalf("%d bytes of %d, %v", len(b), len(text), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r, _ := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/waits", nil)
	if _, err := c.Do(r); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	select {
	case <-gone:
	case <-time.After(long):
		t.Error("the server did not hear that the client had gone")
	}
}

func TestIdleConnectionEnds(t *testing.T) {
	addr := serve(t, http.NotFoundHandler(), 100*time.Millisecond, Listener)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = c.SetReadDeadline(time.Now().Add(long))
	if b, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 404") {
		t.Errorf("%v, %q", err, b)
	}
}

// BenchmarkServed compares a request of a connection that stays open with and without
// the listener.
func BenchmarkServed(b *testing.B) {
	for name, wrap := range map[string]func(net.Listener) net.Listener{"plain": func(l net.Listener) net.Listener { return l }, "seldom": Listener} {
		b.Run(name, func(b *testing.B) {
			addr := serve(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), time.Minute, wrap)
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					b.Error(err)
					return
				}
				defer c.Close()
				buffer := make([]byte, 4096)
				for p.Next() {
					if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
						b.Error(err)
						return
					}
					if _, err := c.Read(buffer); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
