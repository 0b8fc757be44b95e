package resolve

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Function resolves a function by its arguments (PostgreSQL documentation,
// section 10.3) in a schema, which is empty for pg_catalog.
func (rs *Resolver) Function(schemaName, name string, args []tree.Expr) (tree.Expr, error) {
	inputs := make([]types.OID, len(args))
	for i, e := range args {
		inputs[i] = inputType(e)
	}
	var list []candidate
	for _, fn := range rs.functions(schemaName, name) {
		declared, ok := expand(fn, len(args))
		if !ok {
			continue
		}
		if equal(declared, inputs) {
			return rs.bind(fn, declared, args)
		}
		list = append(list, candidate{args: declared, entry: fn})
	}
	if schemaName == "" && len(args) == 1 {
		if e, ok, err := rs.castCall(name, args[0]); ok {
			return e, err
		}
	}
	best, ambiguous := rs.choose(inputs, list)
	if best == nil {
		return nil, rs.noFunction(schemaName, name, inputs, ambiguous)
	}
	fn := best.(*types.Function)
	declared, _ := expand(fn, len(args))
	return rs.bind(fn, declared, args)
}

// expand returns the declared argument types for a call with n arguments.
func expand(fn *types.Function, n int) ([]types.OID, bool) {
	if fn.Variadic && n >= len(fn.Args) {
		last := len(fn.Args) - 1
		repeated := fn.Args[last]
		if fn.Repeats != 0 {
			repeated = fn.Repeats
		}
		if repeated == types.TextArray {
			repeated = types.Text
		}
		out := append([]types.OID(nil), fn.Args[:last]...)
		for len(out) < n {
			out = append(out, repeated)
		}
		return out, true
	}
	if n > len(fn.Args) || n < len(fn.Args)-fn.Defaults {
		return nil, false
	}
	return fn.Args[:n], true
}

func equal(x, y []types.OID) bool {
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// castCall reads text(x) and its kind as a cast, as PostgreSQL does when no
// Function of the name fits exactly.
func (rs *Resolver) castCall(name string, arg tree.Expr) (tree.Expr, bool, error) {
	t := rs.types.TypeNamed(name)
	if t == nil || arg.Type().OID == types.Record {
		return nil, false, nil
	}
	source := arg.Type().OID
	cast := rs.types.Cast(source, t.OID)
	if source != types.Unknown && source != t.OID && (cast == nil || cast.Function != nil) && !rs.textual(source) {
		return nil, false, nil
	}
	e, err := rs.Coerce(arg, types.Of(t.OID), explicit)
	return e, err == nil, err
}

func (rs *Resolver) noFunction(schemaName, name string, inputs []types.OID, ambiguous bool) error {
	list := make([]string, len(inputs))
	for i, oid := range inputs {
		list[i] = rs.TypeName(oid)
	}
	if schemaName == "" && !ambiguous && len(rs.types.Functions("", name)) > 0 && !Incomplete(name) {
		return rs.noSuch(name, name+"("+strings.Join(list, ", ")+")")
	}
	return rs.noCall(schemaName, name, list, ambiguous)
}

func (rs *Resolver) noSuch(name, call string) error {
	return rs.at(fault.New(fault.UndefinedFunction, "function %s does not exist", call).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts."), name)
}

// noCall is the error for a call, its arguments as shown, that fits no function.
func (rs *Resolver) noCall(schemaName, name string, list []string, ambiguous bool) error {
	full := name
	if schemaName != "" {
		full = schemaName + "." + name
	}
	call := full + "(" + strings.Join(list, ", ") + ")"
	if ambiguous {
		return rs.at(fault.New(fault.AmbiguousFunction, "function %s is not unique", call).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts."), name)
	}
	if schemaName == "" && rs.known != nil && rs.known(name) {
		return Unsupported("the function %s is", call)
	}
	return rs.noSuch(name, call)
}

// bind converts the arguments to the declared types and makes the call.
func (rs *Resolver) bind(fn *types.Function, declared []types.OID, args []tree.Expr) (tree.Expr, error) {
	args, err := rs.complete(fn, args)
	if err != nil {
		return nil, err
	}
	result, err := rs.generic(args, declared, fn.Result)
	if err != nil {
		return nil, err
	}
	return rs.call(fn, args, result)
}

// Call makes the node of a call over arguments of the declared types. A function
// of the session over constants is computed once before the statement.
func (rs *Resolver) Call(fn *types.Function, args []tree.Expr) (tree.Expr, error) {
	return rs.call(fn, args, fn.Result)
}

func (rs *Resolver) call(fn *types.Function, args []tree.Expr, result types.OID) (tree.Expr, error) {
	if fn.Session == nil {
		return &tree.Call{Function: fn, Args: args, Ref: types.Of(result)}, nil
	}
	v := &tree.SessionValue{Function: fn}
	for _, arg := range args {
		c, ok := arg.(*tree.Const)
		if !ok {
			return nil, Unsupported("the function %s over anything but constants is", fn.Name)
		}
		v.Args = append(v.Args, c.Value)
	}
	return v, nil
}

// FindAggregate resolves an aggregate by its arguments, which it converts, and
// returns the type of its result.
func (rs *Resolver) FindAggregate(name string, star bool, args []tree.Expr, list []*types.Aggregate) (*types.Aggregate, types.Ref, error) {
	inputs := make([]types.OID, len(args))
	for i, e := range args {
		inputs[i] = e.Type().OID
	}
	var candidates []candidate
	for _, agg := range list {
		if agg.Star == star && len(agg.Args) == len(args) {
			candidates = append(candidates, candidate{args: agg.Args, entry: agg})
		}
	}
	best, ambiguous := rs.choose(inputs, candidates)
	for _, c := range candidates {
		if equal(c.args, inputs) {
			best = c.entry
		}
	}
	if best == nil {
		if IsKnownAggregate(name) && !ambiguous {
			return nil, types.Ref{}, Unsupported("the aggregate %s over these types is", name)
		}
		return nil, types.Ref{}, rs.noFunction("", name, inputs, ambiguous)
	}
	agg := best.(*types.Aggregate)
	result, err := rs.generic(args, agg.Args, agg.Result)
	return agg, types.Of(result), err
}

// IsKnownAggregate tells whether PostgreSQL has an aggregate of the name.
func IsKnownAggregate(name string) bool {
	switch name {
	case "count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg",
		"jsonb_object_agg", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor", "stddev", "stddev_pop",
		"stddev_samp", "variance", "var_pop", "var_samp", "corr", "covar_pop", "covar_samp", "mode",
		"percentile_cont", "percentile_disc", "rank", "dense_rank", "range_agg", "xmlagg":
		return true
	}
	return strings.HasPrefix(name, "regr_")
}
