package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

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

func TestRunCountsAnswers(t *testing.T) {
	var served atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		_, _ = w.Write([]byte("ok"))
	})
	requests := [][]Request{{NewRequest("GET", "/", nil, nil)}, {NewRequest("GET", "/", nil, nil)}}
	r, err := Run(t.Context(), Options{Addr: addr, Requests: requests, Measure: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	// The last request of each connection is answered after the end.
	if got, want := int64(r.PerSecond/10+0.5), served.Load()-2; got != want || r.P99 < r.P50 {
		t.Errorf("counted %d of %d; p50 %v, p99 %v", got, want, r.P50, r.P99)
	}
}

func TestRunFailsOnStatus(t *testing.T) {
	addr := serve(t, http.NotFound)
	_, err := Run(t.Context(), Options{Addr: addr, Requests: [][]Request{{NewRequest("GET", "/", nil, nil)}}, Measure: time.Second})
	if err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("error %v", err)
	}
}
