// Package emit turns an analyzed statement into a program of SQLite statements.
//
// Every expression is written fully parenthesized, every column qualified by an
// alias of ours, every comparison with its collation, so that nothing is left
// to SQLite's own rules of precedence, name resolution and affinity. Values
// reach SQLite as literals of the statement or bound, never otherwise.
package emit

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/emit/planning"
	"github.com/galleyhq/galley/internal/database/embedded/explain"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Program is a statement ready to run. It never changes.
type Program struct {
	Command Command
	Columns []Column // of the result
	Params  []types.Ref
	// Main is the statement. In a program of two phases its rows are read to
	// the end first, and Each then runs once for every one of them.
	Main Step
	Each *Step
	// Parts are the writing statements of its WITH, which run in Order. The rows each
	// returns are kept for PartRows.
	Parts []*Program
	Order writing.Order
	// Calls, if any, run for each of the rows of Rows, which is what Main is then.
	Calls *Calls
	// Ahead is the column of Main with the first of what the statement returns, where
	// that is computed along with the new rows; 0 where it is not.
	Ahead int
	// Joined tells that Main joins the target to other rows, so that it may yield
	// a row of the target more than once.
	Joined bool
	// Upsert, if any, is what becomes of rows that Each does not insert.
	Upsert *Upsert
	// Locks is the clause by which a SELECT locks its rows, "" for none.
	Locks string
	// Draws tells that a SELECT changes the database, by a function.
	Draws bool
	// Constants, if any, runs first and may fail.
	Constants *Step
	// Explains, if any, is what the program explains; Main yields the lines.
	Explains *Explained
	// Target is the table a write changes.
	Target *catalog.Table
	// Result is what the program was made from; a write that fails is emitted
	// again in two phases to find the row at fault.
	Result *analyze.Result
}

// Calls are programs that run for each row of another, one row after the other.
type Calls struct {
	Rows *Program
	List []*Program
	// Args are the parameters, from 1, that hold the last columns of the row.
	Args []int
	// Places are the columns, from 0, that the one value of each program stands for; nil
	// tells that the rows of the only program are the result.
	Places []int
	First  bool // what comes after the first row of the result is not run
	Set    bool // the only program gives a row for each of its values
}

// Command is the kind of a program.
type Command string

// The commands, as their tags begin.
const (
	Select Command = "SELECT"
	Insert Command = "INSERT 0"
	Update Command = "UPDATE"
	Delete Command = "DELETE"

	explaining Command = "EXPLAIN"
)

// Explained is a program that EXPLAIN tells of, and how.
type Explained struct {
	Program *Program
	Options explain.Options
}

// Explain makes a program that tells of another.
func Explain(known *types.Catalogue, p *Program, o explain.Options) *Program {
	oid := types.Text
	if o.JSON {
		oid = types.JSON
	}
	return &Program{Command: explaining, Params: p.Params, Constants: p.Constants, Explains: &Explained{Program: p, Options: o},
		Columns: []Column{{Name: "QUERY PLAN", Type: known.Type(oid)}}, Main: Step{SQL: "SELECT c0 FROM " + ExplainLines + "(1)"}}
}

// Names are the relations of the program as SQLite's plans call them.
func (p *Program) Names() explain.Names {
	out := explain.Names{}
	for _, r := range p.Result.Rels() {
		n := explain.Relation{Name: r.Alias, Columns: map[string]string{}, Indexes: map[string]string{}}
		if t := r.Table; t != nil {
			if n.Name = t.Name; r.Alias != "" && r.Alias != t.Name {
				n.Name += " " + r.Alias
			}
			for _, c := range t.Columns {
				n.Columns[c.Physical] = c.Name
			}
			for _, i := range t.Indexes {
				n.Indexes[i.Physical] = i.Name
			}
		}
		if r.Part > 0 {
			n.Name = "statement " + strconv.Itoa(r.Part) + " of WITH"
		}
		out[alias(r)] = n
		if r.CTE != nil {
			out[cteName(r.CTE)] = explain.Relation{Name: r.CTE.Name}
		}
	}
	return out
}

// Writes tells whether the program changes the database.
func (p *Program) Writes() bool {
	if p.Explains != nil {
		return p.Explains.Options.Analyze && p.Explains.Program.Writes()
	}
	return p.Command != Select || p.Draws || p.Locks != "" || len(p.Parts) > 0 || p.Calls != nil
}

// Column is a column of the result.
type Column struct {
	Name string
	Type *types.Type
	// At is the column of Main (or Each) that holds it, counted from 0.
	At int
	// JSON tells that the column is the JSON of a value of the type Source.
	JSON   bool
	Source *types.Type
	// Object, if any, tells that it is the JSON of a row, whose fields are the
	// columns from At on.
	Object []Field
}

// Field is a field of a row.
type Field struct {
	Label string // what stands before its value: {"name": or ,"name":
	Type  *types.Type
}

// Step is one SQLite statement with what is bound to its parameters in order.
type Step struct {
	SQL   string
	Binds []Bind
	// Returned, if any, makes the row that the statement returns if it inserts one,
	// which SQLite does not return.
	Returned *given.Rows
	// Given, if any, makes the statement's rows without SQLite. It is nil where the
	// engine makes JSON of them.
	Given *given.Rows
}

// Bind says what a SQLite parameter holds: exactly one of a parameter of the
// Postgres statement, a value of the session, a column of the row that Main gave,
// or one of the first row that a part returned, NULL when there is none.
type Bind struct {
	Param   int // 1-based
	Session *tree.SessionValue
	Row     int // 1-based; 0 with Part is whether there is a row
	Part    int // 1-based
}

// SchemaVersion counts the changes of what Expr emits for the file's schema. With
// a new one the definitions in a file are written anew when it is opened.
const SchemaVersion = 4

// Names of the functions that the engine registers for what it emits.
const (
	// Raise(code, message) ends the statement with an error.
	Raise = "galley_raise"
	// PolicyViolation(policy, table) ends it with 42501.
	PolicyViolation = "galley_policy"
	// NullKey() ends it because a rowid key is NULL.
	NullKey = "galley_null_key"
	// Tick() is true until the statement's context is done, then it ends the
	// statement: the only way to stop a write.
	Tick = "galley_tick"
	// NextValue(sequence) draws from a sequence.
	NextValue = "galley_nextval"
	// PartRows(number) are the rows that a writing statement of WITH returned.
	PartRows = "galley_part"
	// ExplainLines(1) are the lines that EXPLAIN tells of the statement at hand.
	ExplainLines = "galley_explain"
	// FromText(oid, modifier, text) is a type's input function.
	FromText = "galley_in"
)

// Compile emits a statement.
func Compile(known *types.Catalogue, r *analyze.Result) (*Program, error) {
	return compile(known, r, mode{})
}

// CompilePhases emits a write in two phases, whatever it needs: Main yields the
// new rows whole (for UPDATE the row's key first, for DELETE the key and the old
// row), Each stores one.
func CompilePhases(known *types.Catalogue, r *analyze.Result) (*Program, error) {
	return compile(known, r, mode{phases: true})
}

// mode is how a write is emitted: in two phases, whatever it needs, with what it
// returns computed along with the new rows, and as a part of WITH.
type mode struct{ phases, ahead, part bool }

func compile(known *types.Catalogue, r *analyze.Result, m mode) (*Program, error) {
	if r.Order.Staged {
		m.phases, m.ahead = true, true
	}
	phases := m.phases
	e := &emitter{types: known, overrides: map[*tree.Rel]func(int) string{}, leaving: map[tree.Expr]tree.Expr{}, ahead: m.ahead, part: m.part, result: r}
	p := &Program{Params: r.Params, Result: r, Order: r.Order}
	for _, part := range r.Parts {
		made, err := compile(known, part, mode{phases: r.Order.Staged, ahead: r.Order.Staged, part: true})
		if err != nil {
			return nil, err
		}
		p.Parts = append(p.Parts, made)
	}
	if r.Calls == nil {
		e.constants(p, r)
	}
	switch {
	case r.Calls != nil:
		e.calls(p, r)
	case r.Query != nil:
		p.Command = Select
		if !r.Inside {
			e.leave(r.Query)
		}
		e.outputs(p, r.Query.Columns)
		p.Main = e.step(func() string { return e.query(r.Query) })
		if len(e.leaving) == 0 {
			p.Main.Given = given.Of(r.Query, e.folded)
		}
		p.Draws, p.Locks = e.draws, r.Locks
	case r.Insert != nil:
		p.Command, p.Target = Insert, r.Insert.Target.Table
		e.returns(p, r.Insert.Returning, e.aheadOf(r.Insert.Returning))
		e.head = r.With
		e.insert(p, r.Insert, phases)
	case r.Update != nil:
		p.Command, p.Target = Update, r.Update.Target.Table
		e.returns(p, r.Update.Returning, len(r.Update.From) > 0 || e.aheadOf(r.Update.Returning))
		e.head = r.With
		e.update(p, r.Update, phases)
	case r.Delete != nil:
		p.Command, p.Target = Delete, r.Delete.Target.Table
		e.returns(p, r.Delete.Returning, len(r.Delete.From) > 0 || e.aheadOf(r.Delete.Returning))
		e.head = r.With
		e.delete(p, r.Delete, phases)
	}
	return p, e.err
}

// calls emits what runs for each row of a query.
func (e *emitter) calls(p *Program, r *analyze.Result) {
	rows, err := compile(e.types, &analyze.Result{Query: r.Query, Params: r.Params, Locks: r.Locks, Inside: true}, mode{})
	if err != nil {
		e.fail(err)
		return
	}
	p.Command, p.Main, p.Calls = Select, rows.Main, &Calls{Rows: rows, Places: r.Calls.Places, Set: r.Calls.Set, First: r.Calls.First}
	for _, arg := range r.Calls.Args {
		p.Calls.Args = append(p.Calls.Args, arg.Number)
	}
	for _, call := range r.Calls.List {
		call.Inside = true
		made, err := compile(e.types, call, mode{})
		if err != nil {
			e.fail(err)
			return
		}
		p.Calls.List = append(p.Calls.List, made)
	}
	e.outputs(p, r.Calls.Columns)
}

// Expr emits an expression over the columns of a table alone, for the file's
// schema: columns stand by their bare physical names.
func Expr(known *types.Catalogue, x tree.Expr, r *tree.Rel) (string, error) {
	return forSchema(&emitter{types: known, overrides: map[*tree.Rel]func(int) string{}}, x, r)
}

// Check is Expr for the condition of a check constraint.
func Check(known *types.Catalogue, x tree.Expr, r *tree.Rel) (string, error) {
	return forSchema(&emitter{types: known, overrides: map[*tree.Rel]func(int) string{}, oneRow: true}, x, r)
}

func forSchema(e *emitter, x tree.Expr, r *tree.Rel) (string, error) {
	if r != nil {
		e.overrides[r] = func(i int) string { return quote(r.Columns[i].Column.Physical) }
	}
	sql := e.expr(x)
	if len(e.current.Binds) > 0 {
		return "", unsupported("an expression that depends on the session, in the schema, is")
	}
	return sql, e.err
}

// constants writes a statement that evaluates what PostgreSQL evaluates while it
// plans, so that 1/0 is an error even where no row needs it.
func (e *emitter) constants(p *Program, r *analyze.Result) {
	if !planning.MayFail(r) {
		return
	}
	found := false
	step := e.step(func() string {
		checks := planning.Checks(e.types, r, planning.Writer{Expr: e.lazily, Frame: e.frameChecks})
		found = len(checks) > 0
		for i, c := range checks {
			checks[i] = "(" + c + ")"
		}
		return "VALUES " + strings.Join(checks, ", ") // rows, since columns are limited
	})
	if found {
		p.Constants = &step
	}
}
