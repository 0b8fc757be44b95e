package session

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Inquirer is the statement being run, as has_table_privilege() and its kind find
// it. kind is the word in the function's name,
// row_security for row_security_active(); role is "" for the current user.
type Inquirer interface {
	HasPrivilege(kind, role, object, column, privileges string) (bool, error)
}

// inquiries are the functions that ask for privileges, those with names instead
// of OIDs (PostgreSQL documentation, table 9.67).
func inquiries() []*types.Function {
	var out []*types.Function
	add := func(own, named uint32, kind string, args ...types.OID) {
		name := "has_" + kind + "_privilege"
		if kind == "role" {
			name = "pg_has_role"
		}
		out = append(out, inquiry(own, name, kind, false, args), inquiry(named, name, kind, true, append([]types.OID{types.Name}, args...)))
	}
	add(1926, 1922, "table", types.Text, types.Text)
	add(2185, 2181, "sequence", types.Text, types.Text)
	add(2272, 2268, "schema", types.Text, types.Text)
	add(2260, 2256, "function", types.Text, types.Text)
	add(3028, 3024, "any_column", types.Text, types.Text)
	add(3020, 3012, "column", types.Text, types.Text, types.Text)
	add(2709, 2705, "role", types.Name, types.Text)
	return append(out, inquiry(3299, "row_security_active", "row_security", false, []types.OID{types.Text}))
}

func inquiry(oid uint32, name, kind string, named bool, args []types.OID) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: types.Bool, Strict: true, Volatility: types.Stable, MayRaise: true,
		Call: func(c *sqlite.Conn, values []sqlite.Value) (sqlite.Value, error) {
			texts := make([]string, len(values))
			for i, v := range values {
				if v.IsNull() {
					return sqlite.Null, nil
				}
				texts[i] = v.Text()
			}
			who, ok := c.State.(Inquirer)
			if !ok {
				return sqlite.Null, fault.Unsupported("%s() is not supported here", name)
			}
			role, column := "", ""
			if named {
				role, texts = texts[0], texts[1:]
			}
			if len(texts) == 3 {
				column = texts[1]
			}
			has, err := who.HasPrivilege(kind, role, texts[0], column, texts[len(texts)-1])
			return sqlite.Bool(has), err
		}}
}
