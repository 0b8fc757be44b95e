package text

import (
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// ordering gives what is left of comparing: the operators byte by byte, which
// under collation C are the usual ones, and the functions behind indexes (but for
// bttextcmp, whose results are those of the C library's memcmp).
func ordering() (fs []*types.Function, ops []*types.Operator) {
	for _, o := range []struct {
		op, fn uint32
		sign   string
		name   string
		native string
	}{
		{2314, 2160, "~<~", "text_pattern_lt", "<"}, {2315, 2161, "~<=~", "text_pattern_le", "<="},
		{2317, 2163, "~>=~", "text_pattern_ge", ">="}, {2318, 2164, "~>~", "text_pattern_gt", ">"},
	} {
		f := entry.Native(o.fn, o.name, types.Bool, two, "($1 "+o.native+" $2)")
		fs, ops = append(fs, f), append(ops, entry.Operator(o.op, o.sign, f))
	}
	return append(fs,
		entry.Native(458, "text_larger", types.Text, two, "max($1, $2)"),
		entry.Native(459, "text_smaller", types.Text, two, "min($1, $2)"),
	), ops
}
