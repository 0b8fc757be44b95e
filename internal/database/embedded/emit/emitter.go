package emit

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/emit/derived"
	"github.com/galleyhq/galley/internal/database/embedded/emit/fold"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// emitter writes one program. The first error sticks.
type emitter struct {
	types   *types.Catalogue
	current Step
	head    []*tree.CTE // the WITH of the next step
	params  map[int]int // number of a parameter → its SQLite parameter in this step
	// asked are the values of the session in this step, of functions without arguments.
	asked map[*types.Function]int
	// overrides say how the columns of a relation are written where it is not
	// by its alias: the new row of a write, the bare columns of RETURNING.
	overrides map[*tree.Rel]func(int) string
	// kept are the functions in FROM whose rows are kept in a table.
	kept   map[*tree.Rel]bool
	tables derived.Tables
	// depth is in how many subqueries what is written stands.
	depth int
	// enclosed tells that what is written stands in the parentheses of a join.
	enclosed bool
	// ahead tells that what a write returns is computed along with the new rows.
	ahead bool
	// leaving are the columns of the result whose JSON the engine makes, and
	// what of.
	leaving map[tree.Expr]tree.Expr
	// sets is the query with grouping sets of which is written what stands behind
	// grouping; presence is how it is written there that an outer join gave a row.
	sets      *setsLevel
	setsCount int
	presence  map[*tree.Rel]string
	// excluding is the query of which is written what stands around its numbered rows,
	// found are the columns of those that functions of windows are.
	excluding *excluding
	found     map[*tree.WindowCall]string
	// part tells that what is written is a part of WITH.
	part bool
	// result is what is emitted, used the columns of its relations that it reads.
	result *analyze.Result
	used   map[*tree.Rel]map[int]bool
	err    error
	// lazy tells that AND and OR evaluate no more operands than they need.
	lazy bool
	// oneRow tells that what is written is evaluated for one row at a time.
	oneRow bool
	// session writes a value of the session where it is not to be bound.
	session func(*tree.SessionValue) string
	// draws tells that a function changes the database.
	draws bool
	// existed tells that what is returned is a row which ON CONFLICT changed.
	existed bool
	// elements are the names of elements of arrays where they are in scope.
	elements     map[*tree.Element]string
	elementCount int
}

func unsupported(format string, args ...any) *fault.Error {
	return fault.Unsupported(format+" not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

func (e *emitter) fail(err error) string {
	if e.err == nil {
		e.err = err
	}
	return "NULL"
}

// folded computes an expression over constants, if it can.
func (e *emitter) folded(x tree.Expr) (sqlite.Value, bool) { return fold.Value(e.types, x) }

// step writes one SQLite statement.
func (e *emitter) step(write func() string) Step {
	e.current, e.params, e.asked = Step{}, map[int]int{}, map[*types.Function]int{}
	head := e.head
	e.head = nil
	e.current.SQL = e.headed(head, write())
	return e.current
}

// bind adds a SQLite parameter.
func (e *emitter) bind(b Bind) string {
	e.current.Binds = append(e.current.Binds, b)
	return "?" + strconv.Itoa(len(e.current.Binds))
}

func (e *emitter) param(number int) string {
	if n, ok := e.params[number]; ok {
		return "?" + strconv.Itoa(n)
	}
	sql := e.bind(Bind{Param: number})
	if e.params == nil {
		e.params = map[int]int{}
	}
	e.params[number] = len(e.current.Binds)
	return sql
}

// sessionValue writes a value of the session. It is bound once for a step.
func (e *emitter) sessionValue(x *tree.SessionValue) string {
	if e.session != nil {
		return e.session(x)
	}
	if len(x.Args) > 0 || e.asked == nil {
		return e.bind(Bind{Session: x})
	}
	if n, ok := e.asked[x.Function]; ok {
		return "?" + strconv.Itoa(n)
	}
	sql := e.bind(Bind{Session: x})
	e.asked[x.Function] = len(e.current.Binds)
	return sql
}

// quote writes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// text writes a string literal.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literal writes a constant.
func literal(v sqlite.Value) string {
	switch v.Kind() {
	case sqlite.KindInt:
		if v.Int() == math.MinInt64 {
			return "(-9223372036854775807 - 1)"
		}
		if v.Int() < 0 {
			return "(" + strconv.FormatInt(v.Int(), 10) + ")"
		}
		return strconv.FormatInt(v.Int(), 10)
	case sqlite.KindFloat:
		return float(v.Float())
	case sqlite.KindText:
		return text(v.Text())
	case sqlite.KindBlob:
		return fmt.Sprintf("x'%x'", v.Blob())
	}
	return "NULL"
}

func float(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "9e999"
	case math.IsInf(f, -1):
		return "(-9e999)"
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return "(" + s + ")"
}

// alias is the SQLite alias of a relation.
func alias(r *tree.Rel) string { return "r" + strconv.Itoa(r.ID) }

// column writes a reference to a column.
func (e *emitter) column(r *tree.Rel, i int) string {
	if f := e.overrides[r]; f != nil {
		return f(i)
	}
	switch {
	case r.Table != nil:
		return alias(r) + "." + quote(r.Columns[i].Column.Physical)
	case r.Functions != nil, r.Lateral:
		return e.setColumn(r, i)
	}
	return alias(r) + ".c" + strconv.Itoa(i)
}

// collated writes an expression with its type's collation, for places where
// SQLite compares.
func (e *emitter) collated(x tree.Expr) string { return e.collate(e.expr(x), x) }

func (e *emitter) collate(sql string, x tree.Expr) string {
	if t := e.types.Type(x.Type().OID); t != nil && t.Collation != "" {
		return "(" + sql + " COLLATE " + quote(t.Collation) + ")"
	}
	return sql
}
