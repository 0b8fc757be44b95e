package typestest

import (
	"slices"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
)

// build makes the catalogue once for all tests; it never changes.
var build = sync.OnceValues(builtin.Catalogue)

func catalogue(t testing.TB) *types.Catalogue {
	t.Helper()
	c, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checker holds entries against the dump.
type checker struct {
	t          *testing.T
	types      map[uint32]row
	procs      map[uint32]row
	operators  map[uint32]row
	aggregates map[uint32]row
	casts      map[[2]uint32]row
}

// TestCatalogue finds each entry in PostgreSQL's catalogue, with the same name,
// types, result, strictness, volatility and OID.
func TestCatalogue(t *testing.T) {
	c := checker{
		t:          t,
		types:      byOID(t, load(t, "pg_type"), "oid"),
		procs:      byOID(t, load(t, "pg_proc"), "oid"),
		operators:  byOID(t, load(t, "pg_operator"), "oid"),
		aggregates: byOID(t, load(t, "pg_aggregate"), "aggfnoid"),
		casts:      map[[2]uint32]row{},
	}
	for _, r := range load(t, "pg_cast") {
		c.casts[[2]uint32{r.oid(t, "castsource"), r.oid(t, "casttarget")}] = r
	}
	for _, family := range catalogue(t).Families() {
		for _, typ := range family.Types {
			c.checkType(typ)
		}
		for _, f := range family.Functions {
			c.checkFunction(f)
		}
		for _, op := range family.Operators {
			c.checkOperator(op)
		}
		for _, cast := range family.Casts {
			c.checkCast(cast)
		}
		for _, a := range family.Aggregates {
			c.checkAggregate(a)
		}
	}
}

// same reports a property in which an entry differs from PostgreSQL.
func same[V comparable](c *checker, entry, property string, ours, theirs V) {
	c.t.Helper()
	if ours != theirs {
		c.t.Errorf("%s: %s is %v, in PostgreSQL %v", entry, property, ours, theirs)
	}
}

func (c *checker) checkType(typ *types.Type) {
	r, ok := c.types[uint32(typ.OID)]
	if !ok {
		c.t.Errorf("type %s: no OID %d in pg_type", typ.Name, typ.OID)
		return
	}
	same(c, typ.Name, "name", typ.Name, r["typname"])
	same(c, typ.Name, "SQL name", typ.SQLName, r["format_type"])
	same(c, typ.Name, "category", string(typ.Category), r["typcategory"])
	same(c, typ.Name, "preferred", typ.Preferred, r["typispreferred"] == "t")
}

func (c *checker) checkFunction(f *types.Function) {
	if f.OID == 0 {
		if f.Schema == "" || f.Schema == "pg_catalog" {
			c.t.Errorf("function %s%v of pg_catalog has no OID", f.Name, f.Args)
		}
		return
	}
	r, ok := c.procs[f.OID]
	if !ok {
		c.t.Errorf("function %s: no OID %d in pg_proc", f.Name, f.OID)
		return
	}
	name := f.SQLiteName()
	same(c, name, "name", f.Name, r["proname"])
	same(c, name, "kind", "f", r["prokind"])
	same(c, name, "result", uint32(f.Result), r.oid(c.t, "prorettype"))
	same(c, name, "strictness", f.Strict, r["proisstrict"] == "t")
	same(c, name, "volatility", string(f.Volatility), r["provolatile"])
	same(c, name, "set", f.ReturnsSet && !f.OneRow, r["proretset"] == "t")
	same(c, name, "variadic", f.Variadic, r["provariadic"] != "0")
	same(c, name, "defaults", uint32(f.Defaults), r.oid(c.t, "pronargdefaults"))
	c.sameArgs(name, f.Args, r)
}

func (c *checker) sameArgs(name string, args []types.OID, r row) {
	c.t.Helper()
	if theirs := r.args(c.t); !slices.Equal(args, theirs) {
		c.t.Errorf("%s: arguments are %v, in PostgreSQL %v", name, args, theirs)
	}
}

func (c *checker) checkOperator(op *types.Operator) {
	r, ok := c.operators[op.OID]
	if !ok {
		c.t.Errorf("operator %s: no OID %d in pg_operator", op.Name, op.OID)
		return
	}
	name := "operator " + r["oid"] + " " + op.Name
	same(c, name, "name", op.Name, r["oprname"])
	same(c, name, "left type", uint32(op.Left), r.oid(c.t, "oprleft"))
	same(c, name, "right type", uint32(op.Right), r.oid(c.t, "oprright"))
	same(c, name, "function", op.Function.OID, r.oid(c.t, "oprcode"))
	same(c, name, "result", uint32(op.Function.Result), r.oid(c.t, "oprresult"))
	c.checkFunction(op.Function)
}

func (c *checker) checkCast(cast *types.Cast) {
	name := "cast " + c.types[uint32(cast.Source)]["typname"] + " to " + c.types[uint32(cast.Target)]["typname"]
	r, ok := c.casts[[2]uint32{uint32(cast.Source), uint32(cast.Target)}]
	if !ok {
		c.t.Errorf("%s: not in pg_cast", name)
		return
	}
	same(c, name, "context", string(cast.Context), r["castcontext"])
	if cast.Function == nil {
		same(c, name, "function", 0, r.oid(c.t, "castfunc"))
		return
	}
	if r["castmethod"] == "f" { // else it goes through the text form
		same(c, name, "function", cast.Function.OID, r.oid(c.t, "castfunc"))
	}
	c.checkFunction(cast.Function)
}

func (c *checker) checkAggregate(a *types.Aggregate) {
	r, ok := c.procs[a.OID]
	if !ok {
		c.t.Errorf("aggregate %s: no OID %d in pg_proc", a.Name, a.OID)
		return
	}
	name := a.SQLiteName()
	same(c, name, "name", a.Name, r["proname"])
	same(c, name, "kind", "a", r["prokind"])
	kind := map[bool]string{false: "n", true: "o"}[a.Within]
	same(c, name, "aggregate kind", kind, c.aggregates[a.OID]["aggkind"])
	same(c, name, "result", uint32(a.Result), r.oid(c.t, "prorettype"))
	same(c, name, "star", a.Star, len(r.args(c.t)) == 0)
	if a.SQL == nil && a.New == nil {
		c.t.Errorf("aggregate %s needs SQL or New", name)
	}
	c.sameArgs(name, a.Args, r)
}
