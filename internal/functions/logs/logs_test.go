package logs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
)

func each(t *testing.T, test func(t *testing.T, s *Store, db database.DB)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, Part()); err != nil {
			t.Fatal(err)
		}
		test(t, New(Config{DB: db, Lines: 100, Logger: slog.New(slog.DiscardHandler)}), db)
	})
}

func messages(t *testing.T, s *Store, f Filter) string {
	t.Helper()
	lines, err := s.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.Message)
	}
	return strings.Join(out, " ")
}

func TestHandlerAndList(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ database.DB) {
		var base strings.Builder
		log := slog.New(s.Handler(slog.NewTextHandler(&base, &slog.HandlerOptions{Level: slog.LevelWarn})))
		log.Info("nobody's")
		a := log.With("function", "a", "request_id", "r1")
		a.Info("one", slog.Group("fields", "n", 1, "text", "it's \"x\""))
		a.Debug("hidden")
		log.Error("two\x00\xff", "function", "b", "error", fmt.Errorf("boom"))
		a.Warn("three")
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			filter Filter
			want   string
		}{
			{Filter{}, "one two� three"},
			{Filter{Function: "a"}, "one three"},
			{Filter{Level: "warn"}, "two� three"},
			{Filter{RequestID: "r1", Limit: 1}, "three"},
			{Filter{After: 1}, "two� three"},
			{Filter{Function: "' or true --"}, ""},
			{Filter{Since: time.Now().Add(time.Hour)}, ""},
		} {
			if got := messages(t, s, c.filter); got != c.want {
				t.Errorf("%+v: %q, want %q", c.filter, got, c.want)
			}
		}
		lines, err := s.List(t.Context(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(lines[0].Fields); got != `{"n": 1, "text": "it's \"x\""}` || lines[0].RequestID != "r1" || time.Since(lines[0].At) > time.Minute {
			t.Errorf("line %+v, fields %s", lines[0], got)
		}
		if got := string(lines[1].Fields); got != `{"error": "boom"}` {
			t.Errorf("fields %s", got)
		}
		if b := base.String(); strings.Contains(b, "one") || !strings.Contains(b, "three") {
			t.Errorf("the log itself: %s", b)
		}
	})
}

func TestBounds(t *testing.T) {
	each(t, func(t *testing.T, s *Store, db database.DB) {
		for i := range maxWaiting + 10 {
			s.Add(Line{At: time.Now(), Function: "f", Level: "info", Message: strings.Repeat("x", i%3*100)})
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		count := func() int64 {
			rows, err := database.Records(t.Context(), database.Owner{DB: db}, `SELECT count(*), count(*) FILTER (WHERE level = 'warn') FROM galley.function_logs`)
			if err != nil {
				t.Fatal(err)
			}
			if rows[0].Int(1) > 1 {
				t.Errorf("it was told %d times that lines were dropped", rows[0].Int(1))
			}
			return rows[0].Int(0)
		}
		if n := count(); n != maxWaiting+1 {
			t.Errorf("%d lines", n)
		}
		s.Add(Line{At: time.Now().Add(-8 * 24 * time.Hour), Function: "f", Level: "info", Message: "old"})
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(); n > 100 {
			t.Errorf("%d lines are left", n)
		}
	})
}

func TestBackground(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ database.DB) {
		s.Start()
		log := slog.New(s.Handler(slog.NewTextHandler(io.Discard, nil))).With("function", "f")
		log.InfoContext(context.Background(), "hello")
		s.Stop()
		if got := messages(t, s, Filter{}); got != "hello" {
			t.Errorf("after the end: %q", got)
		}
	})
}

// TestFlush: who flushes reads all that was written before, in its order, also while the
// store writes by itself.
func TestFlush(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ database.DB) {
		s.Start()
		defer s.Stop()
		want := ""
		for i := range 40 {
			s.Add(Line{At: time.Now(), Function: "f", Level: "info", Message: fmt.Sprint(i)})
			want = strings.TrimSpace(want + " " + fmt.Sprint(i))
			time.Sleep(time.Duration(i) * time.Millisecond) // more and less than it waits, taken together
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := messages(t, s, Filter{}); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	})
}
