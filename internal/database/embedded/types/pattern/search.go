package pattern

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
	"github.com/galleyhq/galley/internal/fault"
)

// searches gives the functions that count and find matches.
func (c *compiled) searches() (fs []*types.Function) {
	text, number := types.Text, types.Int4
	all := entry.Args(text, text, number, number, number, text, number)
	add := func(oid uint32, name string, result types.OID, call entry.Call, args ...types.OID) {
		fs = append(fs, entry.Raises(oid, name, result, args, call))
	}
	add(6254, "regexp_count", number, c.count, text, text)
	add(6255, "regexp_count", number, c.count, text, text, number)
	add(6256, "regexp_count", number, c.count, text, text, number, text)
	for i := range 6 {
		add(uint32(6257+i), "regexp_instr", number, c.position, all[:2+i]...)
	}
	add(6265, "regexp_substr", text, c.part, text, text)
	add(6266, "regexp_substr", text, c.part, text, text, number)
	add(6267, "regexp_substr", text, c.part, text, text, number, number)
	add(6268, "regexp_substr", text, c.part, text, text, number, number, text)
	add(6269, "regexp_substr", text, c.part, text, text, number, number, text, number)
	add(2073, "substring", text, c.substring, text, text)
	add(2074, "substring", text, c.substringSimilar, text, text, text)
	return fs
}

func (c *compiled) count(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	start, err := number(args, 2, "start", 1, 1)
	if err != nil {
		return sqlite.Null, err
	}
	o, err := readOptions(optional(args, 3), "regexp_count")
	if err != nil {
		return sqlite.Null, err
	}
	re, err := c.compile(args[1].Text(), o.flags)
	if err != nil {
		return sqlite.Null, err
	}
	list, err := all(re, []rune(args[0].Text()), start-1, true)
	return sqlite.Int(int64(len(list))), err
}

// found is what regexp_instr and regexp_substr look for: the n-th match from a
// place on, and in it the part of a group.
type found struct {
	text         []rune
	start, n     int
	group        int
	atEnd        int // 1: where it ends
	begin, after int // -1 for none
}

// position gives the character where a match begins, or the one after its end.
func (c *compiled) position(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	f, err := c.find(args, "regexp_instr", place{end: 4, flags: 5, group: 6})
	switch {
	case err != nil:
		return sqlite.Null, err
	case f.begin < 0:
		return sqlite.Int(0), nil
	case f.atEnd == 1:
		return sqlite.Int(int64(f.after + 1)), nil
	}
	return sqlite.Int(int64(f.begin + 1)), nil
}

func (c *compiled) part(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	f, err := c.find(args, "regexp_substr", place{end: len(args), flags: 4, group: 5})
	if err != nil || f.begin < 0 {
		return sqlite.Null, err
	}
	return sqlite.Text(string(f.text[f.begin:f.after])), nil
}

// place tells which arguments hold what.
type place struct{ end, flags, group int }

func (c *compiled) find(args []sqlite.Value, name string, at place) (f found, err error) {
	f = found{text: []rune(args[0].Text()), begin: -1}
	if f.start, err = number(args, 2, "start", 1, 1); err != nil {
		return f, err
	}
	if f.n, err = number(args, 3, "n", 1, 1); err != nil {
		return f, err
	}
	if f.atEnd, err = number(args, at.end, "endoption", 0, 0); err != nil {
		return f, err
	}
	if f.atEnd > 1 {
		return f, fault.New(fault.InvalidParameter, `invalid value for parameter "endoption": %d`, f.atEnd)
	}
	if f.group, err = number(args, at.group, "subexpr", 0, 0); err != nil {
		return f, err
	}
	o, err := readOptions(optional(args, at.flags), name)
	if err != nil {
		return f, err
	}
	re, err := c.compile(args[1].Text(), o.flags)
	if err != nil {
		return f, err
	}
	return f, f.search(re)
}

// search finds the n-th match. An expression without groups has one: itself.
func (f *found) search(re *regex.Regex) error {
	group := f.group
	if group == 1 && re.Groups() == 0 {
		group = 0
	}
	from := f.start - 1
	for n := 1; from <= len(f.text); n++ {
		m, err := re.Find(f.text, from)
		if err != nil || m == nil {
			return refusal(err)
		}
		if n == f.n {
			if group <= re.Groups() {
				f.begin, f.after = m[2*group], m[2*group+1]
			}
			return nil
		}
		from = following(m)
	}
	return nil
}

// substring gives what the first group takes, or the whole match where there is
// no group.
func (c *compiled) substring(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return c.firstGroup(args[0].Text(), args[1].Text())
}

func (c *compiled) firstGroup(s, pattern string) (sqlite.Value, error) {
	re, err := c.compile(pattern, regex.Flags{})
	if err != nil {
		return sqlite.Null, err
	}
	runes := []rune(s)
	m, err := re.Find(runes, 0)
	if err != nil || m == nil {
		return sqlite.Null, refusal(err)
	}
	if re.Groups() > 0 {
		m = m[2:]
	}
	if m[0] < 0 {
		return sqlite.Null, nil
	}
	return sqlite.Text(string(runes[m[0]:m[1]])), nil
}

// substringSimilar takes a pattern of SIMILAR TO and its escape character.
func (c *compiled) substringSimilar(conn *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	pattern, err := similar(conn, args[1:])
	if err != nil {
		return sqlite.Null, err
	}
	return c.firstGroup(args[0].Text(), pattern.Text())
}
