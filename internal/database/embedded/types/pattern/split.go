package pattern

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// splits gives the functions that divide a text at matches.
func (c *compiled) splits() []*types.Function {
	const name = "regexp_split_to_table"
	rows := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		list, err := c.split(args, name)
		return types.Values(list), err
	}
	return []*types.Function{
		entry.Set(2765, name, types.Text, two, rows),
		entry.Set(2766, name, types.Text, three, rows),
	}
}

// split divides a text. A match without length counts within the text only, and
// not where one ended just before.
func (c *compiled) split(args []sqlite.Value, name string) (parts []sqlite.Value, err error) {
	o, err := readOptions(optional(args, 2), name)
	if err != nil {
		return nil, err
	}
	re, err := c.compile(args[1].Text(), o.flags)
	if err != nil {
		return nil, err
	}
	s := []rune(args[0].Text())
	matches, err := all(re, s, 0, true)
	if err != nil {
		return nil, err
	}
	begin, last := 0, 0
	for _, m := range matches {
		if m[0] < len(s) && m[1] > last {
			parts = append(parts, sqlite.Text(string(s[begin:m[0]])))
			begin = m[1]
		}
		last = m[1]
	}
	return append(parts, sqlite.Text(string(s[begin:]))), nil
}
