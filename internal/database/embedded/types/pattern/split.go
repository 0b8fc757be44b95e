package pattern

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// splits gives the functions that divide a text at matches, and those that give
// what groups take as arrays.
func (c *compiled) splits() []*types.Function {
	const table, list = "regexp_split_to_table", "regexp_split_to_array"
	rows := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		parts, err := c.split(args, table)
		values := make([]sqlite.Value, len(parts))
		for i, part := range parts {
			values[i] = sqlite.Text(part)
		}
		return types.Values(values), err
	}
	whole := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		parts, err := c.split(args, list)
		if err != nil {
			return sqlite.Null, err
		}
		return array.Texts(parts...)
	}
	return []*types.Function{
		entry.Set(2765, table, types.Text, two, rows), entry.Set(2766, table, types.Text, three, rows),
		entry.Raises(2767, list, array.TextArray, two, whole), entry.Raises(2768, list, array.TextArray, three, whole),
		entry.Raises(3396, "regexp_match", array.TextArray, two, c.match), entry.Raises(3397, "regexp_match", array.TextArray, three, c.match),
		entry.Set(2763, "regexp_matches", array.TextArray, two, c.matchRows), entry.Set(2764, "regexp_matches", array.TextArray, three, c.matchRows),
	}
}

// match gives what the groups take in the first match, or the whole match where
// there are no groups.
func (c *compiled) match(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	const name = "regexp_match"
	o, err := readOptions(optional(args, 2), name)
	if err != nil {
		if o.global {
			err = fault.New(fault.InvalidParameter, `%s() does not support the "global" option`, name).
				WithHint("Use the regexp_matches function instead.")
		}
		return sqlite.Null, err
	}
	re, err := c.compile(args[1].Text(), o.flags)
	if err != nil {
		return sqlite.Null, err
	}
	s := []rune(args[0].Text())
	m, err := re.Find(s, 0)
	if err != nil || m == nil {
		return sqlite.Null, refusal(err)
	}
	return groups(s, m)
}

// groups is an array of what the groups of a match take.
func groups(s []rune, m []int) (sqlite.Value, error) {
	if len(m) > 2 {
		m = m[2:]
	}
	list := make([]array.Element, len(m)/2)
	for i := range list {
		if list[i].Null = m[2*i] < 0; !list[i].Null {
			list[i].Text = string(s[m[2*i]:m[2*i+1]])
		}
	}
	return array.Value(list)
}

// matchRows is regexp_matches: a row for each match.
func (c *compiled) matchRows(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	o, err := readOptions(optional(args, 2), "")
	if err != nil {
		return nil, err
	}
	re, err := c.compile(args[1].Text(), o.flags)
	if err != nil {
		return nil, err
	}
	s := []rune(args[0].Text())
	matches, err := all(re, s, 0, o.global)
	if err != nil {
		return nil, err
	}
	rows := make([]sqlite.Value, len(matches))
	for i, m := range matches {
		if rows[i], err = groups(s, m); err != nil {
			return nil, err
		}
	}
	return types.Values(rows), nil
}

// split divides a text. A match without length counts within the text only, and
// not where one ended just before.
func (c *compiled) split(args []sqlite.Value, name string) (parts []string, err error) {
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
			parts = append(parts, string(s[begin:m[0]]))
			begin = m[1]
		}
		last = m[1]
	}
	return append(parts, string(s[begin:])), nil
}
