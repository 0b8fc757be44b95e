// Package enum makes the types that CREATE TYPE … AS ENUM declares: a family for
// each state of a database's catalogue, laid over the built-in ones
// (types.Catalogue.With).
//
// A value is stored as an integer that stands for its label. The integers follow
// the declared order and leave gaps, so that comparing, sorting and indexing are
// SQLite's own, a label gets a new name without a row being touched, and one
// that is added between two others lies between theirs.
//
// Source: PostgreSQL documentation, 8.7 "Enumerated Types" and 9.10 "Enum Support
// Functions".
package enum

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// Label is a value of a type.
type Label struct {
	Name string
	Key  int64 // what is stored
	// Unsafe tells that the transaction at hand added it, so that it may not be
	// used yet.
	Unsafe bool
}

// Definition is a type.
type Definition struct {
	OID     types.OID
	Array   types.OID // the type of its arrays
	Name    string    // pg_type.typname
	SQLName string    // format_type
	Labels  []Label
}

// gap is the distance between the keys of labels that are declared one after the
// other: so often can a label be put between the same two.
const gap = 1 << 24

// Keys returns the keys of labels that are declared together.
func Keys(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i+1) * gap
	}
	return out
}

// Between returns a key after one label and before another, each nil for none;
// false when there is no room left.
func Between(after, before *int64) (int64, bool) {
	switch {
	case after == nil && before == nil:
		return gap, true
	case before == nil:
		return (*after/gap + 1) * gap, true
	case after == nil:
		return *before - gap, true
	}
	key := *after + (*before-*after)/2
	return key, key > *after
}

// Family makes the entries of the types.
func Family(list []Definition) types.Family {
	f := types.Family{Name: "enum"}
	for _, d := range list {
		fs, ops := d.operators()
		t := d.typ()
		list := array.Of(t)
		f.Types = append(f.Types, t, list)
		f.Functions = append(f.Functions, d.ranges(list)...)
		f.Functions = slices.Concat(f.Functions, fs, d.support())
		f.Operators = append(f.Operators, ops...)
		f.Aggregates = append(f.Aggregates, entry.MinMax(d.OID, "", 3527, 3526)...)
	}
	return f
}

func (d Definition) typ() *types.Type {
	names := make(map[int64]string, len(d.Labels))
	keys := make(map[string]Label, len(d.Labels))
	for _, l := range d.Labels {
		names[l.Key], keys[l.Name] = l.Name, l
	}
	return &types.Type{
		OID: d.OID, Array: d.Array, Name: d.Name, SQLName: d.SQLName, Category: 'E', Column: "INTEGER",
		In: func(text string, _ int32) (sqlite.Value, error) {
			l, ok := keys[text]
			switch {
			case !ok:
				return sqlite.Null, fault.New(fault.InvalidText, `invalid input value for enum %s: "%s"`, d.SQLName, text)
			case l.Unsafe:
				return sqlite.Null, fault.New(unsafeNewValue, `unsafe use of new value "%s" of enum type %s`, text, d.SQLName).
					WithHint("New enum values must be committed before they can be used.")
			}
			return sqlite.Int(l.Key), nil
		},
		Out:     func(dst []byte, v sqlite.Value) []byte { return append(dst, names[v.Int()]...) },
		TextSQL: d.choose(func(l Label) string { return l.Name }),
		JSONSQL: d.choose(func(l Label) string { return string(document.AppendString(nil, l.Name)) }),
		JSON: func(dst []byte, v sqlite.Value) []byte {
			return document.AppendString(dst, names[v.Int()])
		},
	}
}

const unsafeNewValue = "55P04"

// choose writes an expression that gives a text for each key.
func (d Definition) choose(text func(Label) string) func(string) string {
	var b strings.Builder
	for _, l := range d.Labels {
		b.WriteString(" WHEN " + strconv.FormatInt(l.Key, 10) + " THEN '" + strings.ReplaceAll(text(l), "'", "''") + "'")
	}
	whens := b.String()
	if whens == "" {
		return func(string) string { return "NULL" }
	}
	return func(sql string) string { return "(CASE " + sql + whens + " END)" }
}

// operators gives the comparisons, which PostgreSQL has once for all types.
func (d Definition) operators() ([]*types.Function, []*types.Operator) {
	type o = [2]uint32
	return entry.Comparisons("", entry.Comparison{Left: d.OID, Right: d.OID, Names: entry.CompareNames("enum_"),
		EQ: o{3516, 3508}, NE: o{3517, 3509}, LT: o{3518, 3510}, GT: o{3519, 3511}, LE: o{3520, 3512}, GE: o{3521, 3513}})
}

// support gives the functions over a whole type. They look at the type of their
// argument, not at its value.
func (d Definition) support() []*types.Function {
	constant := func(oid uint32, name string, l []Label) *types.Function {
		// galley_raise is the engine's own.
		value := "galley_raise('55000', 'enum " + strings.ReplaceAll(d.SQLName, "'", "''") + " contains no values')"
		if len(l) > 0 {
			value = strconv.FormatInt(l[0].Key, 10)
		}
		return &types.Function{OID: oid, Name: name, Args: entry.Args(d.OID), Result: d.OID, Volatility: types.Stable, MayRaise: len(l) == 0,
			SQL: func([]types.Arg) string { return value }}
	}
	last := slices.Clone(d.Labels)
	slices.Reverse(last)
	two := entry.Args(d.OID, d.OID)
	compare := entry.Native(3514, "enum_cmp", types.Int4, two, "(($1 > $2) - ($1 < $2))")
	return []*types.Function{
		constant(3528, "enum_first", d.Labels), constant(3529, "enum_last", last), compare,
		entry.Native(3524, "enum_smaller", d.OID, two, "min($1, $2)"),
		entry.Native(3525, "enum_larger", d.OID, two, "max($1, $2)"),
	}
}

// ranges gives enum_range: the labels of a type, or those from one to another,
// NULL for the first and the last.
func (d Definition) ranges(list *types.Type) []*types.Function {
	rows := make([]string, len(d.Labels))
	for i, l := range d.Labels {
		rows[i] = "(" + strconv.FormatInt(l.Key, 10) + ")"
	}
	some := func(where string) string {
		none, _ := list.In("{}", -1) // which is an array of any type
		empty := "'" + strings.ReplaceAll(none.Text(), "'", "''") + "'"
		if len(rows) == 0 {
			return empty
		}
		return "coalesce((SELECT " + array.Gather + "(column1) FROM (VALUES " + strings.Join(rows, ", ") + ")" + where + "), " + empty + ")"
	}
	return []*types.Function{
		{OID: 3531, Name: "enum_range", Args: entry.Args(d.OID), Result: list.OID, Volatility: types.Stable,
			SQL: func([]types.Arg) string { return some("") }},
		{OID: 3530, Name: "enum_range", Args: entry.Args(d.OID, d.OID), Result: list.OID, Volatility: types.Stable,
			SQL: func(args []types.Arg) string {
				return some(" WHERE column1 >= coalesce(" + args[0].SQL + ", column1) AND column1 <= coalesce(" + args[1].SQL + ", column1)")
			}},
	}
}
