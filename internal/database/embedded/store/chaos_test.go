package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// errRaised is what the SQL function raise_at raises.
var errRaised = fault.New("22012", "division by zero")

// raiseAt returns its second argument; it fails or panics when the first says so.
func raiseAt(c *sqlite.Conn, a []sqlite.Value) (sqlite.Value, error) {
	if ctx, ok := c.State.(context.Context); ok && ctx.Err() != nil {
		return sqlite.Null, canceled(ctx.Err())
	}
	switch a[0].Text() {
	case "error":
		return sqlite.Null, errRaised
	case "panic":
		panic("in a function")
	}
	return a[1], nil
}

// deed is what one member of the test does with its rows id, id+1 and id+2.
type deed struct {
	name string
	do   func(ctx context.Context, c *sqlite.Conn, id int) (bool, error)
	// fails tells whether an answer is the right one.
	fails func(error) bool
}

func rows(c *sqlite.Conn, id int, last string) error {
	return run(c, `INSERT INTO t (id, v) SELECT id, raise_at(iif(id = ?1 + 2, ?2, ''), 'x') FROM
		(SELECT ?1 AS id UNION ALL SELECT ?1 + 1 UNION ALL SELECT ?1 + 2)`, sqlite.Int(int64(id)), sqlite.Text(last))
}

func hasCode(code string) func(error) bool {
	return func(err error) bool { return fault.Code(err) == code }
}

var deeds = []deed{
	{"good", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) { return true, rows(c, id, "") }, nil},
	{"ticking", func(ctx context.Context, c *sqlite.Conn, id int) (bool, error) {
		c.State = ctx
		return true, rows(c, id, "")
	}, hasCode(fault.QueryCanceled)},
	{"error", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) { return true, rows(c, id, "error") },
		func(err error) bool { return err == errRaised }},
	{"panic in SQL", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) { return true, rows(c, id, "panic") },
		func(err error) bool { _, ok := errors.AsType[*sqlite.PanicError](err); return ok }},
	{"panic", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) {
		_ = rows(c, id, "")
		if s, err := c.Prepare(`SELECT id FROM t`); err == nil {
			_, _ = s.Step() // left running
		}
		panic("in the member")
	}, hasCode(fault.InternalError)},
	{"constraint", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) {
		if err := rows(c, id, ""); err != nil {
			return false, err
		}
		return true, run(c, `INSERT INTO t (id, v) VALUES (?, NULL)`, sqlite.Int(int64(id+3)))
	}, func(err error) bool { return isConstraint(err, sqlite.CodeNotNull) }},
	{"on demand", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) { return false, rows(c, id, "") },
		func(err error) bool { return err == nil }},
	{"orphan", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) {
		if err := rows(c, id, ""); err != nil {
			return false, err
		}
		return true, run(c, `UPDATE t SET p = 99999 WHERE id = ?`, sqlite.Int(int64(id)))
	}, func(err error) bool { return errors.Is(err, ErrDeferredForeignKey) }},
	{"bomb", func(_ context.Context, c *sqlite.Conn, id int) (bool, error) {
		if err := rows(c, id, ""); err != nil {
			return false, err
		}
		return true, run(c, `INSERT INTO t (id, v) VALUES (?, 'bomb')`, sqlite.Int(int64(id+3)))
	}, func(err error) bool { return isConstraint(err, sqlite.CodeTrigger) }},
}

// TestMembersDoNotHarmEachOther runs large groups whose members fail, panic, are
// canceled or time out at random, and then checks every member in the file.
func TestMembersDoNotHarmEachOther(t *testing.T) {
	const callers, each = 100, 30
	s := open(t, Options{SQLite: sqlite.Options{Functions: []sqlite.Function{{Name: "raise_at", NArgs: 2, Call: raiseAt}}}})
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
		return true, c.Exec(`CREATE TRIGGER bomb BEFORE INSERT ON t WHEN NEW.v = 'bomb' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END`)
	}))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	type outcome struct {
		deed *deed
		err  error
	}
	outcomes := make([]outcome, callers*each)
	var wg sync.WaitGroup
	for caller := range callers {
		random := rand.New(rand.NewPCG(seed, uint64(caller)))
		wg.Go(func() {
			for i := range each {
				n := caller*each + i
				d := &deeds[0]
				if random.IntN(3) > 0 {
					d = &deeds[random.IntN(len(deeds))]
				}
				if d.name == "bomb" && random.IntN(4) > 0 {
					d = &deeds[0]
				}
				outcomes[n] = outcome{d, attempt(s, random, d, n*10)}
			}
		})
	}
	wg.Wait()
	found, counts := ids(t, s), map[string]int{}
	for n, o := range outcomes {
		committed := o.err == nil && o.deed.name != "on demand"
		for i := range 10 {
			if found[n*10+i] != (committed && i < 3) {
				t.Fatalf("member %d (%s, answer %v): row %d: %t", n, o.deed.name, o.err, i, found[n*10+i])
			}
		}
		isCanceled := fault.Code(o.err) == fault.QueryCanceled || fault.Code(o.err) == fault.SerializationFailure // in a group that was lost
		if right := o.err == nil && o.deed.fails == nil || o.deed.fails != nil && (o.deed.fails(o.err) ||
			o.err == nil && o.deed.name == "ticking"); !right && !isCanceled {
			t.Errorf("member %d (%s): answer %v", n, o.deed.name, o.err)
		}
		counts[fmt.Sprintf("%s, canceled %t", o.deed.name, isCanceled)]++
	}
	t.Logf("%v; %+v", counts, s.Stats())
	if st := s.Stats(); st.Largest < 10 || st.Lost == 0 || st.Rerun == 0 || st.Failed == 0 {
		t.Errorf("the test has not tested what it should: %+v", st)
	}
}

// attempt does a deed, now and then with a context that ends on the way.
func attempt(s *Store, random *rand.Rand, d *deed, id int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch random.IntN(4) {
	case 0:
		time.AfterFunc(time.Duration(random.IntN(5000))*time.Microsecond, cancel)
	case 1:
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(random.IntN(5000))*time.Microsecond)
		defer stop()
	}
	if random.IntN(2) == 0 {
		return attemptShared(ctx, s, d, id)
	}
	return s.Write(ctx, func(c *sqlite.Conn) (bool, error) { return d.do(ctx, c, id) })
}

// attemptShared does a deed in a transaction that rides in groups.
func attemptShared(ctx context.Context, s *Store, d *deed, id int) error {
	tx, err := s.Begin(ctx, time.Minute, quick())
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	commit := false
	err = tx.Use(ctx, func(c *sqlite.Conn) (err error) {
		commit, err = d.do(ctx, c, id)
		return err
	})
	if err != nil || !commit {
		return err
	}
	return tx.Commit(ctx, nil)
}
