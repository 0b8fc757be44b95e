package resolve

import (
	"errors"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// atTransaction is a literal that refers to the time of the transaction, such
// as 'today'. It is read before each run of the statement.
func atTransaction(t *types.Type, text string, ref types.Ref) tree.Expr {
	fn := &types.Function{Name: t.Name, Result: ref.OID, Volatility: types.Stable, MayRaise: true,
		Session: func(e types.Env, args []sqlite.Value) (sqlite.Value, error) {
			return t.InAt(args[0].Text(), ref.Mod, e.TransactionTime())
		}}
	value := &tree.SessionValue{Function: fn, Args: []sqlite.Value{sqlite.Text(text)}}
	if ref.Mod < 0 {
		return value
	}
	return &tree.Relabel{Ref: ref, Arg: value}
}

// Named resolves a function some of whose arguments are named; names stands
// beside args, with "" for those given by their place, which come first.
func (rs *Resolver) Named(schemaName, name string, args []tree.Expr, names []string) (tree.Expr, error) {
	inputs := make([]types.OID, len(args))
	for i, e := range args {
		inputs[i] = inputType(e)
	}
	places := map[*types.Function][]int{}
	var list []candidate
	for _, fn := range rs.functions(schemaName, name) {
		at, ok := arrange(fn, names)
		if !ok {
			continue
		}
		declared := make([]types.OID, len(args))
		for i, place := range at {
			declared[i] = fn.Args[place]
		}
		places[fn] = at
		list = append(list, candidate{args: declared, entry: fn})
	}
	best, ambiguous := rs.choose(inputs, list)
	if best == nil {
		return nil, rs.noNamed(schemaName, name, inputs, names, ambiguous)
	}
	fn := best.(*types.Function)
	all := make([]tree.Expr, len(fn.Args))
	for i, place := range places[fn] {
		all[place] = args[i]
	}
	all, err := rs.complete(fn, all)
	if err != nil {
		return nil, err
	}
	return rs.bind(fn, fn.Args, all)
}

// noNamed is the error for a call that fits no function.
func (rs *Resolver) noNamed(schemaName, name string, inputs []types.OID, names []string, ambiguous bool) error {
	shown := make([]string, len(inputs))
	for i, oid := range inputs {
		if shown[i] = rs.TypeName(oid); names[i] != "" {
			shown[i] = names[i] + " => " + shown[i]
		}
	}
	return rs.noCall(schemaName, name, shown, ambiguous)
}

// arrange finds the place of each argument of a call; false when the function
// does not fit.
func arrange(fn *types.Function, names []string) ([]int, bool) {
	if len(names) > len(fn.Args) || fn.Variadic {
		return nil, false
	}
	given := make([]bool, len(fn.Args))
	at := make([]int, len(names))
	for i, name := range names {
		place := i
		if name != "" {
			place = slices.Index(fn.Names, name)
		}
		if place < 0 || given[place] {
			return nil, false
		}
		at[i], given[place] = place, true
	}
	for place := range len(fn.Args) - fn.Defaults {
		if !given[place] {
			return nil, false
		}
	}
	return at, true
}

// complete puts default values in the place of arguments that were left out.
func (rs *Resolver) complete(fn *types.Function, args []tree.Expr) ([]tree.Expr, error) {
	if fn.Variadic || len(args) > len(fn.Args) || len(args) == len(fn.Args) && !slices.Contains(args, nil) {
		return args, nil
	}
	declared := rs.DefaultOf != nil && fn.Schema != "" && fn.DefaultTexts == nil
	if len(fn.DefaultTexts) < fn.Defaults && !declared {
		return nil, Unsupported("a default argument of function %s is", fn.Name)
	}
	all := make([]tree.Expr, len(fn.Args))
	copy(all, args)
	first := len(fn.Args) - fn.Defaults
	for i := range all {
		if all[i] != nil {
			continue
		}
		if i < first { // arrange and expand see to that
			return nil, fault.Internal(errors.New("an argument without a default is missing"))
		}
		var err error
		if declared {
			if all[i], err = rs.DefaultOf(fn, i); err == nil && all[i] == nil {
				err = Unsupported("a default argument of function %s is", fn.Name)
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		if all[i], err = rs.Literal(fn.DefaultTexts[i-first], types.Of(fn.Args[i])); err != nil {
			return nil, err
		}
	}
	return all, nil
}
