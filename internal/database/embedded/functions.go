package embedded

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/emit/rowset"
	"github.com/galleyhq/galley/internal/database/embedded/explain"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// names lists the functions of PostgreSQL 15's pg_proc, so that one which is
// missing here is refused rather than called unknown.
//
//go:embed functions.txt
var names string

var knownFunction = func() func(string) bool {
	set := sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for name := range strings.FieldsSeq(names) {
			m[name] = true
		}
		return m
	})
	return func(name string) bool { return set()[name] }
}()

// errNullKey tells that a key which is SQLite's rowid would be NULL.
var errNullKey = errors.New("null in a key")

// functions are the Go functions that a connection knows: those of the
// catalogue and those that the emitter calls. The latter are not deterministic
// for SQLite, which would otherwise call some before their turn.
func (db *DB) functions() []sqlite.Function {
	return append(db.types.SQLiteFunctions(),
		sqlite.Function{Name: emit.Raise, NArgs: 2, Call: raise},
		sqlite.Function{Name: emit.PolicyViolation, NArgs: 2, Call: policyViolation},
		sqlite.Function{Name: emit.NullKey, NArgs: 0, Call: func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
			return sqlite.Null, errNullKey
		}},
		sqlite.Function{Name: emit.Tick, NArgs: 0, Call: tick},
		sqlite.Function{Name: emit.NextValue, NArgs: 1, Call: db.nextValue},
		sqlite.Function{Name: emit.FromText, NArgs: 3, Deterministic: true, Call: db.fromText},
	)
}

func raise(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Null, fault.New(strings.Clone(args[0].Text()), "%s", args[1].Text())
}

func policyViolation(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if name := args[0].Text(); name != "" {
		return sqlite.Null, fault.New(fault.InsufficientPrivilege,
			`new row violates row-level security policy "%s" for table "%s"`, name, args[1].Text())
	}
	return sqlite.Null, fault.New(fault.InsufficientPrivilege, `new row violates row-level security policy for table "%s"`, args[1].Text())
}

// tick ends a write whose context is done. It is how a write is cancelled:
// interrupting it would undo the work of others.
func tick(c *sqlite.Conn, _ []sqlite.Value) (sqlite.Value, error) {
	if x, ok := c.State.(*execution); ok {
		if err := x.ctx.Err(); err != nil {
			return sqlite.Null, canceled(err)
		}
	}
	return sqlite.Int(1), nil
}

func (db *DB) fromText(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[2].IsNull() {
		return sqlite.Null, nil
	}
	if x, ok := c.State.(*execution); ok {
		return x.types.Type(types.OID(args[0].Int())).Read(args[2].Text(), int32(args[1].Int()), x.txTime)
	}
	return db.types.Type(types.OID(args[0].Int())).In(args[2].Text(), int32(args[1].Int()))
}

// tables are the set-returning functions. As a write is not interrupted, one
// that makes many rows looks itself whether it is to go on.
func (db *DB) tables() []sqlite.TableFunction {
	list := append(db.types.SQLiteTables(), sqlite.TableFunction{Name: emit.PartRows, Columns: maxReturned, NArgs: 1, Open: partRows})
	list = append(list, rowset.Tables()...)
	list = append(list, sqlite.TableFunction{Name: emit.ExplainLines, Columns: 1, NArgs: 1, Open: explained})
	for i := range list {
		open := list[i].Open
		list[i].Open = func(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
			rows, err := open(c, args)
			if x, ok := c.State.(*execution); ok && err == nil {
				rows = &tickedRows{RowSource: rows, x: x}
			}
			return rows, err
		}
	}
	return list
}

// maxReturned bounds the columns that a writing statement of WITH returns:
// PostgreSQL's own limit of a list of columns.
const maxReturned = 1664

// partRows are the rows that a writing statement of WITH returned.
func partRows(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	x, ok := c.State.(*execution)
	if !ok || args[0].Int() < 1 || args[0].Int() > int64(len(x.parts)) {
		return nil, fault.Internal(errors.New("a part of a statement has not run"))
	}
	return types.RowsOf(x.parts[args[0].Int()-1]), nil
}

// tickedRows ends when the context of its statement is done.
type tickedRows struct {
	sqlite.RowSource
	x *execution
	n int
}

// rowsPerTick is after how many rows the context is asked.
const rowsPerTick = 256

// Next implements sqlite.RowSource.
func (t *tickedRows) Next() (bool, error) {
	if t.n++; t.n%rowsPerTick == 0 {
		if err := t.x.ctx.Err(); err != nil {
			return false, canceled(err)
		}
	}
	return t.RowSource.Next()
}

// explained are the lines that EXPLAIN tells of the statement that runs.
func explained(c *sqlite.Conn, _ []sqlite.Value) (sqlite.RowSource, error) {
	x, ok := c.State.(*execution)
	if !ok || x.explained == nil {
		return nil, fault.Internal(errors.New("no statement to explain"))
	}
	p, o := x.explained.Program, x.explained.Options
	began := time.Now()
	root, err := explainProgram(c, p, o)
	if err != nil {
		return nil, err
	}
	shown := explain.Plan{Root: root, Planning: time.Since(began), Run: x.ran}
	if o.Analyze && x.ran == nil {
		if shown.Run, err = x.measure(c, p); err != nil {
			return nil, err
		}
	}
	lines, err := shown.Lines(o)
	values := make([]sqlite.Value, len(lines))
	for i, line := range lines {
		values[i] = sqlite.Text(line)
	}
	return types.Values(values), err
}

// measure runs a program that reads.
func (x *execution) measure(c *sqlite.Conn, p *emit.Program) (*explain.Run, error) {
	began := time.Now()
	st, err := x.prepare(c, &p.Main, nil)
	if err != nil {
		return nil, err
	}
	defer st.Reset()
	run := &explain.Run{}
	for {
		more, err := st.Step()
		if err != nil || !more {
			run.Time = time.Since(began)
			return run, err
		}
		run.Rows++
	}
}

// Explained tells what the engine makes of a statement, which is not run: the SQLite
// statements in its place, and the lines of their plan. DDL has neither.
func (db *DB) Explained(ctx context.Context, s database.Session, st database.Statement) (emitted, plan []string, err error) {
	p, err := db.plan(db.current.Load(), s, st)
	if err != nil || p.program == nil {
		return nil, nil, err
	}
	program := p.program
	if program.Explains != nil {
		program = program.Explains.Program
	}
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	defer c.Interruptible(ctx)()
	root, err := explainProgram(c, program, explain.Options{})
	if err != nil {
		return nil, nil, store.Translate(err)
	}
	plan, err = (&explain.Plan{Root: root}).Lines(explain.Options{})
	return emittedBy(program), plan, err
}

// emittedBy lists the SQLite statements of a program.
func emittedBy(p *emit.Program) (out []string) {
	for _, part := range p.Parts {
		out = append(out, emittedBy(part)...)
	}
	if p.Calls != nil {
		out = append(out, emittedBy(p.Calls.Rows)...)
		for _, call := range p.Calls.List {
			out = append(out, emittedBy(call)...)
		}
		return out
	}
	steps := []*emit.Step{p.Constants, &p.Main, p.Each}
	if p.Upsert != nil {
		steps = slices.Insert(steps, 1, p.Upsert.Direct)
	}
	for _, step := range steps {
		if step != nil && step.SQL != "" {
			out = append(out, step.SQL)
		}
	}
	return out
}

// explainProgram is the plan of a program: of what it reads, of what it does for each
// row, and of the statements of its WITH that write.
func explainProgram(c *sqlite.Conn, p *emit.Program, o explain.Options) (*explain.Node, error) {
	root := &explain.Node{Type: map[emit.Command]string{emit.Select: "Select", emit.Insert: "Insert on", emit.Update: "Update on", emit.Delete: "Delete on"}[p.Command]}
	if p.Target != nil {
		root.Relation = p.Target.Name
	}
	if o.Verbose {
		for _, k := range p.Columns {
			root.Output = append(root.Output, k.Name)
		}
	}
	for i, part := range p.Parts {
		n, err := explainProgram(c, part, o)
		if err != nil {
			return nil, err
		}
		root.Plans = append(root.Plans, &explain.Node{Type: "Statement " + strconv.Itoa(i+1) + " of WITH", Plans: []*explain.Node{n}})
	}
	names := p.Names()
	steps, err := explain.Steps(c, p.Main.SQL, names)
	if err != nil {
		return nil, err
	}
	root.Plans = append(root.Plans, steps...)
	if p.Each == nil {
		return root, nil
	}
	if steps, err = explain.Steps(c, p.Each.SQL, names); err != nil {
		return nil, err
	}
	root.Plans = append(root.Plans, &explain.Node{Type: "For each row", Plans: steps})
	return root, nil
}
