package integer

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// conversions gives the casts among the integers: to a wider type the storage
// form stays, to a narrower one it is checked.
func conversions() (fs []*types.Function, casts []*types.Cast) {
	for _, c := range []struct {
		oid      uint32
		from, to width
	}{
		{313, small, normal}, {754, small, big}, {481, normal, big},
		{314, normal, small}, {714, big, small}, {480, big, normal},
	} {
		args, context := entry.Args(c.from.oid), types.Implicit
		f := entry.Native(c.oid, c.to.name, c.to.oid, args, "$1")
		if c.to.bits < c.from.bits {
			context = types.Assignment
			f = entry.Raises(c.oid, c.to.name, c.to.oid, args, narrow(c.to))
		}
		fs = append(fs, f)
		casts = append(casts, &types.Cast{Source: c.from.oid, Target: c.to.oid, Context: context, Function: f})
	}
	return fs, casts
}

func narrow(w width) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return w.check(args[0].Int(), true)
	}
}
