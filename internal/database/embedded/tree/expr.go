// Package tree is a statement after analysis: every name resolved, every node
// typed, every policy applied. Package analyze makes it from the grammar's
// nodes, package emit turns it into SQLite. It knows nothing of either.
package tree

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Expr is a typed expression.
type Expr interface {
	// Type is the type of the value.
	Type() types.Ref
}

// Const is a constant in storage form; NULL too.
type Const struct {
	Ref   types.Ref
	Value sqlite.Value
}

// Param is a parameter of the statement. All uses of one number share a node,
// so the first place that decides its type decides it for all.
type Param struct {
	Ref    types.Ref
	Number int // 1-based
}

// SessionValue is computed once before the statement and bound: now(), the
// caller's claims.
type SessionValue struct {
	Function *types.Function
	Args     []sqlite.Value
}

// Column is a column of a relation of this query or of an outer one.
type Column struct {
	Ref   types.Ref
	Rel   *Rel
	Index int // in Rel.Columns
}

// WholeRow is a relation used as a value: row_to_json(t).
type WholeRow struct {
	Rel *Rel
	// Fields are its columns where they are not simply those of Rel: the row of
	// a view that is being written through.
	Fields []Output
	// Of is the table or view of whose row type it is, 0 for a record.
	Of uint32
}

// Call is a function or operator over its arguments.
type Call struct {
	Function *types.Function
	Args     []Expr
	Ref      types.Ref
}

// Relabel is a cast that changes no bit (binary-coercible).
type Relabel struct {
	Ref types.Ref
	Arg Expr
}

// FromText is the cast of a text value through a type's input function.
type FromText struct {
	Ref types.Ref
	Arg Expr
}

// ToText is the cast of a value through its type's output function.
type ToText struct {
	Ref types.Ref
	Arg Expr
}

// LogicOp is AND, OR or NOT.
type LogicOp string

// The logical operators.
const (
	And LogicOp = "AND"
	Or  LogicOp = "OR"
	Not LogicOp = "NOT"
)

// Logic is a Boolean combination in three-valued logic.
type Logic struct {
	Op   LogicOp
	Args []Expr
}

// Case is CASE WHEN … THEN … ELSE … END; the form with an operand has been
// turned into comparisons.
type Case struct {
	Ref   types.Ref
	Whens []When
	Else  Expr // nil: NULL
}

// When is a branch of a Case.
type When struct{ Cond, Result Expr }

// Coalesce is COALESCE.
type Coalesce struct {
	Ref  types.Ref
	Args []Expr
}

// Extreme is GREATEST or LEAST, which ignore NULLs.
type Extreme struct {
	Ref      types.Ref
	Greatest bool
	Args     []Expr
}

// NullIf is NULLIF; both sides have one type.
type NullIf struct{ Left, Right Expr }

// IsNull is IS [NOT] NULL.
type IsNull struct {
	Arg Expr
	Not bool
}

// IsBool is IS [NOT] TRUE, FALSE or UNKNOWN.
type IsBool struct {
	Arg   Expr
	Value Truth
	Not   bool
}

// Truth is a value of three-valued logic.
type Truth int

// The truth values.
const (
	True Truth = iota
	False
	UnknownTruth
)

// Distinct is IS [NOT] DISTINCT FROM; both sides have one type.
type Distinct struct {
	Left, Right Expr
	Not         bool
}

// In is [NOT] IN over a list; all items have the left side's type.
type In struct {
	Left Expr
	List []Expr
	Not  bool
}

// SubqueryKind tells how a subquery is used.
type SubqueryKind int

// The uses of a subquery in an expression.
const (
	Scalar    SubqueryKind = iota // its one row's one value
	Exists                        // EXISTS (…)
	InQuery                       // left IN (…), left = ANY (…)
	NotInList                     // left NOT IN (…), left <> ALL (…)
	AnyTrue                       // whether the query's one Boolean is true of any row
	AllTrue                       // whether it is true of all rows
	ArrayOf                       // the array of its one column
)

// Subquery is a query inside an expression.
type Subquery struct {
	Kind  SubqueryKind
	Left  Expr      // for InQuery and NotInList
	More  []Expr    // the rest of the row that Left begins, for InQuery
	Array types.Ref // for ArrayOf
	Query *Query
	// One tells that a scalar subquery can yield one row at most, so that no
	// guard is needed.
	One bool
}

// Aggregate is a call of an aggregate function.
type Aggregate struct {
	Aggregate *types.Aggregate
	Args      []Expr
	Distinct  bool
	Filter    Expr
	OrderBy   []Order
	Ref       types.Ref
}

// NextValue draws the next value of a sequence.
type NextValue struct {
	Sequence uint32
	Ref      types.Ref
}

// Type implements Expr.
func (e *Const) Type() types.Ref        { return e.Ref }
func (e *Param) Type() types.Ref        { return e.Ref }
func (e *SessionValue) Type() types.Ref { return types.Of(e.Function.Result) }
func (e *Column) Type() types.Ref       { return e.Ref }
func (e *WholeRow) Type() types.Ref     { return types.Of(types.Record) }
func (e *Call) Type() types.Ref         { return e.Ref }
func (e *Relabel) Type() types.Ref      { return e.Ref }
func (e *FromText) Type() types.Ref     { return e.Ref }
func (e *ToText) Type() types.Ref       { return e.Ref }
func (e *Logic) Type() types.Ref        { return types.Of(types.Bool) }
func (e *Case) Type() types.Ref         { return e.Ref }
func (e *Coalesce) Type() types.Ref     { return e.Ref }
func (e *Extreme) Type() types.Ref      { return e.Ref }
func (e *NullIf) Type() types.Ref       { return e.Left.Type() }
func (e *IsNull) Type() types.Ref       { return types.Of(types.Bool) }
func (e *IsBool) Type() types.Ref       { return types.Of(types.Bool) }
func (e *Distinct) Type() types.Ref     { return types.Of(types.Bool) }
func (e *In) Type() types.Ref           { return types.Of(types.Bool) }
func (e *Aggregate) Type() types.Ref    { return e.Ref }
func (e *NextValue) Type() types.Ref    { return e.Ref }

// Type implements Expr.
func (e *Subquery) Type() types.Ref {
	switch e.Kind {
	case Scalar:
		return e.Query.Columns[0].Expr.Type()
	case ArrayOf:
		return e.Array
	}
	return types.Of(types.Bool)
}
