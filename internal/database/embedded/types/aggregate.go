package types

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// An aggregate sees its rows in order where the call says ORDER BY; DISTINCT
// sorts them too. SQLite sorts, so that nothing is kept here, but knows DISTINCT
// of one argument only: of several, an aggregate in Go gets the sorted rows and
// leaves those out that equal the one before.

// AggregateCall is the call of an aggregate as the emitter hands it over.
type AggregateCall struct {
	Args     []Arg
	Distinct bool
	Order    []string // keys of ORDER BY, with direction and place of NULLs
	// ArgKeys are the arguments as keys, by which DISTINCT sorts what Order does
	// not. One that is in Order already, or constant, is empty.
	ArgKeys []string
}

// Write writes the call, without FILTER. It is false where the call cannot be
// written.
func (a *Aggregate) Write(c AggregateCall) (string, bool) {
	switch {
	case a.Within:
		return a.writeOrdered(c), true
	case c.Distinct && len(c.Args) > 1:
		return a.writeDistinct(c)
	case len(c.Order) == 0 || len(c.Args) == 0:
		sql := a.write(c.Args, c.Distinct)
		return sql, sql != ""
	}
	order := orderClause(c.Order)
	sql := a.write(ordered(c.Args, order), c.Distinct)
	return sql, strings.Contains(sql, order)
}

func orderClause(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(keys, ", ")
}

// ordered returns the arguments with something behind the last one.
func ordered(args []Arg, order string) []Arg {
	args = append([]Arg(nil), args...)
	args[len(args)-1].Order = order
	return args
}

func (a *Aggregate) write(args []Arg, distinct bool) string {
	word := ""
	if distinct {
		word = "DISTINCT "
	}
	if a.SQL != nil {
		return a.SQL(args, word)
	}
	return a.CallSQL(args, word)
}

// CallSQL writes the call of an aggregate in Go.
func (a *Aggregate) CallSQL(args []Arg, distinct string) string {
	s := a.SQLiteName() + "(" + distinct
	for i, arg := range args {
		if i > 0 {
			s += ", "
		}
		s += arg.SQL + arg.Order
	}
	return s + ")"
}

// writeOrdered writes an aggregate with WITHIN GROUP, which gets the collations of
// its arguments too.
func (a *Aggregate) writeOrdered(c AggregateCall) string {
	return a.CallSQL(ordered(c.Args, ", "+collations(c.Args)+orderClause(c.Order)), "")
}

func collations(args []Arg) string {
	names := make([]string, len(args))
	for i, arg := range args {
		if arg.Type != nil {
			names[i] = arg.Type.Collation
		}
	}
	return "'" + strings.Join(names, ",") + "'"
}

// distinctSuffix ends the name of the aggregate that leaves out repeated rows.
const distinctSuffix = "_distinct"

func (a *Aggregate) writeDistinct(c AggregateCall) (string, bool) {
	if a.New == nil {
		return "", false
	}
	keys := slices.Clone(c.Order)
	for i, key := range c.ArgKeys {
		if key != "" {
			keys = append(keys, key)
		}
		// What is made of equal values before they get to the aggregate can
		// differ.
		if t := c.Args[i].Type; a.SQL != nil && key != "" && t != nil && t.Collation != "" && t.OID != JSONB {
			return "", false
		}
	}
	order := ", " + collations(c.Args) + orderClause(keys)
	name := a.SQLiteName() + "("
	sql := ""
	if a.Native {
		sql = a.CallSQL(ordered(c.Args, order), "")
	} else {
		sql = a.write(ordered(c.Args, order), false)
	}
	if strings.Count(sql, name) != 1 || !strings.Contains(sql, order) {
		return "", false
	}
	return strings.Replace(sql, name, a.SQLiteName()+distinctSuffix+"(", 1), true
}

// sqlite returns the aggregate, and the one of distinct rows, for registration.
func (a *Aggregate) sqlite(compare func(collation string) func(a, b string) int) []sqlite.Aggregate {
	if a.New == nil {
		return nil
	}
	n := len(a.Args)
	if a.Within {
		n++
	}
	out := []sqlite.Aggregate{{Name: a.SQLiteName(), NArgs: n, New: a.New}}
	if n > 1 && !a.Within {
		out = append(out, sqlite.Aggregate{Name: a.SQLiteName() + distinctSuffix, NArgs: n + 1,
			New: func(c *sqlite.Conn) sqlite.Accumulator {
				return &distinctRows{inner: a.New(c), compare: compare}
			}})
	}
	return out
}

// countRows is the aggregate that counts rows which differ from the one before.
const countRows = "galley_count_rows"

// CountRowsSQL writes the count of different rows, sorted by keys.
func CountRowsSQL(args []Arg, keys []string) string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a.SQL
	}
	return countRows + "(" + strings.Join(list, ", ") + ", " + collations(args) + orderClause(keys) + ")"
}

// CountRows is that aggregate; compare gives the order of a collation.
func CountRows(compare func(collation string) func(a, b string) int) sqlite.Aggregate {
	return sqlite.Aggregate{Name: countRows, NArgs: -1, New: func(*sqlite.Conn) sqlite.Accumulator {
		return &distinctRows{inner: new(rowCount), compare: compare}
	}}
}

// rowCount counts rows.
type rowCount int64

// Step implements sqlite.Accumulator.
func (c *rowCount) Step([]sqlite.Value) error { *c++; return nil }

// Final implements sqlite.Accumulator.
func (c *rowCount) Final() (sqlite.Value, error) { return sqlite.Int(int64(*c)), nil }

// distinctRows hands on rows that differ from the one before.
type distinctRows struct {
	inner   sqlite.Accumulator
	compare func(collation string) func(a, b string) int
	order   []func(a, b string) int
	last    []sqlite.Value
}

// Step implements sqlite.Accumulator.
func (d *distinctRows) Step(args []sqlite.Value) error {
	args, names := args[:len(args)-1], args[len(args)-1].Text()
	if d.order == nil {
		for name := range strings.SplitSeq(names, ",") {
			d.order = append(d.order, d.compare(name))
		}
	}
	if d.last != nil && d.repeated(args) {
		return nil
	}
	d.last = d.last[:0]
	for _, v := range args {
		d.last = append(d.last, v.Owned())
	}
	return d.inner.Step(args)
}

func (d *distinctRows) repeated(args []sqlite.Value) bool {
	for i, v := range args {
		if !EqualValues(v, d.last[i], d.order[i]) {
			return false
		}
	}
	return true
}

// EqualValues tells whether two stored values are equal, NULL to itself; texts by
// a comparison, nil for that of bytes.
func EqualValues(a, b sqlite.Value, compare func(a, b string) int) bool {
	switch {
	case a.Kind() != b.Kind():
		return false
	case a.Kind() == sqlite.KindFloat:
		return a.Float() == b.Float()
	case a.Kind() == sqlite.KindText && compare != nil:
		return compare(a.Text(), b.Text()) == 0
	}
	return a == b
}

// Final implements sqlite.Accumulator.
func (d *distinctRows) Final() (sqlite.Value, error) { return d.inner.Final() }

// Comparison returns the order of a collation, nil for that of bytes.
func (c *Catalogue) Comparison(collation string) func(a, b string) int {
	if collation == "RTRIM" { // SQLite's own
		return func(a, b string) int {
			return strings.Compare(strings.TrimRight(a, " "), strings.TrimRight(b, " "))
		}
	}
	for _, f := range c.families {
		for _, k := range f.Collations {
			if k.Name == collation {
				return k.Compare
			}
		}
	}
	if c.base != nil {
		return c.base.Comparison(collation)
	}
	return nil
}
