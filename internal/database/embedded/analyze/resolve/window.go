package resolve

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// windowFunction is a signature of a function that only OVER can call.
type windowFunction struct {
	name   string
	args   []types.OID
	result types.OID
}

const float8 types.OID = 701

// windowFunctions lists PostgreSQL's (PostgreSQL documentation, section 9.22).
func windowFunctions() []windowFunction {
	value := []types.OID{types.AnyElement}
	var out []windowFunction
	for _, name := range []string{"row_number", "rank", "dense_rank"} {
		out = append(out, windowFunction{name, nil, types.Int8})
	}
	for _, name := range []string{"percent_rank", "cume_dist"} {
		out = append(out, windowFunction{name, nil, float8})
	}
	for _, name := range []string{"lag", "lead"} {
		out = append(out, windowFunction{name, value, types.AnyElement},
			windowFunction{name, []types.OID{types.AnyElement, types.Int4}, types.AnyElement},
			windowFunction{name, []types.OID{types.AnyCompatible, types.Int4, types.AnyCompatible}, types.AnyCompatible})
	}
	return append(out, windowFunction{"first_value", value, types.AnyElement}, windowFunction{"last_value", value, types.AnyElement},
		windowFunction{"nth_value", []types.OID{types.AnyElement, types.Int4}, types.AnyElement},
		windowFunction{"ntile", []types.OID{types.Int4}, types.Int4})
}

// IsWindow tells whether a name is that of a window function.
func IsWindow(name string) bool {
	return slices.ContainsFunc(windowFunctions(), func(f windowFunction) bool { return f.name == name })
}

// Window resolves a window function by its arguments, which it converts, and
// returns the type of its result.
func (rs *Resolver) Window(name string, args []tree.Expr) (types.Ref, error) {
	var list []candidate
	for _, f := range windowFunctions() {
		if f.name == name && len(f.args) == len(args) {
			list = append(list, candidate{args: f.args, entry: f})
		}
	}
	inputs := inputTypes(args)
	best, ambiguous := rs.choose(inputs, list)
	if best == nil {
		names := make([]string, len(inputs))
		for i, oid := range inputs {
			names[i] = rs.TypeName(oid)
		}
		if ambiguous {
			return types.Ref{}, rs.noCall("", name, names, true)
		}
		return types.Ref{}, rs.noSuch(name, name+"("+strings.Join(names, ", ")+")")
	}
	f := best.(windowFunction)
	result, err := rs.generic(args, f.args, f.result)
	return types.Of(result), err
}
