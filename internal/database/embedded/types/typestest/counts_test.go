package typestest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// What is demanded of the catalogue.
const (
	minProcs   = 700
	minPercent = 80
)

// measured are the types whose operators and casts are counted.
var measured = []string{"bool", "bytea", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "name",
	"date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "uuid"}

// counting holds the catalogue against the rows of PostgreSQL's.
type counting struct {
	t        *testing.T
	c        *types.Catalogue
	names    names
	measured map[uint32]bool
}

func newCounting(t *testing.T) counting {
	t.Helper()
	x := counting{t: t, c: catalogue(t), names: newNames(t), measured: map[uint32]bool{}}
	for _, r := range load(t, "pg_type") {
		if slices.Contains(measured, r["typname"]) {
			x.measured[r.oid(t, "oid")] = true
		}
	}
	return x
}

// TestCounts demands how much of PostgreSQL's catalogue there is, and lists what
// is missing (-v).
func TestCounts(t *testing.T) {
	x := newCounting(t)
	x.procs()
	x.operators()
	x.casts()
}

// procs counts the rows of pg_proc that are computed somewhere: as functions,
// behind operators and casts, as aggregates.
func (x counting) procs() {
	oids := map[uint32]bool{}
	add := func(f *types.Function) {
		if f != nil && f.OID != 0 {
			oids[f.OID] = true
		}
	}
	for _, family := range x.c.Families() {
		for _, f := range family.Functions {
			add(f)
		}
		for _, op := range family.Operators {
			add(op.Function)
		}
		for _, cast := range family.Casts {
			add(cast.Function)
		}
		for _, a := range family.Aggregates {
			oids[a.OID] = true
		}
	}
	if x.t.Logf("pg_proc: %d rows implemented", len(oids)); len(oids) < minProcs {
		x.t.Errorf("%d rows of pg_proc are implemented, at least %d should be", len(oids), minProcs)
	}
}

func (x counting) operators() {
	have := map[uint32]bool{}
	for _, family := range x.c.Families() {
		for _, op := range family.Operators {
			have[op.OID] = true
		}
	}
	var all int
	var missing []string
	for _, r := range load(x.t, "pg_operator") {
		left, right := r.oid(x.t, "oprleft"), r.oid(x.t, "oprright")
		if left != 0 && !x.measured[left] || !x.measured[right] {
			continue
		}
		if all++; !have[r.oid(x.t, "oid")] {
			missing = append(missing, x.names.operator(&types.Operator{Name: r["oprname"], Left: types.OID(left), Right: types.OID(right)}))
		}
	}
	x.report("pg_operator", all, missing)
}

func (x counting) casts() {
	var all int
	var missing []string
	for _, r := range load(x.t, "pg_cast") {
		source, target := r.oid(x.t, "castsource"), r.oid(x.t, "casttarget")
		if !x.measured[source] || !x.measured[target] {
			continue
		}
		if all++; x.c.Cast(types.OID(source), types.OID(target)) == nil {
			missing = append(missing, x.names.cast(&types.Cast{Source: types.OID(source), Target: types.OID(target)}))
		}
	}
	x.report("pg_cast", all, missing)
}

func (x counting) report(name string, all int, missing []string) {
	x.t.Helper()
	slices.Sort(missing)
	percent := 100 * float64(all-len(missing)) / float64(all)
	x.t.Logf("%s: %d of %d rows of these types implemented, %.1f %%; missing: %s", name, all-len(missing), all, percent, strings.Join(missing, ", "))
	if percent < minPercent {
		x.t.Errorf("%s: %.1f %% of the rows of these types are implemented, at least %d %% should be", name, percent, minPercent)
	}
}

// TestMissingOverloads calls each function and operator that PostgreSQL has and
// the catalogue lacks, although it knows the name and the types: it must be
// refused, not resolved to another overload, whose answer may differ.
func TestMissingOverloads(t *testing.T) {
	x := newCounting(t)
	rs := resolve.New(x.c, func(string) bool { return true }, func(e *fault.Error, _ string) *fault.Error { return e })
	have := map[uint32]bool{}
	for _, family := range x.c.Families() {
		for _, f := range family.Functions {
			have[f.OID] = true
		}
		for _, op := range family.Operators {
			have[op.OID] = true
		}
	}
	for _, r := range load(t, "pg_proc") {
		args := r.args(t)
		if have[r.oid(t, "oid")] || r["prokind"] != "f" || r["provariadic"] != "0" || !x.known(args) || len(x.c.Functions("", r["proname"])) == 0 {
			continue
		}
		if e, err := rs.Function("", r["proname"], probesOf(args)); err == nil {
			t.Errorf("%s resolves to another overload: %s", x.names.function(r["proname"], args), described(x, e))
		}
	}
	for _, r := range load(t, "pg_operator") {
		left, right := types.OID(r.oid(t, "oprleft")), types.OID(r.oid(t, "oprright"))
		args := []types.OID{left, right}
		if left == 0 {
			args = args[1:]
		}
		if have[r.oid(t, "oid")] || !x.known(args) || len(x.c.Operators(r["oprname"])) == 0 {
			continue
		}
		list := probesOf(args)
		if left == 0 {
			list = append([]tree.Expr{nil}, list...)
		}
		if e, err := rs.Operator(r["oprname"], list[0], list[1]); err == nil {
			t.Errorf("%s resolves to another overload: %s", x.names.operator(&types.Operator{Name: r["oprname"], Left: left, Right: right}), described(x, e))
		}
	}
}

// known tells whether the catalogue has all of some types.
func (x counting) known(args []types.OID) bool {
	return !slices.ContainsFunc(args, func(oid types.OID) bool { return x.c.Type(oid) == nil })
}

func probesOf(args []types.OID) []tree.Expr {
	out := make([]tree.Expr, len(args))
	for i, oid := range args {
		out[i] = resolve.Probe(types.Of(oid))
	}
	return out
}

func described(x counting, e tree.Expr) string {
	switch e := e.(type) {
	case *tree.Call:
		return x.names.function(e.Function.Name, e.Function.Args)
	case *tree.SessionValue:
		return x.names.function(e.Function.Name, e.Function.Args)
	}
	return x.names[e.Type().OID]
}

// TestUnprobedEntries demands that what TestFunctions cannot compare stands in a
// statement of the differential files.
func TestUnprobedEntries(t *testing.T) {
	var text strings.Builder
	paths, err := filepath.Glob("../../../databasetest/differential/testdata/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no differential files (%v)", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	all := strings.ToLower(text.String())
	for _, family := range catalogue(t).Families() {
		for _, f := range family.Functions {
			unprobed := f.Session != nil || f.Schema == "auth" || excluded[f.Name] != ""
			if unprobed && !strings.Contains(all, f.Name) {
				t.Errorf("%s is in no statement of the differential files", newNames(t).function(f.Name, f.Args))
			}
		}
	}
}
