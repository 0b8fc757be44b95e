package backup_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	childDatabase = "GALLEY_TEST_STREAM_DATABASE"
	childPlace    = "GALLEY_TEST_STREAM_PLACE"
)

// TestStreamChild is no test: it is the process that TestKilled kills. It inserts
// numbers, one after the other, and says each that was answered.
func TestStreamChild(t *testing.T) {
	path := os.Getenv(childDatabase)
	if path == "" {
		t.Skip("run by TestKilled")
	}
	s := newStreamed(t, backup.Folder(os.Getenv(childPlace)))
	s.path, s.config.Source.Path, s.config.Dir = path, path, filepath.Join(filepath.Dir(path), "spool")
	s.start()
	ask(t, s.db, "create table if not exists numbers (n bigint primary key, filler text)")
	n, _ := strconv.Atoi(ask(t, s.db, "select count(*) from numbers"))
	fmt.Println("bases", s.stream.Status().Bases)
	for ; ; n++ {
		if _, err := database.Exec(s.db.Query(context.Background(), database.Session{}, database.Statement{
			SQL: "insert into numbers values ($1, repeat('x', $2::int))", Args: database.Args(n, n%3000)})); err != nil {
			t.Fatal(err)
		}
		fmt.Println("answered", n, time.Now().UnixMilli())
	}
}

// TestKilled kills a server that ships, again and again. What was answered an
// interval before each moment is restored, also of the commits that the killed
// process had not shipped: the next one ships them.
func TestKilled(t *testing.T) {
	dir, place := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "data.db")
	var answered, sent []int64 // by number, Unix time in ms: at the latest, and at the earliest
	for range 8 {
		round, unanswered := untilKilled(t, path, place, len(answered), time.Duration(200+rand.IntN(1300))*time.Millisecond)
		for i := range round { // one is sent when the one before was answered
			earliest := int64(0)
			switch {
			case i > unanswered:
				earliest = round[i-1]
			case i > 0: // the one before was not
				earliest = sent[len(sent)-1]
			case len(answered) > 0:
				earliest = answered[len(answered)-1]
			}
			sent = append(sent, earliest)
		}
		answered = append(answered, round...)
	}
	s := newStreamed(t, backup.Folder(place)) // in order again, and to its end
	s.path, s.config.Source.Path, s.config.Dir = path, path, filepath.Join(dir, "spool")
	s.start()
	began := time.Now()
	ask(t, s.db, "create table after_all (n int)")
	s.until("the last commit", func(backup.StreamStatus) bool {
		p, err := backup.FindPoint(t.Context(), s.config.Place, time.Time{})
		return err == nil && !p.Moment.Before(began.Truncate(time.Millisecond))
	})
	s.stop()
	db, _ := s.restored(time.Time{})
	if got, _ := strconv.Atoi(ask(t, db, "select count(*) from numbers")); got < len(answered) {
		t.Errorf("%d numbers restored, %d were answered", got, len(answered))
	}
	spans, err := backup.Spans(t.Context(), s.config.Place)
	if err != nil || len(spans) == 0 {
		t.Fatalf("spans: %v %v", spans, err)
	}
	t.Logf("%d answered, %d generations in %d rounds", len(answered), len(spans), 8)
	for i, span := range spans {
		for part := range 5 {
			at := span.From.Add(span.To.Sub(span.From) * time.Duration(part+1) / 6)
			db, p := s.restored(at)
			counted, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: "select count(*) from numbers"}))
			if fault.Code(err) == fault.UndefinedTable { // not made yet
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			rows, _ := strconv.Atoi(*counted[0][0])
			least := 0
			for least < len(answered) && answered[least] < p.Moment.UnixMilli()-1000 {
				least++
			}
			if rows < least || rows > 1 && rows <= len(sent) && sent[rows-1] > at.UnixMilli() {
				t.Errorf("span %d at %s: %d rows, at least %d were answered", i, p, rows, least)
			}
		}
	}
}

// untilKilled runs the child, kills it, and returns when its numbers were answered; the
// first of them, as many as are unanswered, were those of the one before.
func untilKilled(t *testing.T, path, place string, from int, life time.Duration) (all []int64, unanswered int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStreamChild$", "-test.v")
	// Who is killed removes no folder of its own: they are in one of ours.
	cmd.Env = append(os.Environ(), childDatabase+"="+path, childPlace+"="+place, "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var n int
		var at int64
		if _, err := fmt.Sscanf(lines.Text(), "answered %d %d", &n, &at); err != nil {
			continue
		}
		if timer == nil { // it lives from its first answer on
			timer = time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
		}
		if len(all) == 0 { // the one before may have been committed and not answered
			for from < n {
				all, from, unanswered = append(all, at), from+1, unanswered+1
			}
		}
		all = append(all, at)
	}
	_ = cmd.Wait() // killed
	if len(all) == 0 {
		t.Fatal("the child answered nothing")
	}
	return all, unanswered
}

// The place is gone, and the database goes on; when it is back, nothing is
// missing.
func TestPlaceGone(t *testing.T) {
	store := newStore(t, httptest.NewServer)
	s := newStreamed(t, store.place(t, t.TempDir()))
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table t (n int)")
	store.gone.Store(true)
	for i := range 10 {
		ask(t, s.db, "insert into t values ($1)", i)
		time.Sleep(20 * time.Millisecond) // segments of their own
	}
	s.until("a failure", func(st backup.StreamStatus) bool {
		return st.Failure != "" && st.Lag > 0 && st.Spooled > 0 && strings.Contains(s.log.String(), "does not reach its place")
	})
	store.gone.Store(false)
	s.until("shipping again", func(st backup.StreamStatus) bool { return st.Failure == "" && shipped(st) })
	if st := s.stream.Status(); st.Breaks != 0 || st.Bases != 1 {
		t.Errorf("it was broken off: %+v", st)
	}
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select count(*) from t"); got != "10" {
		t.Errorf("%s rows", got)
	}
}

// A place that was emptied, as a disk that was changed is, gets a new base.
func TestPlaceEmptied(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "place")
	s := newStreamed(t, backup.Folder(dir))
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table t as select 1 as n")
	if err := os.RemoveAll(dir); err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
		t.Fatal(err)
	}
	s.until("a new base", based(2))
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select count(*) from t"); got != "1" {
		t.Errorf("%s rows", got)
	}
}

// The spool is bounded: when it is full the stream is broken off, the log is let
// go, and a new base is made once the place is back.
func TestSpoolFull(t *testing.T) {
	store := newStore(t, httptest.NewTLSServer) // the base has parts, see TestS3Parts
	s := newStreamed(t, store.place(t, t.TempDir()))
	s.config.Bound = 1 << 20
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table t (v text)")
	s.until("the table", func(st backup.StreamStatus) bool { return st.Segments > 0 })
	store.gone.Store(true)
	for range 12 {
		ask(t, s.db, "insert into t select md5(g::text || random()::text) from generate_series(1, 10000) g")
	}
	s.until("the break", func(st backup.StreamStatus) bool {
		return st.Breaks > 0 && st.Failure != "" && strings.Contains(s.log.String(), "broken off")
	})
	if st := s.stream.Status(); st.Spooled > 1<<20 {
		t.Errorf("%d bytes in the spool", st.Spooled)
	}
	for range 4 { // the log is moved and emptied as without a stream
		ask(t, s.db, "insert into t select md5(g::text || random()::text) from generate_series(1, 200000) g")
	}
	if info, err := os.Stat(s.path + "-wal"); err != nil || info.Size() > 128<<20 {
		t.Errorf("the log: %v %v", info.Size(), err)
	}
	store.gone.Store(false)
	s.until("a new base", based(2))
	want := ask(t, s.db, "select count(*)::text || max(v) from t")
	s.until("all", func(st backup.StreamStatus) bool { return st.Failure == "" && shipped(st) })
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select count(*)::text || max(v) from t"); got != want {
		t.Errorf("restored %s, want %s", got, want)
	}
}

// A spool that cannot be written stops no write.
func TestSpoolGone(t *testing.T) {
	s := newStreamed(t, backup.Folder(t.TempDir()))
	s.start()
	s.until("a base", based(1))
	if err := os.Rename(s.config.Dir, s.config.Dir+"-away"); err != nil {
		t.Fatal(err)
	}
	ask(t, s.db, "create table t as select 1 as n")
	s.until("the break", func(st backup.StreamStatus) bool { return st.Breaks > 0 && st.Failure != "" })
	ask(t, s.db, "insert into t values (2)")
	if err := os.Rename(s.config.Dir+"-away", s.config.Dir); err != nil {
		t.Fatal(err)
	}
	s.until("a new base", based(2))
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select count(*) from t"); got != "2" {
		t.Errorf("%s rows", got)
	}
}

// Two servers of different projects do not ship to one place, until the first one
// is gone for a while.
func TestLease(t *testing.T) {
	place := backup.Folder(t.TempDir())
	a, b := newStreamed(t, place), newStreamed(t, place)
	a.config.Lease, b.config.Lease = 10*time.Second, 10*time.Second // a busy machine does not lose it
	a.start()
	a.until("a base", based(1))
	b.start()
	b.until("a refusal", func(st backup.StreamStatus) bool { return strings.Contains(st.Failure, "another Galley") })
	if st := b.stream.Status(); st.Bases > 0 || st.Segments > 0 {
		t.Errorf("the second shipped: %+v", st)
	}
	a.stop()
	b.until("a base", based(1))
	b.stop()
}

// A copy of a server's folder has its name, too: who claimed the place first sees
// it and ships no more.
func TestLeaseOfACopy(t *testing.T) {
	place := backup.Folder(t.TempDir())
	a, b := newStreamed(t, place), newStreamed(t, place)
	a.start()
	a.until("a base", based(1))
	if err := os.CopyFS(b.config.Dir, os.DirFS(a.config.Dir)); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"lock", "lock-wal", "lock-shm"} {
		_ = os.Remove(filepath.Join(b.config.Dir, end)) // there may be none
	}
	b.start()
	b.until("a base", based(1))
	a.until("a refusal", func(st backup.StreamStatus) bool { return strings.Contains(st.Failure, "another Galley") })
	b.stop()
	a.stop()
}

// TestGenerations lets days pass: a base a day, those that no restore needs are
// removed, and a clock that is set back leaves the moments in their order.
func TestGenerations(t *testing.T) {
	place := backup.Folder(t.TempDir())
	s := newStreamed(t, place)
	var ahead atomic.Int64
	s.config.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s.config.KeepFor, s.config.Lease = 72*time.Hour, 1000*time.Hour
	s.start()
	ask(t, s.db, "create table t (n int)")
	for day := range 6 {
		s.until("a base", based(int64(day+1)))
		ask(t, s.db, "insert into t values ($1)", day)
		segments := s.stream.Status().Segments
		s.until("a segment", func(st backup.StreamStatus) bool { return st.Segments > segments || shipped(st) })
		ahead.Add(int64(25 * time.Hour))
	}
	s.until("a base", based(7))
	ahead.Add(-int64(50 * time.Hour)) // the clock is set back
	ask(t, s.db, "insert into t values (100)")
	s.stop()
	s.start() // removes what is old as it begins
	s.until("what is old is gone", func(backup.StreamStatus) bool {
		spans, err := backup.Spans(t.Context(), place)
		return err == nil && len(spans) < 7
	})
	s.stop()
	spans, err := backup.Spans(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	if reach := s.config.Now().Sub(spans[0].From); reach < s.config.KeepFor {
		t.Errorf("a restore reaches back %s", reach)
	}
	for i := range spans[1:] {
		if spans[i+1].From.Before(spans[i].From) {
			t.Errorf("spans: %+v", spans)
		}
	}
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select max(n)::text || ' ' || count(*)::text from t"); got != "100 7" {
		t.Errorf("restored %s", got)
	}
}

// A passphrase takes a second each time; the segments have a key of their own.
func TestStreamWithPassphrase(t *testing.T) {
	dir := t.TempDir()
	phrase := filepath.Join(dir, "phrase")
	if err := os.WriteFile(phrase, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStreamed(t, backup.Folder(filepath.Join(dir, "place")))
	var err error
	if s.config.Lock, err = backup.ParseLock(nil, phrase); err != nil {
		t.Fatal(err)
	}
	if s.key, err = backup.ParseKey("", phrase); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table secrets as select 'very secret text' as v")
	s.until("a segment", func(st backup.StreamStatus) bool { return st.Segments > 0 })
	s.stop()
	db, p := s.restored(time.Time{})
	if got := ask(t, db, "select v from secrets"); got != "very secret text" {
		t.Errorf("restored %q", got)
	}
	if _, _, err := p.Verify(t.Context(), backup.Key{}, t.TempDir()); fault.Code(err) != fault.InvalidPassword {
		t.Errorf("without the passphrase: %v", err)
	}
	err = filepath.WalkDir(filepath.Join(dir, "place"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && !strings.HasSuffix(path, "lease.json") && !strings.HasPrefix(string(content), "age-encryption.org/") {
			t.Errorf("%s is not encrypted", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The trial of the service alarms when the continuous backup is damaged.
func TestTrialOfStream(t *testing.T) {
	dir := t.TempDir()
	s := newStreamed(t, backup.Folder(dir))
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table t as select 1 as n")
	s.until("a segment", func(st backup.StreamStatus) bool { return st.Segments > 0 })
	s.stop()
	try := func() backup.Status {
		service := backup.NewService(backup.Config{Maker: s.config.Source, Place: s.config.Place, TestEvery: time.Hour, Continuous: true, Dir: t.TempDir(), Logger: s.config.Logger})
		service.RunOnce(t.Context())
		return service.Status()
	}
	if st := try(); st.PointTestedAt.IsZero() || st.PointError != "" {
		t.Errorf("in order: %+v", st)
	}
	all, err := filepath.Glob(filepath.Join(dir, "continuous", "*", "*.seg"))
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	if err := os.Truncate(all[0], 50); err != nil {
		t.Fatal(err)
	}
	if st := try(); !strings.Contains(st.PointError, "damaged") || !strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("a damaged segment raised no alarm: %+v", st)
	}
}

// A lease that is no JSON keeps nobody out.
func TestBrokenLease(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "continuous"), 0o700); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal("no lease")
	if err := os.WriteFile(filepath.Join(dir, "continuous", "lease.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStreamed(t, backup.Folder(dir))
	s.start()
	s.until("a base", based(1))
	s.stop()
}
