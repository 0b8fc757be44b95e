package tree

import (
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Query is a SELECT or VALUES.
type Query struct {
	Columns  []Output // for VALUES: their names and types, the expressions of the first row
	Distinct bool
	// DistinctOn are the keys of DISTINCT ON, of which the first row each in the
	// order of OrderBy stays. Distinct is set with it.
	DistinctOn []Expr
	From       []From
	Where      Expr
	GroupBy    []Expr
	// Sets are the grouping sets, each by the places of its keys in GroupBy; nil
	// where all keys are the only one.
	Sets    [][]int
	Having  Expr
	OrderBy []Order
	Limit   Expr
	Offset  Expr

	// Values are the rows of VALUES; nothing but order and limit goes with
	// them.
	Values [][]Expr
	// Set is a set operation of two queries; nothing else goes with it. The
	// expressions of Columns then have types only.
	Set *SetOperation
	// With are the queries that a WITH before this one names.
	With []*CTE
	// Barrier tells that the query is a view with security_barrier: conditions
	// from outside that can raise must not see the rows that it hides.
	Barrier bool
	// Aggregates are the query's own, wherever in it they stand, in subqueries too.
	Aggregates []*Aggregate
	// Aggregated tells that there is a GROUP BY, a HAVING or an aggregate.
	Aggregated bool
	// Windowed tells that there is a window function.
	Windowed bool
}

// SetOp is the kind of a set operation.
type SetOp string

// The set operations.
const (
	Union     SetOp = "UNION"
	Intersect SetOp = "INTERSECT"
	Except    SetOp = "EXCEPT"
)

// SetOperation combines the rows of two queries whose columns have the same
// types. All keeps duplicates.
type SetOperation struct {
	Op          SetOp
	All         bool
	Left, Right *Query
}

// CTE is a query that WITH names. It is evaluated once at most, however often
// it is referred to.
type CTE struct {
	ID           int
	Name         string
	Columns      []RelColumn
	Query        *Query
	Materialized bool
	// Recursive tells that it is a UNION whose right side reads it. There it is not
	// counted as a reference, and has the left side as its query.
	Recursive bool
	// Silent tells that it is a statement that writes and returns nothing.
	Silent bool
	// References counts the relations made of it. One without any is not run.
	References int
}

// Output is a column of a result.
type Output struct {
	Name string
	Expr Expr
}

// Order is a key of ORDER BY.
type Order struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// From is an item of FROM: a *Rel or a *Join.
type From interface{ from() }

// JoinKind is the kind of a join.
type JoinKind string

// The kinds of joins.
const (
	Inner JoinKind = "JOIN"
	Left  JoinKind = "LEFT JOIN"
	Right JoinKind = "RIGHT JOIN"
	Full  JoinKind = "FULL JOIN"
)

// Join is a join of two items. On is nil for a cross join.
type Join struct {
	Kind        JoinKind
	Left, Right From
	On          Expr
}

// Rel is a relation in FROM or the target of a write: a table, a derived table
// or functions. It is told apart by its pointer; ID makes its
// alias in SQLite.
type Rel struct {
	ID      int
	Alias   string // by which the statement calls it
	Columns []RelColumn

	Table     *catalog.Table
	View      *catalog.View // with its Query
	Query     *Query
	CTE       *CTE // with its Query
	Functions *Functions
	// Lateral tells that Query reads relations of the same FROM, which stand before
	// it, so that it is evaluated for each of their rows.
	Lateral bool
	// RowType is the table or view whose rows they are, where a function or query
	// returns them; 0 otherwise.
	RowType uint32
	// Part is the number, from 1, of the writing statement of a WITH whose
	// returned rows the relation is; 0 for none.
	Part int

	// Policy tells which rows of Table the role may read; nil when all.
	Policy Expr
	// Generated are the expressions of the generated columns of a table that is
	// written, over the relation itself.
	Generated map[int]Expr
	// Nullable tells that an outer join can make the whole row NULL.
	Nullable bool
	// Kept tells that the rows of Query are the same each time and are to be made once,
	// since what reads them is evaluated for each row of a query around.
	Kept bool
}

// RelColumn is a column of a relation.
type RelColumn struct {
	Name string
	Type types.Ref
	// Column is the column of a table or view, nil for other relations.
	Column *catalog.Column
}

func (*Rel) from()  {}
func (*Join) from() {}

// Insert is INSERT.
type Insert struct {
	Target *Rel
	// Source yields the rows to insert, nil for one row of Values.
	Source *Rel
	// Values are all columns of the target in order, over Source.
	Values []Expr
	// Checks must be true of each new row, over Target.
	Checks    []Check
	Conflict  *Conflict // ON CONFLICT, nil for none
	Returning []Output
}

// Update is UPDATE.
type Update struct {
	Target *Rel
	From   []From // with it, Policy stands in Target
	Where  Expr   // policies included
	// Policy is the part of Where that policies gave, nil when none.
	Policy    Expr
	Set       []Assignment
	Checks    []Check
	Returning []Output
}

// Assignment gives a column of the target a new value.
type Assignment struct {
	Index int // in Target.Columns
	Value Expr
}

// Delete is DELETE.
type Delete struct {
	Target    *Rel
	From      []From // as of Update
	Where     Expr
	Policy    Expr
	Returning []Output
}

// Check is a condition on new rows that a policy makes.
type Check struct {
	Expr Expr
	// Policy names a restrictive policy; "" is the permissive ones together.
	Policy string
	// Using tells that it is on the row that an INSERT … ON CONFLICT would change.
	Using bool
	// View names the view whose check option it is. Such a condition is checked
	// when the row is stored, after all constraints.
	View string
}
