package dump_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/dump"
)

// opener opens a database anew at each call, as a server that makes backups does.
func opener(url string) func(context.Context) (database.DB, error) {
	return func(ctx context.Context) (database.DB, error) {
		return postgres.Open(ctx, postgres.Config{URL: url, MaxConns: 2})
	}
}

// TestServerByTheClock lets two nodes make backups of one database: each is made
// once, old ones go, and the newest is tried in a database that stays empty.
func TestServerByTheClock(t *testing.T) {
	sourceURL, trialURL := pgtest.Database(t), pgtest.Database(t)
	source, trial := server(t, sourceURL), server(t, trialURL)
	run(t, source, "create table t (id bigint primary key, s text); insert into t select g, repeat('x', 100) from generate_series(1, 5000) g")
	place := backup.Folder(t.TempDir())
	var log strings.Builder
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	nodes := make([]*backup.Service, 2)
	for i := range nodes {
		nodes[i] = backup.NewService(backup.Config{Maker: dump.Server{Open: opener(sourceURL), OpenTrial: opener(trialURL)}, Place: place,
			Keep: backup.Keep{Last: 2}, Every: time.Hour, Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Now: func() time.Time { return now }, TestEvery: time.Duration(1-i) * 3 * time.Hour})
	}
	for hour := 1; hour <= 4; hour++ {
		for _, n := range nodes {
			n.RunOnce(t.Context())
		}
		all, err := backup.List(t.Context(), place)
		if err != nil || len(all) != min(hour, 2) {
			t.Fatalf("hour %d: %v, %v, log %s", hour, all, err, &log)
		}
		now = now.Add(time.Hour)
	}
	if made, tried := strings.Count(log.String(), "made a backup"), strings.Count(log.String(), `compared="restored rows"`); made != 4 || tried != 2 {
		t.Errorf("%d backups made, %d tried: %s", made, tried, &log)
	}
	if got := one(t, trial, "select count(*)::text from pg_catalog.pg_class c where c.relnamespace = 'public'::regnamespace"); got != "0" {
		t.Errorf("the trial left %s relations", got)
	}
	run(t, trial, "create table occupied (id bigint)")
	now = now.Add(3 * time.Hour)
	nodes[0].RunOnce(t.Context())
	if st := nodes[0].Status(); st.Failure != "" || !strings.Contains(st.TestError, "the database for trials: the database is not empty") {
		t.Errorf("a trial in an occupied database: %+v", st)
	}
}

// TestServerAlone: while one node makes a backup no other one does.
func TestServerAlone(t *testing.T) {
	s := dump.Server{Open: opener(pgtest.Database(t))}
	var inside atomic.Int32
	ran, err := s.Alone(t.Context(), func(ctx context.Context) error {
		inside.Add(1)
		second, err := s.Alone(ctx, func(context.Context) error { inside.Add(1); return nil })
		if second {
			t.Error("two at once")
		}
		return err
	})
	again, err2 := s.Alone(t.Context(), func(context.Context) error { inside.Add(1); return nil })
	if !ran || err != nil || !again || err2 != nil || inside.Load() != 2 {
		t.Errorf("ran %t, %v; again %t, %v; %d", ran, err, again, err2, inside.Load())
	}
}

// TestServerFindsDamage: a backup that was changed is an alarm, with checksums alone
// too, and one of the embedded engine is tried as that.
func TestServerFindsDamage(t *testing.T) {
	url := pgtest.Database(t)
	run(t, server(t, url), "create table t (id bigint primary key); insert into t select generate_series(1, 100)")
	s, place := dump.Server{Open: opener(url)}, backup.Folder(t.TempDir())
	if _, err := s.Make(t.Context(), place, "a.tar.zst", backup.Lock{}); err != nil {
		t.Fatal(err)
	}
	if said, err := s.Try(t.Context(), place, "a.tar.zst", backup.Key{}, ""); err != nil || said[1] != 1 || said[3] != int64(100) {
		t.Errorf("a whole one: %v, %v", said, err)
	}
	up, err := place.Create(t.Context(), "b.tar.zst")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := place.Open(t.Context(), "a.tar.zst")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 900)
	n, _ := whole.Read(head)
	_, _ = up.Write(head[:n])
	if err := up.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = whole.Close()
	if _, err := s.Try(t.Context(), place, "b.tar.zst", backup.Key{}, ""); code(err) != "XX001" {
		t.Errorf("a part of one: %v", err)
	}
}
