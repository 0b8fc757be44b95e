package array

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// Array types that functions name: of texts and of integers.
const (
	TextArray types.OID = 1009
	IntArray  types.OID = 1007
)

// Names under which emitted SQL calls the functions of the family.
const (
	// Build(element, …) is ARRAY[…].
	Build = "galley_array"
	// Gather(element) is the aggregate array_agg, NULL over no rows.
	Gather = "galley_array_agg"
	// get(kind, array, subscript) is a[i].
	get = "galley_array_get"
	// slice(array, lower, upper) is a[i:j].
	slice = "galley_array_slice"

	unnestName = "pg_unnest_2277"
	testedName = "pg_galley_internal_tested_2277"
)

// typarray gives the OIDs of array types (pg_type.typarray).
var typarray = [...][2]types.OID{
	{16, 1000}, {17, 1001}, {18, 1002}, {19, 1003}, {20, 1016}, {21, 1005}, {23, 1007}, {24, 1008}, {25, 1009}, {26, 1028},
	{114, 199}, {142, 143}, {650, 651}, {700, 1021}, {701, 1022}, {790, 791}, {829, 1040}, {869, 1041}, {1042, 1014},
	{1043, 1015}, {1082, 1182}, {1083, 1183}, {1114, 1115}, {1184, 1185}, {1186, 1187}, {1266, 1270}, {1560, 1561},
	{1562, 1563}, {1700, 1231}, {2202, 2207}, {2205, 2210}, {2206, 2211}, {2950, 2951}, {3614, 3643}, {3615, 3645},
	{3802, 3807}, {4089, 4090}, {4096, 4097},
}

// Family returns the array types of all types of the families, and the functions
// and operators over arrays. It sets Array in the types of the elements.
func Family(families ...types.Family) types.Family {
	orders := map[kind]order{integers: compareIntegers, floats: compareFloats, reals: compareFloats, blobs: strings.Compare,
		texts: strings.Compare, texts + "RTRIM": comparePadded}
	for _, f := range families {
		for _, c := range f.Collations {
			orders[texts+kind(c.Name)] = c.Compare
		}
	}
	out := types.Family{Name: "array"}
	used := map[kind]bool{}
	for _, f := range families {
		for _, elem := range f.Types {
			i := slices.IndexFunc(typarray[:], func(pair [2]types.OID) bool { return pair[0] == elem.OID })
			if i < 0 {
				continue
			}
			elem.Array = typarray[i][1]
			out.Types = append(out.Types, Of(elem))
			used[kindOf(elem)] = true
		}
	}
	out.Collations = collations(orders, used)
	t := table{orders: orders}
	out.Functions = slices.Concat(comparisons(), t.shapes(), t.changes(), t.searches(), joins(), sets(), moreSets())
	out.Operators = operators(out.Functions)
	out.Aggregates = aggregates()
	out.Helpers = t.helpers()
	out.Gatherers = gatherers(families)
	return out
}

// gatherers are array_agg in Go: one for floats of each width, which are written
// as text there, and one for all others.
func gatherers(families []types.Family) []sqlite.Aggregate {
	out := []sqlite.Aggregate{{Name: Gather, NArgs: 1, New: func(*sqlite.Conn) sqlite.Accumulator { return &gatherer{element: text} }}}
	for _, f := range families {
		for _, t := range f.Types {
			if t.Column != "ANY" {
				continue
			}
			element := form{elem: t}.store
			out = append(out, sqlite.Aggregate{Name: gatherName(t), NArgs: 1, New: func(*sqlite.Conn) sqlite.Accumulator {
				return &gatherer{element: func(v sqlite.Value) Element {
					if v.IsNull() {
						return Element{Null: true}
					}
					return element(v)
				}}
			}})
		}
	}
	return out
}

func gatherName(elem *types.Type) string {
	if elem.Column == "ANY" {
		return Gather + "_" + string(kindOf(elem))
	}
	return Gather
}

// GatherSQL writes array_agg of an expression without more.
func GatherSQL(sql string, elem *types.Type) string { return gatherName(elem) + "(" + sql + ")" }

func collations(orders map[kind]order, used map[kind]bool) []sqlite.Collation {
	var out []sqlite.Collation
	for k := range used {
		name, by := k.collation(), orders[k]
		if by == nil || slices.ContainsFunc(out, func(c sqlite.Collation) bool { return c.Name == name }) {
			continue
		}
		out = append(out, sqlite.Collation{Name: name, Compare: func(a, b string) int { return compare(a, b, by) }})
	}
	slices.SortFunc(out, func(a, b sqlite.Collation) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// table is what the functions know besides their arguments.
type table struct{ orders map[kind]order }

func (t table) equal(k sqlite.Value) order { return t.orders[kind(k.Text())] }

// operators finds the operators of the functions.
func operators(fs []*types.Function) []*types.Operator {
	var out []*types.Operator
	for _, o := range []struct {
		oid      uint32
		name     string
		function uint32
	}{
		{1070, "=", 744}, {1071, "<>", 390}, {1072, "<", 391}, {1073, ">", 392}, {1074, "<=", 393}, {1075, ">=", 396},
		{2750, "&&", 2747}, {2751, "@>", 2748}, {2752, "<@", 2749}, {349, "||", 378}, {374, "||", 379}, {375, "||", 383},
	} {
		for _, f := range fs {
			if f.OID == o.function {
				out = append(out, entry.Operator(o.oid, o.name, f))
			}
		}
	}
	return out
}

// comparisons compare stored arrays under the collation of their type.
func comparisons() []*types.Function {
	args := entry.Args(types.AnyArray, types.AnyArray)
	var out []*types.Function
	for _, c := range []struct {
		oid        uint32
		name, sign string
	}{{744, "array_eq", "="}, {390, "array_ne", "<>"}, {391, "array_lt", "<"}, {392, "array_gt", ">"}, {393, "array_le", "<="}, {396, "array_ge", ">="}} {
		out = append(out, &types.Function{OID: c.oid, Name: c.name, Args: args, Result: types.Bool, Strict: true, Volatility: types.Immutable,
			SQL: func(a []types.Arg) string {
				return "(" + a[0].SQL + " COLLATE " + a[0].Type.Collation + " " + c.sign + " " + a[1].SQL + ")"
			}})
	}
	return append(out, &types.Function{OID: 382, Name: "btarraycmp", Args: args, Result: types.Int4, Strict: true, Volatility: types.Immutable,
		SQL: func(a []types.Arg) string {
			collate := " COLLATE " + a[0].Type.Collation
			return "(CASE WHEN " + a[0].SQL + collate + " < " + a[1].SQL + " THEN -1 WHEN " + a[0].SQL + collate + " > " + a[1].SQL +
				" THEN 1 WHEN " + a[0].SQL + collate + " = " + a[1].SQL + " THEN 0 END)"
		}})
}

// aggregates over arrays, and into them.
func aggregates() []*types.Aggregate {
	extreme := func(oid uint32, name string) *types.Aggregate {
		return &types.Aggregate{OID: oid, Name: name, Args: entry.Args(types.AnyArray), Result: types.AnyArray,
			SQL: func(a []types.Arg, _ string) string {
				return name + "(" + a[0].SQL + " COLLATE " + a[0].Type.Collation + ")"
			}}
	}
	agg := &types.Aggregate{OID: 2335, Name: "array_agg", Args: entry.Args(types.AnyNonArray), Result: types.AnyArray,
		SQL: func(a []types.Arg, distinct string) string {
			value, name := a[0].SQL, gatherName(a[0].Type)
			if distinct == "" || a[0].Order != "" {
				return name + "(" + distinct + value + a[0].Order + ")"
			}
			if c := a[0].Type.Collation; c != "" {
				value += " COLLATE " + c
			}
			return name + "(DISTINCT " + value + " ORDER BY " + value + " NULLS LAST)"
		}}
	dimensions := &types.Aggregate{OID: 4053, Name: "array_agg", Args: entry.Args(types.AnyArray), Result: types.AnyArray,
		SQL: func([]types.Arg, string) string { return "" }} // refused
	return []*types.Aggregate{extreme(2050, "max"), extreme(2051, "min"), agg, dimensions}
}

// gatherer is array_agg.
type gatherer struct {
	element func(sqlite.Value) Element
	list    []Element
	size    int
}

// Step implements sqlite.Accumulator.
func (g *gatherer) Step(args []sqlite.Value) error {
	e := g.element(args[0])
	e.Text = strings.Clone(e.Text)
	g.list = append(g.list, e)
	if g.size += len(e.Text) + 1; g.size > maxText {
		_, err := Value(g.list)
		return err
	}
	return nil
}

// Final implements sqlite.Accumulator.
func (g *gatherer) Final() (sqlite.Value, error) {
	if len(g.list) == 0 {
		return sqlite.Null, nil
	}
	return Value(g.list)
}

// sets gives unnest, and what op ANY and ALL look at.
func sets() []*types.Function {
	rows := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		if args[0].IsNull() {
			return types.Values([]sqlite.Value{sqlite.Null}), nil
		}
		s, k := scan(args[0].Text()), kind(args[1].Text())
		return types.Series(func() (sqlite.Value, bool, error) {
			if !s.next() {
				return sqlite.Null, false, nil
			}
			return k.value(s.element), true, nil
		}), nil
	}
	spec := func(args []types.Arg, _ []types.ResultColumn) string { return string(kindOf(args[0].Type.Elem)) }
	return []*types.Function{
		{OID: 2331, Name: "unnest", Args: entry.Args(types.AnyArray), Result: types.AnyElement, ReturnsSet: true, Strict: true,
			Volatility: types.Immutable, Rows: rows, Spec: spec},
		{Schema: "galley_internal", Name: "tested", Args: entry.Args(types.AnyArray), Result: types.AnyElement, ReturnsSet: true,
			Volatility: types.Immutable, Rows: rows, Spec: spec},
	}
}
