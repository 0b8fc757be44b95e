package emit

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/derived"
	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// maxTerms bounds the terms of one compound select; SQLite takes 500. Longer
// chains are nested.
const maxTerms = 400

// compound writes a set operation. Each side is a table of its own, since SQLite
// binds all set operations alike, from left to right. Columns carry their
// collations, by which SQLite compares rows.
//
// Of equal rows PostgreSQL keeps the first of the left side, SQLite's UNION the
// last, which shows where equal values are written differently (1.0 and 1.00):
// DISTINCT keeps the first.
func (e *emitter) compound(q *tree.Query) string {
	if q.Set.All && q.Set.Op != tree.Union {
		return e.compoundAll(q)
	}
	terms := e.terms(q, q.Set.Op, q.Set.All)
	if q.Set.Op != tree.Union {
		terms[0] = strings.Replace(terms[0], "SELECT ", "SELECT DISTINCT ", 1)
		return strings.Join(terms, " "+string(q.Set.Op)+" ")
	}
	sql := strings.Join(terms, " UNION ALL ")
	if q.Set.All {
		return sql
	}
	return "SELECT DISTINCT " + strings.Join(e.termColumns(q), ", ") + " FROM (" + sql + ") AS s"
}

// terms lists the terms of a chain of one operation.
func (e *emitter) terms(q *tree.Query, op tree.SetOp, all bool) []string {
	if q.Set == nil || q.Set.Op != op || q.Set.All != all {
		return []string{e.term(q, "")}
	}
	left := e.terms(q.Set.Left, op, all)
	if len(left) >= maxTerms {
		left = []string{e.term(q.Set.Left, "")}
	}
	return append(left, e.term(q.Set.Right, ""))
}

// term writes one side; more is another column.
func (e *emitter) term(q *tree.Query, more string) string {
	return "SELECT " + strings.Join(e.termColumns(q), ", ") + more + " FROM (" + e.query(q) + ") AS s"
}

func (e *emitter) termColumns(q *tree.Query) []string {
	columns := make([]string, len(q.Columns))
	for i, c := range q.Columns {
		name := "c" + strconv.Itoa(i)
		columns[i] = e.collate("s."+name, c.Expr) + " AS " + name
	}
	if len(columns) == 0 {
		columns = []string{"NULL AS c0"}
	}
	return columns
}

// compoundAll writes INTERSECT ALL and EXCEPT ALL: equal rows are numbered, so
// that each matches one of the other side.
func (e *emitter) compoundAll(q *tree.Query) string {
	keys, names := make([]string, len(q.Columns)), make([]string, len(q.Columns))
	for i, c := range q.Columns {
		names[i] = "c" + strconv.Itoa(i)
		keys[i] = e.collate("s."+names[i], c.Expr)
	}
	if len(keys) == 0 {
		keys, names = []string{"NULL"}, []string{"c0"}
	}
	number := ", row_number() OVER (PARTITION BY " + strings.Join(keys, ", ") + ") AS n"
	return "SELECT " + strings.Join(names, ", ") + " FROM (" + e.term(q.Set.Left, number) + " " + string(q.Set.Op) + " " +
		e.term(q.Set.Right, number) + ")"
}

// headed writes WITH before a statement, which may begin with one of its own.
func (e *emitter) headed(list []*tree.CTE, sql string) string {
	with := e.with(list)
	if rest, ok := strings.CutPrefix(sql, "WITH "); ok && with != "" {
		return strings.TrimSuffix(with, " ") + ", " + rest
	}
	return with + sql
}

// with writes the queries that a WITH names. One that is used more than once is
// evaluated once, as is one whose values no two evaluations share.
func (e *emitter) with(list []*tree.CTE) string {
	var parts []string
	for _, c := range list {
		if c.References == 0 {
			continue
		}
		kind := " AS "
		if c.Materialized || c.References > 1 || volatileColumns(c.Query) {
			kind = " AS MATERIALIZED "
		}
		if given.PartBehind(&tree.Rel{Query: c.Query}) > 0 { // its rows are in memory already
			kind = " AS NOT MATERIALIZED "
		}
		if c.Recursive {
			set := c.Query.Set
			op := map[bool]string{true: " UNION ALL ", false: " UNION "}[set.All]
			parts = append(parts, cteName(c)+kind+"("+e.term(set.Left, "")+op+e.plain(set.Right)+")")
			continue
		}
		sql := e.query(c.Query)
		if c.Query.Limit == nil && c.Query.Offset == nil && hidesRows(c.Query) {
			sql = "SELECT * FROM (" + sql + ") LIMIT -1" // keeps conditions out
		}
		parts = append(parts, cteName(c)+kind+"("+sql+")")
	}
	if len(parts) == 0 {
		return ""
	}
	return "WITH " + strings.Join(parts, ", ") + " "
}

// ofPart writes a value of the first row that a part returned: the columns of the row are bound, which takes neither
// a table function nor a subquery.
func (e *emitter) ofPart(q *tree.Query) string {
	r := q.From[0].(*tree.Rel)
	saved := e.overrides[r]
	e.overrides[r] = e.partColumns(r)
	defer func() { e.overrides[r] = saved }()
	value := e.expr(q.Columns[0].Expr)
	if _, ok := q.Columns[0].Expr.(*tree.Column); ok {
		return value
	}
	return "iif(" + e.bind(Bind{Part: given.PartBehind(r)}) + ", " + value + ", NULL)"
}

// partColumns writes the columns of a relation that has the rows of a part.
func (e *emitter) partColumns(r *tree.Rel) func(int) string {
	if r.Part > 0 {
		return func(i int) string { return e.bind(Bind{Part: r.Part, Row: i + 1}) }
	}
	inner := e.partColumns(r.Query.From[0].(*tree.Rel))
	return func(i int) string { return inner(r.Query.Columns[i].Expr.(*tree.Column).Index) }
}

func cteName(c *tree.CTE) string { return "w" + strconv.Itoa(c.ID) }

// cte writes a reference to a query of WITH.
func (e *emitter) cte(r *tree.Rel) string {
	if r.Nullable && e.tables.Once(r) {
		return "(SELECT *, 1 AS present FROM (" + e.keep(r, "SELECT * FROM "+cteName(r.CTE)) + ")) AS " + alias(r)
	}
	if r.Nullable {
		return "(SELECT *, 1 AS present FROM " + cteName(r.CTE) + ") AS " + alias(r)
	}
	if e.tables.Once(r) {
		return "(" + e.keep(r, "SELECT * FROM "+cteName(r.CTE)) + ") AS " + alias(r)
	}
	return cteName(r.CTE) + " AS " + alias(r)
}

// keep writes a derived table whose rows SQLite keeps before it looks at them. Where
// an index is to be made of computed columns, it is told their types.
func (e *emitter) keep(r *tree.Rel, sql string) string {
	if e.tables.Typed(r) {
		columns := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			columns[i] = "c" + strconv.Itoa(i)
			if t := e.types.Type(c.Type.OID); t != nil && (t.Column == "INTEGER" || t.Column == "TEXT") && derived.Computed(r.Query, i) {
				columns[i] = "CAST(" + columns[i] + " AS " + t.Column + ") AS " + columns[i]
			}
		}
		sql = "SELECT " + strings.Join(columns, ", ") + " FROM (" + sql + ")"
	}
	return "WITH m AS MATERIALIZED (" + sql + ") SELECT * FROM m"
}

// volatileColumns tells whether a column of a query has another value each time
// it is evaluated.
func volatileColumns(q *tree.Query) bool {
	if q.Set != nil {
		return volatileColumns(q.Set.Left) || volatileColumns(q.Set.Right)
	}
	for _, c := range q.Columns {
		if tree.Any(c.Expr, tree.IsVolatile) {
			return true
		}
	}
	for _, row := range q.Values {
		for _, v := range row {
			if tree.Any(v, tree.IsVolatile) {
				return true
			}
		}
	}
	return false
}
