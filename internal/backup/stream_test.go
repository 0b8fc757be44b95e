package backup_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

// streamed is a database with a continuous backup.
type streamed struct {
	t      *testing.T
	config backup.StreamConfig
	key    backup.Key
	path   string
	log    *lockedLog
	stream *backup.Stream
	db     *embedded.DB
}

// lockedLog keeps what was logged.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newStreamed(t *testing.T, place backup.Place) *streamed {
	t.Helper()
	dir := t.TempDir()
	s := &streamed{t: t, path: filepath.Join(dir, "data.db"), log: &lockedLog{}}
	s.config = backup.StreamConfig{Source: backup.Source{Path: s.path, Program: "v1"}, Place: place, Dir: filepath.Join(dir, "spool"),
		Interval: 50 * time.Millisecond, Lease: 3 * time.Second, Logger: slog.New(slog.NewTextHandler(s.log, nil))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	return s
}

// start opens the stream and the database, as a server does.
func (s *streamed) start() {
	s.t.Helper()
	var err error
	if s.stream, err = backup.OpenStream(s.config); err != nil {
		s.t.Fatal(err)
	}
	if s.db, err = embedded.Open(s.t.Context(), embedded.Config{Path: s.path, Follower: s.stream}); err != nil {
		s.t.Fatal(err)
	}
	s.stream.Start()
}

func (s *streamed) stop() {
	s.t.Helper()
	if err := s.db.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.stream.Finish(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for something that happens by itself.
func (s *streamed) until(what string, is func(backup.StreamStatus) bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); !is(s.stream.Status()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not within a minute: %+v", what, s.stream.Status())
		}
	}
}

func based(n int64) func(backup.StreamStatus) bool {
	return func(st backup.StreamStatus) bool { return st.Bases >= n }
}

func shipped(st backup.StreamStatus) bool { return st.Lag == 0 && st.Spooled == 0 }

// restored opens the database as it was at a moment.
func (s *streamed) restored(at time.Time) (*embedded.DB, backup.Point) {
	s.t.Helper()
	p, err := backup.FindPoint(s.t.Context(), s.config.Place, at)
	if err != nil {
		s.t.Fatal(err)
	}
	to := filepath.Join(s.t.TempDir(), "data.db")
	if _, err := p.Restore(s.t.Context(), s.key, backup.Target{Path: to}); err != nil {
		s.t.Fatalf("restore %s: %v", p, err)
	}
	return open(s.t, to), p
}

// ack is a transaction of two rows, as its caller saw it.
type ack struct{ sent, answered time.Time }

// load inserts transactions of two rows until stop is called.
func (s *streamed) load() (stop func() []ack) {
	ask(s.t, s.db, "create table if not exists pairs (n bigint primary key, twin bigint not null, filler text)")
	first, err := strconv.Atoi(ask(s.t, s.db, "select count(*) / 2 from pairs"))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan []ack)
	go func() {
		var all []ack
		for n := first; ctx.Err() == nil; n++ {
			a := ack{sent: time.Now()}
			err := database.InTx(context.Background(), s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
				for i := range 2 {
					if _, err := database.Exec(tx.Query(context.Background(), database.Statement{
						SQL: "insert into pairs values ($1, $2, repeat('x', $3::int))", Args: database.Args(2*n+i, n, (n%50)*40)})); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				s.t.Error(err)
				break
			}
			a.answered = time.Now()
			all = append(all, a)
		}
		done <- all
	}()
	return func() []ack { cancel(); return <-done }
}

// holds compares what was restored with what was acknowledged: all that was
// answered until since is there, nothing that was sent after at, and nothing but
// whole transactions without a gap. A database from before the table was made holds
// none of them.
func holds(t *testing.T, db *embedded.DB, all []ack, since, at time.Time) {
	t.Helper()
	rows, highest := 0, -1
	made, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: "select count(*), coalesce(max(n), -1) from pairs"}))
	if err == nil {
		rows, _ = strconv.Atoi(*made[0][0])
		highest, _ = strconv.Atoi(*made[0][1])
	} else if fault.Code(err) != fault.UndefinedTable {
		t.Fatal(err)
	}
	least, most := 0, 0
	for _, a := range all {
		if !a.answered.After(since) {
			least++
		}
		if !a.sent.After(at) {
			most++
		}
	}
	if rows%2 != 0 || rows/2 < least || rows/2 > most || highest != rows-1 {
		t.Errorf("at %s: %d rows up to %d; %d transactions were answered by %s, %d were sent", at, rows, highest, least, since, most)
	}
}

// TestMoments restores to moments of a load that makes the log begin anew often,
// with a server that is stopped and started, to a folder and to a store, plain and
// encrypted.
func TestMoments(t *testing.T) {
	lock, key := keys(t)
	for name, c := range map[string]struct {
		place func(*testing.T) backup.Place
		lock  backup.Lock
	}{
		"folder":    {func(t *testing.T) backup.Place { return backup.Folder(t.TempDir()) }, backup.Lock{}},
		"encrypted": {func(t *testing.T) backup.Place { return backup.Folder(t.TempDir()) }, lock},
		"store":     {func(t *testing.T) backup.Place { return newStore(t, httptest.NewTLSServer).place(t, t.TempDir()) }, lock},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStreamed(t, c.place(t))
			s.config.Lock, s.key = c.lock, key
			s.start()
			stop := s.load()
			s.until("a base", based(1))
			began := time.Now()
			time.Sleep(1500 * time.Millisecond) // of load
			all := stop()
			s.stop()
			s.start()
			stop = s.load()
			time.Sleep(700 * time.Millisecond)
			all = append(all, stop()...)
			ended := time.Now()
			s.until("all", shipped)
			if st := s.stream.Status(); st.Bases != 0 || st.Breaks != 0 {
				t.Errorf("a clean restart needed a new base: %+v", st)
			}
			s.stop()
			t.Logf("%d transactions", len(all))
			spans, err := backup.Spans(t.Context(), s.config.Place)
			if err != nil || len(spans) == 0 {
				t.Fatal(spans, err)
			}
			moments := []time.Time{spans[0].From} // of the base alone
			for range 8 {
				moments = append(moments, began.Add(rand.N(ended.Sub(began))))
			}
			for _, at := range moments {
				db, p := s.restored(at)
				if p.Moment.After(at) {
					t.Errorf("%s is after %s", p, at)
				}
				since := p.Moment // what was answered when the segment was made
				if gap := at.Sub(p.Moment); gap > 20*time.Second {
					t.Errorf("%s before %s", gap, at)
				}
				holds(t, db, all, since.Add(-s.config.Interval), at)
			}
			db, _ := s.restored(time.Time{})
			holds(t, db, all, ended, ended)
			if _, err := backup.FindPoint(t.Context(), s.config.Place, began.Add(-time.Hour)); fault.Code(err) != fault.UndefinedFile {
				t.Errorf("before the first base: %v", err)
			}
		})
	}
}

// What is in the place after everything is the database, byte for byte as far as
// SQLite tells: indexes, generated columns, sequences, and files that shrank.
func TestStreamOfSchema(t *testing.T) {
	s := newStreamed(t, backup.Folder(t.TempDir()))
	s.start()
	s.until("a base", based(1))
	for i := range 5 {
		for _, sql := range []string{
			fmt.Sprintf("create table n%d (id bigint generated always as identity primary key, body text not null, size int generated always as (length(body)) stored)", i),
			fmt.Sprintf("insert into n%d (body) select repeat('note ', g) from generate_series(1, 1500) g", i),
			fmt.Sprintf("create index n%d_upper on n%d (upper(body))", i, i),
			fmt.Sprintf("delete from n%d where id %% 3 = 0", i),
		} {
			ask(t, s.db, sql)
		}
		if i > 0 {
			ask(t, s.db, fmt.Sprintf("drop table n%d", i-1))
		}
	}
	const sum = "select count(*)::text || ' ' || sum(size)::text || ' ' || max(upper(body)) from n4"
	want := ask(t, s.db, sum)
	s.until("all", shipped)
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, sum); got != want {
		t.Errorf("restored %.40s, want %.40s", got, want)
	}
}

// Every byte of a segment counts, and so does each segment.
func TestDamagedSegments(t *testing.T) {
	dir := t.TempDir()
	s := newStreamed(t, backup.Folder(dir))
	s.start()
	s.until("a base", based(1))
	for i := range 4 {
		ask(t, s.db, fmt.Sprintf("create table t%d (n int)", i))
		s.until("a segment", func(st backup.StreamStatus) bool { return st.Segments > int64(i) })
	}
	s.stop()
	all, err := filepath.Glob(filepath.Join(dir, "continuous", "*", "*.seg"))
	if err != nil || len(all) < 4 {
		t.Fatalf("segments: %v %v", all, err)
	}
	verify := func() error {
		p, err := backup.FindPoint(t.Context(), s.config.Place, time.Time{})
		if err == nil {
			_, _, err = p.Verify(t.Context(), backup.Key{}, t.TempDir())
		}
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	name := all[len(all)/2]
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(what string, do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if err := verify(); fault.Code(err) != fault.DataCorrupted {
			t.Errorf("%s: %v", what, err)
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for at := 0; at < len(whole); at += len(whole)/15 + 1 {
		changed := []byte(string(whole))
		changed[at] ^= 0x10
		damage("byte "+strconv.Itoa(at)+" changed", func() error { return os.WriteFile(name, changed, 0o600) })
		damage("cut at "+strconv.Itoa(at), func() error { return os.WriteFile(name, whole[:at], 0o600) })
	}
	damage("missing", func() error { return os.Remove(name) })
	damage("another in its place", func() error {
		other, err := os.ReadFile(all[len(all)/2-1])
		if err != nil {
			return err
		}
		return os.WriteFile(name, other, 0o600)
	})
	if err := verify(); err != nil {
		t.Errorf("put right again: %v", err)
	}
}
