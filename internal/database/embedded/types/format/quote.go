package format

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// quoting gives the functions that make text into SQL.
func quoting() []*types.Function {
	nullable := entry.Go(1289, "quote_nullable", types.Text, entry.Args(types.Text),
		func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			if args[0].IsNull() {
				return sqlite.Text("NULL"), nil
			}
			return sqlite.Text(quoteLiteral(args[0].Text())), nil
		})
	nullable.Strict = false
	literal := entry.Go(1283, "quote_literal", types.Text, entry.Args(types.Text), text.PerText(quoteLiteral))
	return []*types.Function{
		entry.Go(1282, "quote_ident", types.Text, entry.Args(types.Text), text.PerText(quoteIdent)),
		literal, nullable, ofAny(1285, literal), ofAny(1290, nullable),
	}
}

// ofAny returns the overload of a function of one text that takes any type,
// through its cast to text.
func ofAny(oid uint32, f *types.Function) *types.Function {
	c := *f
	c.OID, c.Args, c.Volatility, c.Call = oid, entry.Args(types.AnyElement), types.Stable, nil
	c.SQL = func(args []types.Arg) string {
		return f.CallSQL([]types.Arg{{SQL: cast(args[0])}})
	}
	return &c
}

// quoteIdent writes an identifier, in quotes where it needs them.
func quoteIdent(s string) string {
	if plainIdent(s) && !keywords[s] {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func plainIdent(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// quoteLiteral writes a string constant, in the escape syntax when it holds a
// backslash.
func quoteLiteral(s string) string {
	escaped := "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'"
	if strings.Contains(s, `\`) {
		return "E" + escaped
	}
	return escaped
}
