package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

func open(t testing.TB, o Options) *Conn {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "a b%41?#.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// query runs one statement and returns the values of its first row.
func query(t testing.TB, c *Conn, sql string, args ...Value) []Value {
	t.Helper()
	row, err := tryQuery(c, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return row
}

func tryQuery(c *Conn, sql string, args ...Value) ([]Value, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return nil, err
		}
	}
	var row []Value
	for {
		more, err := s.Step()
		if err != nil || !more {
			return row, err
		}
		if row != nil {
			continue
		}
		for i := range s.ColumnCount() {
			row = append(row, s.Column(i))
		}
	}
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	identity := Function{Name: "same", NArgs: 1, Call: func(_ *Conn, a []Value) (Value, error) { return a[0], nil }}
	c := open(t, Options{Functions: []Function{identity}})
	must(t, c.Exec(`CREATE TABLE v (id INTEGER PRIMARY KEY, v ANY) STRICT`))
	values := []Value{
		Null, Int(0), Int(1), Int(-1), Int(math.MaxInt64), Int(math.MinInt64),
		Float(0.1), Float(math.Inf(1)), Float(math.Inf(-1)), Float(math.MaxFloat64), Float(5e-324), Float(3),
		Text(""), Text("a"), Text("grüße 🎈"), Text("a\x00b"), Text("\x00"), Text("\xff\xfe\xc3"), Text(strings.Repeat("x", 1<<20)),
		Blob(nil), Blob([]byte{}), Blob([]byte{0, 1, 255}), Blob(make([]byte, 200_000)),
	}
	for i, v := range values {
		query(t, c, `INSERT INTO v VALUES (?, ?)`, Int(int64(i)), v)
	}
	for i, v := range values {
		for _, sql := range []string{`SELECT v FROM v WHERE id = ?1`, `SELECT same(v) FROM v WHERE id = ?1`} {
			if got := query(t, c, sql, Int(int64(i)))[0]; got != v {
				t.Errorf("%s: value %d came back as %v %.40q, not %v %.40q", sql, i, got.Kind(), got.Text(), v.Kind(), v.Text())
			}
		}
		if got := query(t, c, `SELECT same(?1)`, v)[0]; got != v {
			t.Errorf("value %d bound came back as %v", i, got)
		}
		if got := query(t, c, `SELECT typeof(?1)`, v)[0].Text(); got != v.Kind().String() {
			t.Errorf("value %d is a %s", i, got)
		}
	}
}

func TestSettings(t *testing.T) {
	c := open(t, Options{})
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "recursive_triggers": "1",
		"temp_store": "2", "busy_timeout": "5000", "trusted_schema": "1",
	} {
		v := query(t, c, "PRAGMA "+pragma)[0]
		if got := strings.ToLower(fmt.Sprint(v.Text(), map[bool]string{true: fmt.Sprint(v.Int())}[v.Kind() == KindInt])); got != want {
			t.Errorf("%s is %s, not %s", pragma, got, want)
		}
	}
	if got := query(t, c, `SELECT 'A' LIKE 'a'`)[0]; got != Int(0) {
		t.Error("LIKE ignores case")
	}
	if _, err := c.Prepare(`SELECT "nobody"`); err == nil {
		t.Error("a double-quoted name that means nothing was taken for a string")
	}
}

func TestPrepareRefuses(t *testing.T) {
	c := open(t, Options{})
	for _, sql := range []string{"", "  ;", "-- only a comment", "SELECT 1; SELECT 2", "SELEC", "SELECT 1\x00"} {
		if s, err := c.Prepare(sql); err == nil {
			s.Reset()
			t.Errorf("%q was prepared", sql)
		}
	}
	if s, err := c.Prepare("SELECT 1 ; "); err != nil {
		t.Error(err)
	} else if err := s.Bind(1, Null); err == nil {
		t.Error("a parameter that is not there was bound")
	}
}

func TestTheSameTextInsideItself(t *testing.T) {
	c := open(t, Options{Statements: 2})
	const sql = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n`
	var sum int64
	var walk func(depth int)
	walk = func(depth int) {
		s, err := c.Prepare(sql)
		must(t, err)
		defer s.Reset()
		for {
			more, err := s.Step()
			must(t, err)
			if !more {
				return
			}
			sum += s.ColumnInt(0)
			if depth < 4 {
				walk(depth + 1)
			}
		}
	}
	walk(1)
	if want := int64(6 * (1 + 3 + 9 + 27)); sum != want {
		t.Errorf("sum %d, want %d", sum, want)
	}
	if c.cache.idle.size != 2 || c.cache.used.size != 0 {
		t.Errorf("%d idle and %d used statements", c.cache.idle.size, c.cache.used.size)
	}
}

func TestCacheKeepsWhatWasUsedLast(t *testing.T) {
	c := open(t, Options{Statements: 3})
	held, err := c.Prepare("SELECT 100")
	must(t, err)
	for i := range 10 {
		query(t, c, fmt.Sprintf("SELECT %d", i))
		query(t, c, "SELECT 'kept'")
	}
	if n := len(c.cache.text); n != 3 {
		t.Errorf("%d texts in the cache", n)
	}
	if c.cache.text["SELECT 'kept'"] == nil || c.cache.text["SELECT 9"] == nil || c.cache.text["SELECT 8"] == nil {
		t.Error("not the latest are kept")
	}
	if more, err := held.Step(); err != nil || !more || held.ColumnInt(0) != 100 {
		t.Error("a statement in use was evicted")
	}
	held.Reset()
	held.Reset() // does nothing
}

func TestBoundBytesAreCopies(t *testing.T) {
	c := open(t, Options{})
	s, err := c.Prepare("SELECT ?1, ?2")
	must(t, err)
	defer s.Reset()
	b := []byte("before")
	must(t, s.Bind(1, Blob(b)))
	must(t, s.Bind(2, Text(string(b))))
	copy(b, "after!")
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if s.Column(0).Text() != "before" || string(s.ColumnBytes(1)) != "before" {
		t.Error("binding kept the caller's memory")
	}
	s.Rewind()
	if more, _ := s.Step(); !more || s.Column(1).Text() != "before" {
		t.Error("Rewind lost what was bound")
	}
}

func TestErrorsKeepTheirIdentity(t *testing.T) {
	mine := fault.New("22012", "division by zero")
	c := open(t, Options{
		Functions: []Function{
			{Name: "pgraise", NArgs: -1, Call: func(*Conn, []Value) (Value, error) { return Null, mine }},
			{Name: "panics", NArgs: 0, Call: func(*Conn, []Value) (Value, error) { panic("oh") }},
			{Name: "swallow", NArgs: 1, Call: func(c *Conn, a []Value) (Value, error) {
				_, err := tryQuery(c, a[0].Text())
				return Bool(err != nil), nil
			}},
		},
		Aggregates: []Aggregate{{Name: "agg", NArgs: 1, New: func(*Conn) Accumulator { return &total{fail: mine} }}},
		Collations: []Collation{{Name: "broken", Compare: func(a, b string) int { panic("no order") }}},
	})
	must(t, c.Exec(`CREATE TABLE t (a INTEGER CHECK (a > 0), b TEXT COLLATE broken)`))
	query(t, c, `INSERT INTO t VALUES (1, 'x'), (2, 'y')`)
	for _, sql := range []string{
		`SELECT pgraise(1, 2)`, `INSERT INTO t SELECT pgraise(), 'z'`, `SELECT agg(a) FROM t`,
		`SELECT a FROM t WHERE swallow('SELECT pgraise()') AND pgraise()`,
	} {
		_, err := tryQuery(c, sql)
		if got, ok := errors.AsType[*fault.Error](err); !ok || got != mine {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{`SELECT panics()`, `SELECT a FROM t ORDER BY b`} {
		_, err := tryQuery(c, sql)
		if p, ok := errors.AsType[*PanicError](err); !ok || len(p.Stack) == 0 {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if got := query(t, c, `SELECT swallow('SELECT pgraise()')`)[0]; got != Int(1) {
		t.Error("the inner statement did not fail")
	}
	_, err := tryQuery(c, `INSERT INTO t VALUES (-1, 'x')`)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeCheck || e.Unwrap() != nil {
		t.Errorf("a violated check: %v", err)
	}
	if len(c.args) != 0 || len(c.groups.free) != len(c.groups.live) || c.cause != nil {
		t.Errorf("left behind: %d arguments, %d groups of %d, cause %v",
			len(c.args), len(c.groups.live)-len(c.groups.free), len(c.groups.live), c.cause)
	}
}

// total is a sum that fails at a value over 1, if it is told to.
type total struct {
	sum  int64
	fail error
}

func (a *total) Step(args []Value) error {
	a.sum += args[0].Int()
	if a.fail != nil && args[0].Int() > 1 {
		return a.fail
	}
	return nil
}

func (a *total) Final() (Value, error) { return Int(a.sum), nil }

func TestAggregates(t *testing.T) {
	c := open(t, Options{Aggregates: []Aggregate{{Name: "total_of", NArgs: 1, New: func(*Conn) Accumulator { return &total{} }}}})
	must(t, c.Exec(`CREATE TABLE t (g, v); INSERT INTO t VALUES (1, 10), (2, 20), (1, 5), (3, 1)`))
	s, err := c.Prepare(`SELECT g, total_of(v), total_of(v + 1), (SELECT total_of(v) FROM t i WHERE i.g < o.g) FROM t o GROUP BY g ORDER BY g`)
	must(t, err)
	defer s.Reset()
	for _, want := range [][4]int64{{1, 15, 17, 0}, {2, 20, 21, 15}, {3, 1, 2, 35}} {
		more, err := s.Step()
		must(t, err)
		got := [4]int64{s.ColumnInt(0), s.ColumnInt(1), s.ColumnInt(2), s.ColumnInt(3)}
		if !more || got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if got := query(t, c, `SELECT total_of(v) FROM t WHERE 0`)[0]; got != Int(0) {
		t.Errorf("of no rows: %v", got)
	}
}

func TestCollation(t *testing.T) {
	backwards := Collation{Name: "backwards", Compare: func(a, b string) int { return strings.Compare(b, a) }}
	c := open(t, Options{Collations: []Collation{backwards}})
	must(t, c.Exec(`CREATE TABLE t (v TEXT PRIMARY KEY COLLATE backwards); INSERT INTO t VALUES ('b'), ('c'), ('a'), ('')`))
	if got := query(t, c, `SELECT group_concat(v, '<') FROM (SELECT v FROM t ORDER BY v)`)[0].Text(); got != "c<b<a<" {
		t.Errorf("order is %q", got)
	}
}

func TestFunctionsMayRunStatements(t *testing.T) {
	fib := Function{Name: "fib", NArgs: 1, Call: func(c *Conn, a []Value) (Value, error) {
		n := a[0].Int()
		if n < 2 {
			return Int(n), nil
		}
		row, err := tryQuery(c, `SELECT fib(?1 - 1) + fib(?1 - 2), ?2`, a[0], Text("kept"))
		if err != nil || a[0].Int() != n {
			return Null, fmt.Errorf("argument %d became %d: %w", n, a[0].Int(), err)
		}
		return row[0], nil
	}}
	c := open(t, Options{Functions: []Function{fib}})
	if got := query(t, c, `SELECT fib(15)`)[0]; got != Int(610) {
		t.Errorf("fib(15) is %v", got.Int())
	}
}

func TestDeterministicFunctionsMayBeIndexed(t *testing.T) {
	upper := Function{Name: "shout", NArgs: 1, Deterministic: true, Call: func(_ *Conn, a []Value) (Value, error) {
		return Text(strings.ToUpper(a[0].Text()) + "!"), nil
	}}
	c := open(t, Options{Functions: []Function{upper}})
	must(t, c.Exec(`CREATE TABLE t (v TEXT CHECK (shout(v) <> 'NO!'), g TEXT AS (shout(v)) STORED);
		CREATE INDEX i ON t (shout(v)); INSERT INTO t VALUES ('yes')`))
	if got := query(t, c, `SELECT g FROM t WHERE shout(v) = 'YES!'`); len(got) != 1 || got[0].Text() != "YES!" {
		t.Errorf("got %v", got)
	}
	if err := c.Exec(`INSERT INTO t VALUES ('no')`); err == nil {
		t.Error("the check did not hold")
	}
}

const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`

func TestInterruptEndsReads(t *testing.T) {
	c := open(t, Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the client went away")
	stop := c.Interruptible(ctx)
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	_, err := tryQuery(c, endless)
	if e, ok := errors.AsType[*Error](err); !ok || e.Primary() != CodeInterrupt || !errors.Is(err, why) {
		t.Errorf("ended with %v", err)
	}
	if _, err := tryQuery(c, `SELECT 1`); !errors.Is(err, why) {
		t.Errorf("a statement began although the context was done: %v", err)
	}
	stop()
	query(t, c, `SELECT 1`)
	never := c.Interruptible(context.Background())
	query(t, c, `SELECT 1`)
	never()
}

func TestInterruptSparesWrites(t *testing.T) {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	c := open(t, Options{})
	must(t, c.Exec(`CREATE TABLE t (i INTEGER); BEGIN; INSERT INTO t VALUES (0)`))
	stop := c.Interruptible(done)
	defer stop()
	query(t, c, `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n`)
	if _, err := tryQuery(c, `SELECT count(*) FROM t`); err == nil {
		t.Error("a read went on")
	}
	for range 3000 { // far more steps than between two looks at the context
		must(t, c.Exec(`SAVEPOINT a; RELEASE a`))
	}
	must(t, c.Exec(`COMMIT`))
	stop()
	if got := query(t, c, `SELECT count(*) FROM t`)[0]; got != Int(20001) {
		t.Errorf("%d rows", got.Int())
	}
}

// A read that is interrupted inside a transaction that has written must not
// take the transaction with it.
func TestInterruptedReadKeepsTheTransaction(t *testing.T) {
	c := open(t, Options{})
	must(t, c.Exec(`CREATE TABLE t (i INTEGER); BEGIN; INSERT INTO t VALUES (7)`))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	stop := c.Interruptible(ctx)
	if _, err := tryQuery(c, endless); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	stop()
	if c.AutoCommit() {
		t.Fatal("the transaction was rolled back")
	}
	must(t, c.Exec(`COMMIT`))
	if got := query(t, c, `SELECT i FROM t`)[0]; got != Int(7) {
		t.Error("the write was lost")
	}
}

func TestDeferredFKs(t *testing.T) {
	c := open(t, Options{})
	must(t, c.Exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
		CREATE TABLE k (p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);
		BEGIN; SAVEPOINT a; INSERT INTO k VALUES (1)`))
	check := func(want int) {
		t.Helper()
		if n, err := c.DeferredFKs(); err != nil || n != want {
			t.Errorf("%d violated, want %d: %v", n, want, err)
		}
	}
	check(1)
	must(t, c.Exec(`ROLLBACK TO a; INSERT INTO k VALUES (2)`))
	check(1)
	must(t, c.Exec(`INSERT INTO p VALUES (2)`))
	check(0)
	must(t, c.Exec(`RELEASE a; COMMIT`))
}

func TestFixedTransactions(t *testing.T) {
	c := open(t, Options{FixedTransactions: true})
	for _, sql := range []string{`BEGIN`, `COMMIT`, `ROLLBACK`, `END`} {
		if err := c.Exec(sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	begin, err := c.Control("BEGIN IMMEDIATE")
	must(t, err)
	defer begin.Finalize()
	must(t, begin.Run())
	if c.AutoCommit() {
		t.Error("no transaction began")
	}
	must(t, c.Exec(`SAVEPOINT a; CREATE TABLE t (i); ROLLBACK TO a; RELEASE a`))
	if c.AutoCommit() {
		t.Error("the transaction ended")
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := Open(path, Options{ReadOnly: true}); err == nil {
		t.Fatal("a file that is not there was opened")
	}
	w, err := Open(path, Options{})
	must(t, err)
	defer w.Close()
	must(t, w.Exec(`CREATE TABLE t (i); INSERT INTO t VALUES (1)`))
	r, err := Open(path, Options{ReadOnly: true})
	must(t, err)
	defer r.Close()
	if got := query(t, r, `SELECT i FROM t`)[0]; got != Int(1) {
		t.Error("not read")
	}
	err = r.Exec(`PRAGMA query_only=OFF; INSERT INTO t VALUES (2)`)
	if e, ok := errors.AsType[*Error](err); !ok || e.Primary() != CodeReadOnly {
		t.Errorf("a write on a read-only connection: %v", err)
	}
}

func TestOpenKnowsTheDriver(t *testing.T) {
	for _, wrong := range []any{7, &struct{}{}, &struct{ a, b int }{}, &struct {
		db  uintptr
		tls *int
	}{}} {
		if err := new(Conn).attach(wrong); err == nil {
			t.Errorf("%T was taken for the driver's connection", wrong)
		}
	}
}
