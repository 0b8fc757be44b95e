package array

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// moreSets gives generate_subscripts, and string_to_table, which is
// string_to_array as rows.
func moreSets() []*types.Function {
	a, t := types.AnyArray, types.Text
	subscripts := entry.Set(1192, "generate_subscripts", types.Int4, entry.Args(a, types.Int4), generateSubscripts)
	backwards := entry.Set(1191, "generate_subscripts", types.Int4, entry.Args(a, types.Int4, types.Bool), generateSubscripts)
	subscripts.MayRaise, backwards.MayRaise = false, false
	list := []*types.Function{subscripts, backwards,
		entry.Set(6160, "string_to_table", t, entry.Args(t, t), splitRows),
		entry.Set(6161, "string_to_table", t, entry.Args(t, t, t), splitRows)}
	for _, f := range list[2:] {
		f.Strict = false
	}
	return list
}

// generateSubscripts gives the subscripts of a dimension; there is one only.
func generateSubscripts(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	n := int64(Len(args[0]))
	if args[1].Int() != 1 {
		n = 0
	}
	down, at := len(args) > 2 && args[2].Bool(), int64(0)
	return types.Series(func() (sqlite.Value, bool, error) {
		at++
		if down {
			return sqlite.Int(n + 1 - at), at <= n, nil
		}
		return sqlite.Int(at), at <= n, nil
	}), nil
}

func splitRows(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	for len(args) < 3 {
		args = append(args, sqlite.Null)
	}
	whole, err := split(c, args)
	if err != nil || whole.IsNull() {
		return types.Values(nil), err
	}
	s := scan(whole.Text())
	return types.Series(func() (sqlite.Value, bool, error) {
		if !s.next() {
			return sqlite.Null, false, nil
		}
		if s.element.Null {
			return sqlite.Null, true, nil
		}
		return sqlite.Text(s.element.Text), true, nil
	}), nil
}
