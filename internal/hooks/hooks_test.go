package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// do is a hook made of one function.
type do func(ctx context.Context, tx database.Tx, e *Event) error

func (f do) Before(ctx context.Context, tx database.Tx, e *Event) error { return f(ctx, tx, e) }
func (f do) After(ctx context.Context, tx database.Tx, e *Event) error  { return f(ctx, tx, e) }

func nothing(context.Context, database.Tx, *Event) error { return nil }

// silent is a transaction without statements.
type silent struct{ database.Tx }

func run(t *testing.T, l Limits, hook do) (*Run, []Row) {
	t.Helper()
	r := NewRegistry(l)
	if err := r.Set("test", []Entry{{Name: "h", Schema: "public", Table: "t", Before: []string{Insert}, Hook: hook}}); err != nil {
		t.Fatal(err)
	}
	return r.For("public", "t", Insert).Begin(database.Session{}), []Row{{New: []byte(`{"a":1}`)}}
}

func TestRegistry(t *testing.T) {
	r := NewRegistry(Limits{})
	if r.For("public", "t", Insert) != nil || (*Registry)(nil).For("public", "t", Insert) != nil {
		t.Fatal("an empty registry has hooks")
	}
	entry := Entry{Name: "h", Schema: "public", Table: "t", Before: []string{Insert}, After: []string{Delete}, Hook: do(nothing)}
	if err := r.Set("a", []Entry{entry}); err != nil {
		t.Fatal(err)
	}
	before := r.For("public", "t", Insert)
	if before == nil || !before.HasBefore(Insert) || before.HasAfter(Insert) || before.HasBefore(Delete) || !before.HasAfter(Delete) {
		t.Errorf("chain %+v", before)
	}
	if r.For("public", "t", Update) != nil || r.For("other", "t", Insert) != nil {
		t.Error("hooks for what has none")
	}
	for _, wrong := range []Entry{
		{Name: "h", Schema: "public", Table: "t", Before: []string{"upsert"}, Hook: do(nothing)},
		{Name: "h", Schema: "public", Table: "t", Hook: do(nothing)},
		{Name: "h", Schema: "public", Before: []string{Insert}, Hook: do(nothing)},
		{Name: "h", Schema: "public", Table: "t", Before: []string{Insert}},
	} {
		if r.Set("a", []Entry{wrong}) == nil {
			t.Errorf("accepted %+v", wrong)
		}
	}
	if r.For("public", "t", Insert) == nil {
		t.Error("a wrong entry took away those that were there")
	}
	if err := r.Set("a", nil); err != nil || r.For("public", "t", Insert) != nil || before.HasBefore(Update) {
		t.Error("hooks outlive their source")
	}
}

func TestOrderOfSources(t *testing.T) {
	var got []string
	note := func(name string) Entry {
		return Entry{Name: name, Schema: "public", Table: "t", Before: []string{Insert}, Hook: do(func(context.Context, database.Tx, *Event) error {
			got = append(got, name)
			return nil
		})}
	}
	r := NewRegistry(Limits{Time: time.Minute})
	for source, names := range map[string][]Entry{"b": {note("b1"), note("b2")}, "a": {note("a1")}} {
		if err := r.Set(source, names); err != nil {
			t.Fatal(err)
		}
	}
	err := r.For("public", "t", Insert).Begin(database.Session{}).Before(t.Context(), silent{}, Insert, []Row{{}})
	if err != nil || len(got) != 3 || got[0] != "a1" || got[1] != "b1" || got[2] != "b2" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestChangesArePassedOn(t *testing.T) {
	r, rows := run(t, Limits{Time: time.Minute}, func(_ context.Context, _ database.Tx, e *Event) error {
		e.Rows[0].New = []byte(`{"a":2}`)
		return nil
	})
	if err := r.Before(t.Context(), silent{}, Insert, rows); err != nil || string(rows[0].New) != `{"a":2}` {
		t.Errorf("%s, %v", rows[0].New, err)
	}
}

// TestPartialRows has a second hook see the whole row when the first one says only
// what it sets.
func TestPartialRows(t *testing.T) {
	r := NewRegistry(Limits{Time: time.Minute})
	sets := func(text string) Entry {
		return Entry{Name: text, Schema: "public", Table: "t", Before: []string{Insert}, Hook: do(func(_ context.Context, _ database.Tx, e *Event) error {
			if string(e.Rows[0].New) == text {
				t.Error("the hook was called twice")
			}
			e.Rows[0].New = []byte(text)
			return nil
		})}
	}
	if err := r.Set("test", []Entry{sets(`{"a":2}`), sets(`{"b":null}`)}); err != nil {
		t.Fatal(err)
	}
	rows := []Row{{New: []byte(`{"a":1,"c":9007199254740993}`)}}
	err := r.For("public", "t", Insert).Begin(database.Session{}).Before(t.Context(), silent{}, Insert, rows)
	if err != nil || string(rows[0].New) != `{"a":2,"b":null,"c":9007199254740993}` {
		t.Errorf("%s, %v", rows[0].New, err)
	}
}

func TestRefusals(t *testing.T) {
	own := fault.New("P0001", "out of stock").WithStatus(409)
	for name, c := range map[string]struct {
		hook do
		code string
	}{
		"an error of its own": {func(context.Context, database.Tx, *Event) error { return own }, "P0001"},
		"a panic":             {func(context.Context, database.Tx, *Event) error { panic("no") }, fault.InternalError},
		"fewer rows":          {func(_ context.Context, _ database.Tx, e *Event) error { e.Rows = nil; return nil }, "P0001"},
		"an end": {func(ctx context.Context, tx database.Tx, _ *Event) error { return tx.Commit(ctx) },
			fault.InvalidTransactionState},
	} {
		t.Run(name, func(t *testing.T) {
			r, rows := run(t, Limits{Time: time.Minute}, c.hook)
			if err := r.Before(t.Context(), silent{}, Insert, rows); fault.From(err).Code != c.code {
				t.Errorf("%v, not %s", err, c.code)
			}
		})
	}
}

// TestLate is a hook that never looks at its context: the write goes on without it,
// and what it still tries in the transaction is refused.
func TestLate(t *testing.T) {
	release, refused := make(chan struct{}), make(chan error, 1)
	r, rows := run(t, Limits{Time: time.Millisecond}, func(_ context.Context, tx database.Tx, e *Event) error {
		<-release
		e.Rows[0].New = []byte(`{}`)
		_, err := tx.Query(context.Background(), database.Statement{SQL: "SELECT 1"})
		refused <- err
		return nil
	})
	if err := r.Before(t.Context(), silent{}, Insert, rows); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("%v, not 57014", err)
	}
	close(release)
	if err := <-refused; fault.Code(err) != fault.InvalidTransactionState {
		t.Errorf("a statement after the end: %v", err)
	}
	if string(rows[0].New) != `{"a":1}` {
		t.Errorf("the rows became %s", rows[0].New)
	}
}

// TestTogether counts the time of several hooks: each alone would keep within it.
func TestTogether(t *testing.T) {
	r, rows := run(t, Limits{Time: time.Hour}, nothing)
	r.left = time.Nanosecond
	if err := r.Before(t.Context(), silent{}, Insert, rows); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("%v, not 57014", err)
	}
}

// TestStrays refuses more hooks when too many have not returned, and takes them again
// when they have.
func TestStrays(t *testing.T) {
	release := make(chan struct{})
	r, rows := run(t, Limits{Time: time.Microsecond}, func(context.Context, database.Tx, *Event) error { <-release; return nil })
	for range maxStrays {
		r.left = time.Microsecond
		if err := r.Before(t.Context(), silent{}, Insert, rows); fault.Code(err) != fault.QueryCanceled {
			t.Fatal(err)
		}
	}
	r.left = time.Minute
	if err := r.Before(t.Context(), silent{}, Insert, rows); fault.Code(err) != "53000" {
		t.Errorf("%v, not 53000", err)
	}
	close(release)
	for r.chain.registry.strays.n.Load() > 0 {
		runtime.Gosched()
	}
	r.left = time.Minute
	if err := r.Before(t.Context(), silent{}, Insert, rows); err != nil {
		t.Error(err)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, rows := run(t, Limits{Time: time.Hour}, func(ctx context.Context, _ database.Tx, _ *Event) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if err := r.Before(ctx, silent{}, Insert, rows); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestFunctions(t *testing.T) {
	if (*Functions)(nil).Find("public", "f") != nil {
		t.Error("nil has functions")
	}
	call := func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) { return nil, nil }
	named := func(name string) Function {
		return Function{Function: schema.Function{Name: schema.Name{Schema: "public", Name: name}}, Call: call}
	}
	fs := NewFunctions()
	if err := fs.Set("a", []Function{named("f")}); err != nil {
		t.Fatal(err)
	}
	if err := fs.Set("b", []Function{named("g"), named("f")}); err == nil || fs.Find("public", "g") != nil {
		t.Errorf("a name that is there already: %v", err)
	}
	if fs.Find("public", "f") == nil || fs.Find("other", "f") != nil || len(fs.All()) != 1 {
		t.Error("functions are not found by their names")
	}
}

// waiting is a transaction whose statements wait until release is closed.
type waiting struct {
	database.Tx
	release chan struct{}
}

func (w waiting) Query(ctx context.Context, _ database.Statement) (database.Rows, error) {
	select {
	case <-w.release:
		return nil, errors.New("released")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// TestStatementsApart: where statements do not count, one may wait for long; the hook
// itself may not.
func TestStatementsApart(t *testing.T) {
	for _, apart := range []bool{true, false} {
		limit, tx := 20*time.Millisecond, waiting{release: make(chan struct{})}
		if apart { // the hook itself has to keep within it, on a busy machine too
			limit = time.Second
			time.AfterFunc(2*limit, func() { close(tx.release) })
		}
		r, rows := run(t, Limits{Time: limit, Apart: apart}, func(ctx context.Context, tx database.Tx, _ *Event) error {
			_, err := tx.Query(ctx, database.Statement{SQL: "SELECT 1"})
			return err
		})
		err := r.Before(t.Context(), tx, Insert, rows)
		if apart && err.Error() != "released" || !apart && fault.Code(err) != fault.QueryCanceled {
			t.Errorf("apart %v: %v", apart, err)
		}
	}
	r, rows := run(t, Limits{Time: 20 * time.Millisecond, Apart: true}, func(ctx context.Context, _ database.Tx, _ *Event) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if err := r.Before(t.Context(), silent{}, Insert, rows); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("%v, not 57014", err)
	}
}

// TestExpected: who asks before all sources have said what they have waits for them.
func TestExpected(t *testing.T) {
	r, f := NewRegistry(Limits{}), NewFunctions()
	r.Expect("scripts")
	f.Expect("scripts")
	for name, ready := range map[string]func(context.Context) error{"hooks": r.Ready, "functions": f.Ready} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := ready(ctx); fault.Code(err) != fault.QueryCanceled {
			t.Errorf("%s: %v before they are known", name, err)
		}
		cancel()
	}
	if err := errors.Join(r.Set("program", nil), f.Set("program", nil)); err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 2)
	go func() { waited <- r.Ready(t.Context()) }()
	go func() { waited <- f.Ready(t.Context()) }()
	if err := errors.Join(r.Set("scripts", nil), f.Set("scripts", nil)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-waited, <-waited, r.Ready(t.Context()), (*Registry)(nil).Ready(t.Context())); err != nil {
		t.Error(err)
	}
}
