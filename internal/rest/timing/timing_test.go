package timing

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestPhases measures requests on a clock of their own.
func TestPhases(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(http.ResponseWriter, *Clock)
		want  string
	}{
		"all": {func(w http.ResponseWriter, c *Clock) {
			for _, p := range []Phase{JWT, Parse, Plan, Transaction} {
				time.Sleep(time.Duration(p+1) * 100 * time.Microsecond)
				c.Mark(p)
			}
			time.Sleep(2 * time.Second)
			w.WriteHeader(http.StatusNoContent)
		}, "jwt;dur=0.1, parse;dur=0.2, plan;dur=0.3, transaction;dur=0.4, response;dur=2000.0"},
		"two transactions": {func(w http.ResponseWriter, c *Clock) {
			for range 2 {
				c.Mark(Plan)
				time.Sleep(time.Millisecond)
				c.Mark(Transaction)
			}
			time.Sleep(time.Millisecond)
			_, _ = w.Write([]byte("x"))
			_, _ = w.Write([]byte("y"))
		}, "plan;dur=0.0, transaction;dur=2.0, response;dur=1.0"},
		"none": {func(w http.ResponseWriter, _ *Clock) { w.WriteHeader(http.StatusUnauthorized) }, "response;dur=0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := httptest.NewRecorder()
				Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(w, From(r.Context())) })).
					ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				if got := w.Result().Header.Get("Server-Timing"); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestWithoutClock(t *testing.T) {
	From(t.Context()).Mark(Parse)
}
