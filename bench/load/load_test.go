package load

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// drivers are that of the platform and the one that every platform has.
var drivers = []struct {
	name  string
	drive driver
}{{"platform", drive}, {"each", driveEach}}

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func get(path string) Request { return NewRequest("GET", path, nil, nil) }

func TestDo(t *testing.T) {
	long := strings.Repeat("0123456789", 10_000) // more than any buffer, so chunked
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", "0-0/7")
		if r.Method == "GET" {
			_, _ = w.Write([]byte(long))
		}
	})
	for _, c := range []struct{ method, body string }{{"GET", long}, {"HEAD", ""}, {"POST", ""}} {
		a, err := Do(t.Context(), addr, NewRequest(c.method, "/", []string{"Accept: */*"}, nil))
		if err != nil {
			t.Fatal(err)
		}
		if a.Status != 200 || string(a.Body) != c.body || a.Header["content-range"] != "0-0/7" {
			t.Errorf("%s: %d, %d bytes, header %v", c.method, a.Status, len(a.Body), a.Header)
		}
	}
}

// clients are n that send the requests for a while.
func clients(n int, while time.Duration, requests ...Request) []*client {
	start := time.Now()
	out := make([]*client, n)
	for i := range out {
		out[i] = &client{requests: requests, start: start, end: start.Add(while)}
	}
	return out
}

// driven drives the clients to their end.
func driven(t *testing.T, drive driver, addr string, clients []*client) {
	t.Helper()
	conns, err := dialAll(t.Context(), addr, len(clients))
	defer closeAll(conns)
	if err != nil {
		t.Fatal(err)
	}
	if err := drive(t.Context(), conns, clients); err != nil {
		t.Fatal(err)
	}
}

func TestDriveCountsAnswers(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			var served atomic.Int64
			addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				served.Add(1)
				_, _ = w.Write([]byte("ok"))
			})
			all := clients(3, 200*time.Millisecond, get("/"))
			driven(t, d.drive, addr, all)
			for _, c := range all {
				// The last request of each connection is answered after the end.
				if served.Add(-int64(c.answered)); len(c.took) != c.answered-1 || slices.ContainsFunc(c.took, func(d time.Duration) bool { return d <= 0 }) {
					t.Errorf("measured %d of %d answers, that took %v", len(c.took), c.answered, c.took)
				}
			}
			if served.Load() != 0 {
				t.Errorf("%d answers were not counted", served.Load())
			}
		})
	}
}

// TestDriveSends has each connection send its own list in its order, again and again,
// with bodies and answers that fill the buffers of the sockets, of each kind.
func TestDriveSends(t *testing.T) {
	large := strings.Repeat("x", 3<<20)
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			var wrong, turns atomic.Int64
			addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
				n, err := io.Copy(io.Discard, r.Body)
				if err != nil || r.Method == "POST" && n != int64(len(large)) {
					wrong.Add(1)
				}
				switch r.URL.Path {
				case "/large":
					_, _ = io.WriteString(w, large) // chunked
				case "/none":
					w.WriteHeader(http.StatusNoContent)
				case "/last":
					turns.Add(1)
				}
			})
			all := clients(2, time.Second,
				NewRequest("POST", "/large", nil, []byte(large)), get("/none"), NewRequest("HEAD", "/large", nil, nil), get("/large"), get("/last"))
			driven(t, d.drive, addr, all)
			want := int64(all[0].answered/5 + all[1].answered/5)
			if turns.Load() != want || wrong.Load() != 0 {
				t.Errorf("%d turns were driven, %d were served; %d bodies were wrong", want, turns.Load(), wrong.Load())
			}
		})
	}
}

func TestRunFails(t *testing.T) {
	for _, c := range []struct {
		name, answer, want string
		end                bool // the server closes the connection then
	}{
		{"status", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404", false},
		{"no HTTP", "hello, who is there?\r\n", "bad status line", false},
		{"closed", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "unexpected EOF", true},
		{"two answers", strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2), "more than one answer", false},
	} {
		for _, d := range drivers {
			t.Run(c.name+"/"+d.name, func(t *testing.T) {
				addr := answerRaw(t, c.answer, c.end)
				_, err := run(t.Context(), Options{Addr: addr, Requests: [][]Request{{get("/")}, {get("/")}}, Measure: 30 * time.Second}, d.drive)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestRunEnds cancels a run whose requests nobody answers.
func TestRunEnds(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done() // the connection is closed
			})
			_, err := run(ctx, Options{Addr: addr, Requests: [][]Request{{get("/")}}, Measure: 30 * time.Second}, d.drive)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// answerRaw serves the same bytes to each request.
func answerRaw(t *testing.T, answer string, end bool) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					_, _ = io.WriteString(c, answer)
					if end {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestMeasures holds which answers count and how long each took.
func TestMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Add(10 * time.Second)
		c := client{requests: []Request{get("/a"), get("/b")}, start: start, end: start.Add(100 * time.Second)}
		for i, wait := range []time.Duration{9 * time.Second, 2 * time.Second, 98 * time.Second, 2 * time.Second} {
			if q := c.next(time.Now()); string(q.raw) != string(c.requests[i%2].raw) {
				t.Errorf("request %d is %q", i, q.raw)
			}
			time.Sleep(wait)
			more, err := c.answer(201, time.Now())
			if err != nil || more != (i < 3) {
				t.Errorf("answer %d: %v, %v", i, more, err)
			}
		}
		r, err := summarize(c.took, c.answered, 100*time.Second)
		if want := (Result{PerSecond: 0.02, Answered: 4, P50: 98 * time.Second, P99: 98 * time.Second}); err != nil || r != want {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
