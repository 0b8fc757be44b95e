package types_test

import (
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

func first(t *testing.T) *types.Catalogue {
	t.Helper()
	c, err := types.NewCatalogue(types.Family{Name: "first",
		Types:     []*types.Type{{OID: 1, Name: "one"}},
		Functions: []*types.Function{function("f", 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func function(name string, arg types.OID) *types.Function {
	return &types.Function{Name: name, Args: []types.OID{arg}, SQL: func([]types.Arg) string { return "" }}
}

// TestWith adds a layer: all is found through it, and the layer below stays as
// it was.
func TestWith(t *testing.T) {
	base := first(t)
	next, err := base.With(types.Family{Name: "second",
		Types:     []*types.Type{{OID: 2, Name: "one"}}, // a name of another schema
		Functions: []*types.Function{function("f", 2), function("g", 2)},
		Operators: []*types.Operator{{Name: "+", Left: 1, Right: 2}},
		Casts:     []*types.Cast{{Source: 1, Target: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if next.Type(1) == nil || next.Type(2) == nil || len(next.Functions("", "f")) != 2 || len(next.Functions("", "g")) != 1 ||
		len(next.Operators("+")) != 1 || next.Cast(1, 2) == nil {
		t.Error("the second layer does not show both")
	}
	if base.Type(2) != nil || len(base.Functions("", "f")) != 1 || base.Functions("", "g") != nil || base.Operators("+") != nil ||
		base.Cast(1, 2) != nil {
		t.Error("the first layer changed")
	}
	if got := next.TypeNamed("one"); got == nil || got.OID != 1 {
		t.Errorf("the type one of pg_catalog is %v", got)
	}
}

func TestWithNothing(t *testing.T) {
	base := first(t)
	if next, err := base.With(types.Family{Name: "none"}); err != nil || next != base {
		t.Errorf("a family without entries gives %v, %v", next, err)
	}
}

func TestWithRefuses(t *testing.T) {
	call := function("f", 2)
	call.SQL = nil
	call.Call = func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) { return sqlite.Null, nil }
	for name, f := range map[string]types.Family{
		"a type's OID twice": {Types: []*types.Type{{OID: 1, Name: "other"}}},
		"a function twice":   {Functions: []*types.Function{function("f", 1)}},
		"a function in Go":   {Functions: []*types.Function{call}},
		"a collation":        {Types: []*types.Type{{OID: 3, Name: "c"}}, Collations: []sqlite.Collation{{Name: "c"}}},
		"an aggregate in Go": {Aggregates: []*types.Aggregate{{Name: "a", New: func(*sqlite.Conn) sqlite.Accumulator { return nil }}}},
	} {
		if _, err := first(t).With(f); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
