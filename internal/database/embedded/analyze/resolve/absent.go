package resolve

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Types of PostgreSQL that the catalogue does not have.
const (
	xid      types.OID = 28
	macaddr  types.OID = 829
	inet     types.OID = 869
	bit      types.OID = 1560
	tsvector types.OID = 3614
)

// absent are functions over such types, of names that the catalogue knows, which
// take part in the choice: with an argument of unknown type PostgreSQL may choose
// one of them, or find that the call is not unique. One that is chosen fails as
// its type is not known. (Where a function takes text, text is chosen anyway.)
var absent = map[string][][]types.OID{
	"age":       {{xid}},
	"bit_count": {{bit}},
	"get_bit":   {{bit, types.Int4}},
	"set_bit":   {{bit, types.Int4, types.Int4}},
	"trunc":     {{macaddr}},
	"unnest":    {{tsvector}},
}

// absentOperators are binary operators of the same kind.
var absentOperators = map[string][]types.OID{"&&": {inet}}

// absentFunctions returns the absent functions of a name.
func absentFunctions(name string) (list []*types.Function) {
	for _, args := range absent[name] {
		list = append(list, &types.Function{Name: name, Args: args, Result: types.Unknown})
	}
	return list
}

// incomplete are the functions of which PostgreSQL has more than the catalogue, over
// types of which it has values: a call that fits none here may fit one there.
var incomplete = map[string]bool{
	"has_any_column_privilege": true, "has_column_privilege": true, "has_function_privilege": true, "has_schema_privilege": true,
	"has_sequence_privilege": true, "has_table_privilege": true, "in_range": true, "int8": true, "pg_has_role": true, "row_security_active": true, "width_bucket": true,
}

// Incomplete tells whether a call of a function that fits none of the catalogue may
// fit one that PostgreSQL has.
func Incomplete(name string) bool { return incomplete[name] }

// operators returns the operators of a name along the path, with those that are
// absent.
func (rs *Resolver) operators(name string) []*types.Operator {
	list := slices.DeleteFunc(slices.Clone(rs.types.Operators(name)), func(op *types.Operator) bool {
		return op.Schema != "" && rs.Path != nil && !slices.Contains(rs.Path(), op.Schema)
	})
	for _, t := range absentOperators[name] {
		list = append(list[:len(list):len(list)], &types.Operator{Name: name, Left: t, Right: t})
	}
	return list
}
