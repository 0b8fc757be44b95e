package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host"
)

// counted is a limiter that lets two pass and tells what it was asked.
type counted struct {
	mu    sync.Mutex
	asked []string
}

func (c *counted) Take(_ context.Context, name, subject string, r host.Rate) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprintf("%s|%s|%d in %s, %d at once", name, subject, r.Events, r.Per, r.Burst))
	switch {
	case name == "broken":
		return 0, errors.New("the disk is gone")
	case len(c.asked) > 2:
		return 61*time.Second + time.Millisecond, nil
	}
	return 0, nil
}

// TestLimit asks as functions do.
func TestLimit(t *testing.T) {
	limiter := &counted{}
	onScripts(t, func(c *host.Config) { c.Limiter = limiter }, func(s *scripts) {
		for _, test := range []struct{ body, want, asked string }{
			{`return [await limit("a", "x", { events: 2, per: "90s" }), await limit("a", "y", { events: 2, per: 60 }), await limit("a", 7, { events: 1, per: "31d" })]`,
				`[{"allowed":true,"retryAfter":0},{"allowed":true,"retryAfter":0},{"allowed":false,"retryAfter":62}]`,
				"a|x|2 in 1m30s, 2 at once; a|y|2 in 1m0s, 2 at once; a|7|1 in 744h0m0s, 1 at once"},
			{`const r = { events: 5, per: "1d", burst: 1 }; await limit.must("b/c", "\ud800", r); await limit.must("b/c", "", r);
				try { await limit.must("b/c", "", r) } catch (e) { return [e instanceof LimitError, e instanceof Error, e.name, e.code, e.status, e.retryAfter, e.message] }`,
				`[true,true,"LimitError","PT429",429,62,"That was too often. Please try again in 62 seconds."]`,
				"b/c|\ufffd|5 in 24h0m0s, 1 at once; b/c||5 in 24h0m0s, 1 at once; b/c||5 in 24h0m0s, 1 at once"},
			{`return (await Promise.all(Array.from({ length: 9 }, () => limit("p", "x", { events: 2, per: "1h" })))).filter((a) => a.allowed).length`, "2",
				strings.TrimSuffix(strings.Repeat("p|x|2 in 1h0m0s, 2 at once; ", 9), "; ")},
			{`return await transaction(() => limit("a", "x", { events: 1, per: "1s" })).catch((e) => [e.code, e instanceof SqlError])`, `["25001",true]`, ""},
		} {
			limiter.asked = nil
			if got := s.run(forAda, test.body); got != test.want || strings.Join(limiter.asked, "; ") != test.asked {
				s.Errorf("%s: %s, want %s; asked %q, want %q", test.body, got, test.want, limiter.asked, test.asked)
			}
		}
		if got := s.run(forAda, `await limit("broken", "x", { events: 1, per: "1s" })`); !strings.HasPrefix(got, "thrown ") {
			s.Errorf("it passed uncounted: %s", got)
		}
		err := database.InTx(s.Context(), s.db, ada, database.TxOptions{}, func(tx database.Tx) error {
			scope := forAda
			scope.Tx = tx
			s.want(s.run(scope, `return await limit("a", "x", { events: 1, per: "1s" }).catch((e) => e.code)`), "25001")
			return nil
		})
		if err != nil {
			s.Fatal(err)
		}
	})
}

// TestLimitRefused says what no limit is.
func TestLimitRefused(t *testing.T) {
	limiter := &counted{}
	services := newFixture(t, enginetest.Embedded(t), func(c *host.Config) { c.Limiter = limiter })
	s := newScripts(services)
	for args, want := range map[string]string{
		`"a", undefined, { events: 1, per: "1s" }`:                     "thrown TypeError",
		`"a", null, { events: 1, per: "1s" }`:                          "thrown TypeError",
		`"a", {}, { events: 1, per: "1s" }`:                            "thrown TypeError",
		`5, "x", { events: 1, per: "1s" }`:                             "thrown TypeError",
		`"a", "x"`:                                                     "thrown TypeError",
		`"a", "x", {}`:                                                 "thrown TypeError",
		`"a", "x", { events: "1", per: "1s" }`:                         "thrown TypeError",
		`"a", "x", { events: 1, per: "1s", bursts: 2 }`:                "thrown TypeError",
		`"", "x", { events: 1, per: "1s" }`:                            "the name is",
		`"a b", "x", { events: 1, per: "1s" }`:                         "the name is",
		`"a\0b", "x", { events: 1, per: "1s" }`:                        "the name is",
		`"a\n", "x", { events: 1, per: "1s" }`:                         "the name is",
		`"a".repeat(65), "x", { events: 1, per: "1s" }`:                "the name is",
		`"a", "é".repeat(513), { events: 1, per: "1s" }`:               "1026 bytes",
		`"a", "x", { events: 0, per: "1s" }`:                           "events is 0",
		`"a", "x", { events: -1, per: "1s" }`:                          "events is -1",
		`"a", "x", { events: 1.5, per: "1s" }`:                         "events is 1.5",
		`"a", "x", { events: NaN, per: "1s" }`:                         "events is NaN",
		`"a", "x", { events: Infinity, per: "1d" }`:                    "events is +Inf",
		`"a", "x", { events: 1000001, per: "1d" }`:                     "events is 1.000001e+06",
		`"a", "x", { events: 1, per: "1s", burst: 0 }`:                 "burst is 0",
		`"a", "x", { events: 1, per: "1s", burst: NaN }`:               "burst is NaN",
		`"a", "x", { events: 1, per: "" }`:                             "per is",
		`"a", "x", { events: 1, per: "h" }`:                            "per is",
		`"a", "x", { events: 1, per: "0s" }`:                           "per is",
		`"a", "x", { events: 1, per: "-1h" }`:                          "per is",
		`"a", "x", { events: 1, per: "1.5h" }`:                         "per is",
		`"a", "x", { events: 1, per: "1h30m" }`:                        "per is",
		`"a", "x", { events: 1, per: "32d" }`:                          "per is",
		`"a", "x", { events: 1, per: "99999999999999999999s" }`:        "per is",
		`"a", "x", { events: 1, per: NaN }`:                            "per is",
		`"a", "x", { events: 1, per: 1e30 }`:                           "per is",
		`"a", "x", { events: 1001, per: "1s" }`:                        "more than 1000 a second",
		`"a", "x", { events: 1, per: "31d", burst: 2 }`:                "62 days",
		`"a", "x", { events: 1, per: "1h", burst: 1000000 }`:           "comes back in",
		`"a", "x", { events: 1, per: "1s' union select 1 --" }`:        "per is",
		`"a", "x".repeat(1025), { events: 1, per: "1s" }`:              "1025 bytes",
		`"function:\u0441oupons", "x", { events: 1, per: "1s" }`:       "the name is",
		`"a", "x", { events: 1, per: "1s", get burst() { throw 7 } } `: "thrown",
	} {
		if got := s.run(forAda, "await limit("+args+")"); !strings.HasPrefix(got, "thrown ") || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	if len(limiter.asked) > 0 {
		t.Errorf("asked: %q", limiter.asked)
	}
	if _, err := newFixture(t, enginetest.Embedded(t), nil).ops["limit"](t.Context(), []engine.Value{"a", "x", 1.0, "1s", 1.0}); err == nil {
		t.Error("outside of a call it counted")
	}
}
