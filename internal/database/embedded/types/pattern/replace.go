package pattern

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

var three = entry.Args(types.Text, types.Text, types.Text)

// replaces gives the forms of regexp_replace.
func (c *compiled) replaces() []*types.Function {
	const name = "regexp_replace"
	text, number := types.Text, types.Int4
	return []*types.Function{
		entry.Raises(2284, name, text, three, c.replaceFlagged),
		entry.Raises(2285, name, text, entry.Args(text, text, text, text), c.replaceFlagged),
		entry.Raises(6253, name, text, entry.Args(text, text, text, number), c.replaceFrom),
		entry.Raises(6252, name, text, entry.Args(text, text, text, number, number), c.replaceFrom),
		entry.Raises(6251, name, text, entry.Args(text, text, text, number, number, text), c.replaceFrom),
	}
}

func (c *compiled) replaceFlagged(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	flags := optional(args, 3)
	if flags != "" && flags[0] >= '0' && flags[0] <= '9' {
		return sqlite.Null, fault.New(fault.InvalidParameter, `invalid regular expression option: "%s"`, flags[:1]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	o, err := readOptions(flags, "")
	if err != nil {
		return sqlite.Null, err
	}
	r := replacement{options: o, n: 1}
	if o.global {
		r.n = 0
	}
	return c.replace(args, r)
}

// replaceFrom takes where the search begins, which match is meant (0 for all), and
// flags.
func (c *compiled) replaceFrom(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	r := replacement{n: 1}
	var err error
	if r.from, err = number(args, 3, "start", 1, 1); err != nil {
		return sqlite.Null, err
	}
	if r.n, err = number(args, 4, "n", 0, 1); err != nil {
		return sqlite.Null, err
	}
	r.from--
	r.options, err = readOptions(optional(args, 5), "")
	if err != nil {
		return sqlite.Null, err
	}
	return c.replace(args, r)
}

// number is an argument that is least or more, and otherwise where the call has
// fewer.
func number(args []sqlite.Value, i int, name string, least, otherwise int) (int, error) {
	if i >= len(args) {
		return otherwise, nil
	}
	n := int(args[i].Int())
	if n < least {
		return 0, fault.New(fault.InvalidParameter, `invalid value for parameter "%s": %d`, name, n)
	}
	return n, nil
}

// replacement is what regexp_replace is asked for: from where (0 for the beginning)
// to replace the n-th match, 0 for all.
type replacement struct {
	options
	from, n int
}

func (c *compiled) replace(args []sqlite.Value, r replacement) (sqlite.Value, error) {
	re, err := c.compile(args[1].Text(), r.flags)
	if err != nil {
		return sqlite.Null, err
	}
	s, with := []rune(args[0].Text()), args[2].Text()
	var out strings.Builder
	done, count := 0, 0
	for from := r.from; from <= len(s); {
		m, err := re.Find(s, from)
		if err != nil {
			return sqlite.Null, refusal(err)
		}
		if m == nil {
			break
		}
		from = following(m)
		if count++; r.n > 0 && count != r.n {
			continue
		}
		out.WriteString(string(s[done:m[0]]))
		fillIn(&out, with, s, m)
		if out.Len() > maxResult {
			return sqlite.Null, fault.New("54000", "result of regexp_replace is longer than %d bytes", maxResult)
		}
		if done = m[1]; r.n > 0 {
			break
		}
	}
	if done == 0 && out.Len() == 0 && count == 0 {
		return args[0], nil
	}
	out.WriteString(string(s[done:]))
	return sqlite.Text(out.String()), nil
}

// maxResult bounds what a replacement may grow to, in bytes, as PostgreSQL bounds a
// value.
const maxResult = 0x3fffffff

// fillIn writes a replacement: \1 to \9 stand for groups, \& for the match, \\ for a
// backslash.
func fillIn(out *strings.Builder, with string, s []rune, m []int) {
	for {
		before, after, found := strings.Cut(with, `\`)
		out.WriteString(before)
		if !found {
			return
		}
		if after == "" {
			out.WriteByte('\\')
			return
		}
		group := -1
		switch c := after[0]; {
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '&':
			group = 0
		default:
			out.WriteByte('\\')
			with = strings.TrimPrefix(after, `\`)
			continue
		}
		if i := 2 * group; i < len(m) && m[i] >= 0 {
			out.WriteString(string(s[m[i]:m[i+1]]))
		}
		with = after[1:]
	}
}
