package typestest

import (
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestIncomplete finds the functions of which PostgreSQL has more than the
// catalogue: where a value of the catalogue's types could be an argument of one of
// those, the analyzer must not say that there is no such function.
func TestIncomplete(t *testing.T) {
	c, n := catalogue(t), newNames(t)
	implemented := map[uint32]bool{}
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			implemented[f.OID] = f.Schema == ""
		}
	}
	checked := 0
	for _, r := range load(t, "pg_proc") {
		name, args := r["proname"], r.args(t)
		if r["prokind"] != "f" || implemented[r.oid(t, "oid")] || len(c.Functions("", name)) == 0 {
			continue
		}
		checked++
		if reachable(t, c, args) && !resolve.Incomplete(name) {
			t.Errorf("%s is not there: resolve.Incomplete must name it", n.function(name, args))
		}
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

// reachable tells whether each argument can be a value of a type of the catalogue,
// by an implicit cast too, or is of a pseudo-type that one fits.
func reachable(t *testing.T, c *types.Catalogue, args []types.OID) bool {
	t.Helper()
	pseudo := []types.OID{types.Any, types.AnyElement, types.AnyArray, types.AnyNonArray, types.AnyEnum,
		types.AnyCompatible, types.AnyCompatibleArray, types.AnyCompatibleNonArray, types.Record}
	casts := map[types.OID]bool{}
	for _, r := range load(t, "pg_cast") {
		if r["castcontext"] == "i" && c.Type(types.OID(r.oid(t, "castsource"))) != nil {
			casts[types.OID(r.oid(t, "casttarget"))] = true
		}
	}
	return !slices.ContainsFunc(args, func(oid types.OID) bool {
		return c.Type(oid) == nil && !casts[oid] && !slices.Contains(pseudo, oid)
	})
}
