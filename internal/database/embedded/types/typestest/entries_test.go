package typestest

import (
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// probe is an entry applied to arguments: how PostgreSQL is asked, and how the
// entry answers.
type probe struct {
	ask    string
	tuple  []argument
	fn     *types.Function
	result *types.Type
}

// probes are all the probes of one entry.
type probes struct {
	entry   string
	list    []probe
	lenient bool // need not give a value
}

// only limits a run to the entries that an expression matches, for work on them.
var only = flag.String("entries", "", "regular expression of the entries to compare")

func chosen(entry string) bool {
	return *only == "" || regexp.MustCompile(*only).MatchString(entry)
}

const (
	perFunction = 600
	perVariadic = 60 // for each of many combinations of types
	perOperator = 60
)

// TestFunctions evaluates every function on both sides.
func TestFunctions(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	var all []probes
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			if f.Session != nil || f.ReturnsSet || f.Schema != "" || excluded[f.Name] != "" ||
				slices.Contains(f.Args, types.Record) || // TestRows
				f.Variadic && f.Args[len(f.Args)-1] == types.TextArray { // differential/testdata/json_paths.sql
				continue
			}
			entry := a.names.function(f.Name, f.Args)
			p := probes{entry: entry}
			limit := perFunction
			if f.Variadic {
				limit = perVariadic
			}
			for _, tuple := range a.tuples(t, entry, f.Args, f.Variadic, limit) {
				p.list = append(p.list, newProbe(c, f, tuple, "pg_catalog."+quoteName(f.Name)+"("+literals(tuple)+")"))
			}
			all = append(all, p)
		}
	}
	compare(t, all)
}

// excluded names functions that cannot be held against another server, and why.
var excluded = map[string]string{
	"gen_random_uuid": "random",
	"row_to_json":     "takes whole rows: see TestRows",
	"clock_timestamp": "the clock",
	"random":          "random",
	"timeofday":       "the clock",
	"set_config":      "changes the transaction",
	"pg_notify":       "tells others: see TestConformance",
	// The others look into a database's catalogue.
	"has_table_privilege": catalogued, "row_security_active": catalogued, "has_function_privilege": catalogued, "has_any_column_privilege": catalogued, "has_column_privilege": catalogued,
	"has_schema_privilege": catalogued, "has_sequence_privilege": catalogued, "pg_has_role": catalogued,
}

const catalogued = "there is no catalogue in this test"

// inexact names the functions of floats which give the nearest float (package
// precise), while PostgreSQL gives what the C library of its machine does: that
// too, but for the last digits of a few arguments.
var inexact = map[string]bool{
	"exp": true, "dexp": true, "ln": true, "dlog1": true, "log": true, "log10": true, "dlog10": true,
	"pow": true, "power": true, "dpow": true,
	"sin": true, "cos": true, "tan": true, "cot": true, "asin": true, "acos": true, "atan": true, "atan2": true,
	"sind": true, "cosd": true, "tand": true, "cotd": true, "asind": true, "acosd": true, "atand": true, "atan2d": true,
	"sinh": true, "cosh": true, "tanh": true, "asinh": true, "acosh": true, "atanh": true,
}

// near tells whether two texts are floats that differ in the last digits only.
func near(a, b answer) bool {
	x, errX := strconv.ParseFloat(a.text, 64)
	y, errY := strconv.ParseFloat(b.text, 64)
	return a.code == "" && b.code == "" && errX == nil && errY == nil && math.Abs(x-y) <= 0x1p-50*math.Abs(y)
}

func quoteName(name string) string { return `"` + name + `"` }

func newProbe(c *types.Catalogue, f *types.Function, tuple []argument, expression string) probe {
	result := standIn(c, f.Result, elementIn(f.Args, typesOf(tuple)))
	return probe{ask: show(expression), tuple: tuple, fn: f, result: result}
}

func literals(tuple []argument) string {
	list := make([]string, len(tuple))
	for i, arg := range tuple {
		list[i] = arg.literal()
	}
	return strings.Join(list, ", ")
}

// TestOperators applies every operator on both sides.
func TestOperators(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	var all []probes
	for _, family := range c.Families() {
		for _, op := range family.Operators {
			entry := a.names.operator(op)
			p := probes{entry: entry}
			for _, tuple := range a.tuples(t, entry, op.Function.Args, false, perOperator) {
				sign := " operator(pg_catalog." + op.Name + ") "
				expression := sign + tuple[len(tuple)-1].literal()
				if op.Left != 0 {
					expression = tuple[0].literal() + expression
				}
				p.list = append(p.list, newProbe(c, op.Function, tuple, expression))
			}
			all = append(all, p)
		}
	}
	compare(t, all)
}

// TestCasts casts the values of every source type, on both sides.
func TestCasts(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	var all []probes
	for _, family := range c.Families() {
		for _, cast := range family.Casts {
			if cast.Source == cast.Target {
				continue // a length coercion: TestModifiers
			}
			target := c.Type(cast.Target)
			entry := a.names.cast(cast)
			p := probes{entry: entry}
			f := cast.Function
			if f == nil {
				f = &types.Function{SQL: func(args []types.Arg) string { return args[0].SQL }}
			}
			for _, tuple := range a.tuples(t, entry, []types.OID{cast.Source}, false, perFunction) {
				if len(f.Args) > 1 {
					break
				}
				expression := fmt.Sprintf("cast(%s as %s)", tuple[0].literal(), named(target))
				probe := newProbe(c, f, tuple, expression)
				probe.result = target
				p.list = append(p.list, probe)
			}
			all = append(all, p)
		}
	}
	compare(t, all)
}

// compare asks both sides and reports each difference. An entry that never gave a
// value was not tested, which is an error too.
func compare(t *testing.T, all []probes) {
	t.Helper()
	server := connect(t)
	own := open(t)
	var statements []string
	all = slices.DeleteFunc(all, func(p probes) bool { return !chosen(p.entry) })
	for _, p := range all {
		for _, probe := range p.list {
			statements = append(statements, probe.ask)
		}
	}
	theirs := server.try(t, statements)
	t.Logf("%d entries, %d evaluations", len(all), len(statements))
	for _, p := range all {
		n := len(p.list)
		compareEntry(t, own, p, theirs[:n])
		theirs = theirs[n:]
	}
	t.Logf("%d evaluations were refused", own.refusals)
}

// printed bounds what is printed of one entry.
const printed = 8

func compareEntry(t *testing.T, own *engine, p probes, theirs []answer) {
	t.Helper()
	values, wrong, nearly := 0, 0, 0
	for _, form := range forms {
		got := own.evaluate(t, p.list, form)
		for i, probe := range p.list {
			want := theirs[i]
			if got[i] == want && want.code == "" && !want.null {
				values++
			}
			if want.code != "" && !probe.fn.MayRaise {
				t.Errorf("%s: PostgreSQL raises %s for (%s), so MayRaise must be set", p.entry, want, literals(probe.tuple))
			}
			if got[i].code != "" && !probe.fn.MayRaise {
				t.Errorf("%s: raises %s for (%s), so MayRaise must be set", p.entry, got[i], literals(probe.tuple))
			}
			if refused(got[i]) && got[i] != want {
				own.refusals++
				continue
			}
			if got[i] == want {
				continue
			}
			if inexact[probe.fn.Name] && probe.result.Column == "ANY" && near(got[i], want) {
				nearly++
				continue
			}
			if wrong++; wrong <= printed {
				t.Errorf("%s over (%s) as %s: %s, in PostgreSQL %s", p.entry, literals(probe.tuple), form, got[i], want)
			}
		}
	}
	if wrong > printed {
		t.Errorf("%s: %d more differences", p.entry, wrong-printed)
	}
	if nearly > 0 {
		t.Logf("%s: %d of %d in the last digits off", p.entry, nearly, len(forms)*len(p.list))
	}
	if nearly > len(forms)*(1+len(p.list)/25) {
		t.Errorf("%s: too many differ in the last digits", p.entry)
	}
	if values == 0 && !p.lenient {
		t.Errorf("%s: no evaluation gave a value: add tuples", p.entry)
	}
}
