package backup_test

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/fault"
)

// store is a store of S3's interface in the test's own process, which can be made
// to fail.
type store struct {
	*httptest.Server
	gone atomic.Bool
}

func newStore(t *testing.T, start func(http.Handler) *httptest.Server) *store {
	t.Helper()
	memory := s3mem.New()
	if err := memory.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	s := &store{}
	inner := gofakes3.New(memory, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.gone.Load() { // not an answer that is worth another try
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *store) place(t *testing.T, spool string) backup.Place {
	t.Helper()
	p, err := backup.ParsePlace("s3://bucket/some/prefix/", backup.S3{Endpoint: s.URL, Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Spool: spool, Transport: s.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v %v", left, err)
	}
}

func TestS3(t *testing.T) {
	s, spool := newStore(t, httptest.NewServer), t.TempDir()
	place := s.place(t, spool)
	path, _ := sample(t)
	lock, key := keys(t)
	now := time.Now()
	for i := range 3 {
		if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, backup.Name(now.Add(time.Duration(i)*time.Hour), lock), lock); err != nil {
			t.Fatal(err)
		}
	}
	empty(t, spool)
	all, err := backup.List(t.Context(), place)
	if err != nil || len(all) != 3 || all[0].Size < 1000 || !all[0].Encrypted {
		t.Fatalf("listed %+v %v", all, err)
	}
	to := filepath.Join(t.TempDir(), "data.db")
	if _, err := backup.Restore(t.Context(), place, all[2].Name, key, backup.Target{Path: to}); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, open(t, to), "select count(*) from notes"); got != "1000" {
		t.Errorf("restored %s rows", got)
	}
	if gone, err := backup.Prune(t.Context(), place, backup.Keep{Last: 1}, now); err != nil || len(gone) != 2 {
		t.Errorf("removed %v %v", gone, err)
	}
	if _, err := place.Open(t.Context(), all[0].Name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened a removed one: %v", err)
	}
	if _, _, err := backup.Verify(t.Context(), place, "none", key, ""); fault.Code(err) != fault.UndefinedFile {
		t.Errorf("verified none: %v", err)
	}
}

// An object of several parts arrives as it was sent.
func TestS3Parts(t *testing.T) {
	// The store of the test does not know signed parts, which are for plain HTTP.
	place := newStore(t, httptest.NewTLSServer).place(t, t.TempDir())
	sent := make([]byte, 40<<20)
	_, _ = rand.Read(sent) // never fails
	up, err := place.Create(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := up.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := place.Open(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || string(got) != string(sent) {
		t.Errorf("received %d bytes of %d, %v", len(got), len(sent), err)
	}
}

func TestS3Gone(t *testing.T) {
	s, spool := newStore(t, httptest.NewTLSServer), t.TempDir()
	place := s.place(t, spool)
	path, db := sample(t)
	s.gone.Store(true)
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", backup.Lock{}); err == nil || !strings.Contains(err.Error(), "s3://bucket/some/prefix/b") {
		t.Errorf("sent: %v", err)
	}
	if _, err := backup.List(t.Context(), place); err == nil {
		t.Error("listed")
	}
	empty(t, spool)
	ask(t, db, "insert into notes (body) values ('goes on')")
	s.gone.Store(false)
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", backup.Lock{}); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestPlaces(t *testing.T) {
	for text, ok := range map[string]bool{"s3://": false, "s3:///x": false, "s3://b": true, "s3://b/c/d/": true, "folder": true} {
		p, err := backup.ParsePlace(text, backup.S3{AccessKey: "k"})
		if (err == nil) != ok || err == nil && p.String() != strings.TrimSuffix(text, "/") {
			t.Errorf("%s: %v %v", text, p, err)
		}
	}
	if _, err := backup.ParsePlace("s3://b", backup.S3{Endpoint: "nowhere"}); err == nil {
		t.Error("an endpoint that is no URL is taken")
	}
}

// TestService lets days pass: a backup a day, failures while the store is gone,
// a trial of the newest that alarms when it is damaged.
func TestService(t *testing.T) {
	s := newStore(t, httptest.NewServer)
	place := s.place(t, t.TempDir())
	path, _ := sample(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var log strings.Builder
	service := backup.NewService(backup.Config{Maker: backup.Source{Path: path}, Place: place, Keep: backup.Keep{Last: 3}, Dir: t.TempDir(),
		Every: 24 * time.Hour, TestEvery: 48 * time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }})
	count := func() int {
		t.Helper()
		all, err := backup.List(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for hour := range 100 {
		service.RunOnce(t.Context())
		if got, want := count(), min(3, hour/24+1); got != want {
			t.Fatalf("hour %d: %d backups, want %d", hour, got, want)
		}
		now = now.Add(time.Hour)
	}
	if n := strings.Count(log.String(), "for trial"); n != 3 || service.Status().TestError != "" {
		t.Errorf("%d trials: %+v", n, service.Status())
	}
	now = now.Add(24 * time.Hour)
	s.gone.Store(true)
	log.Reset()
	for range 10 {
		service.RunOnce(t.Context())
	}
	if st := service.Status(); st.Failure == "" || strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("the store is gone: %+v, log %s", st, &log)
	}
	s.gone.Store(false)
	now = now.Add(time.Hour)
	service.RunOnce(t.Context())
	if st := service.Status(); st.Failure != "" || !st.Newest.Made.Equal(now) {
		t.Errorf("the store is back: %+v", st)
	}
	up, err := place.Create(t.Context(), service.Status().Newest.Name)
	if err == nil {
		_, _ = up.Write([]byte("no backup"))
		err = up.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	log.Reset()
	service2 := backup.NewService(backup.Config{Maker: backup.Source{Path: path}, Place: place, TestEvery: time.Hour, Dir: t.TempDir(),
		Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }})
	service2.RunOnce(t.Context())
	if st := service2.Status(); !strings.Contains(st.TestError, "damaged") || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("a damaged backup raised no alarm: %+v, log %s", st, &log)
	}
	now = now.Add(-50 * time.Hour) // the clock is set back
	service.RunOnce(t.Context())
	service.RunOnce(t.Context())
	if got := count(); got != 3 {
		t.Errorf("%d backups after the clock was set back", got)
	}
}

func TestServiceStops(t *testing.T) {
	path, _ := sample(t)
	service := backup.NewService(backup.Config{Maker: backup.Source{Path: path}, Place: backup.Folder(t.TempDir()), Every: time.Hour})
	service.Start()
	service.Stop()
}
