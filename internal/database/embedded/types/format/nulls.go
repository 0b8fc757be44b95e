package format

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// counts gives num_nulls and num_nonnulls.
func counts() []*types.Function {
	one := func(oid uint32, name, test string) *types.Function {
		return &types.Function{OID: oid, Name: name, Args: entry.Args(types.Any), Variadic: true,
			Result: types.Int4, Volatility: types.Immutable,
			SQL: func(args []types.Arg) string {
				terms := make([]string, len(args))
				for i, a := range args {
					terms[i] = "(" + a.SQL + " " + test + ")"
				}
				return "(" + strings.Join(terms, " + ") + ")"
			}}
	}
	return []*types.Function{one(438, "num_nulls", "IS NULL"), one(440, "num_nonnulls", "IS NOT NULL")}
}
