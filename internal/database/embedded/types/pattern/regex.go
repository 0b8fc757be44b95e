package pattern

import (
	"errors"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
)

// regulars gives ~ and its kind, and the functions on regular expressions.
func regulars() (fs []*types.Function, ops []*types.Operator) {
	c := &compiled{byKey: map[key]*regex.Regex{}}
	for _, t := range []struct {
		left   types.OID
		prefix string
		oids   [4][2]uint32
	}{
		{types.Text, "text", [4][2]uint32{{641, 1254}, {642, 1256}, {1228, 1238}, {1229, 1239}}},
		{types.Name, "name", [4][2]uint32{{639, 79}, {640, 1252}, {1226, 1240}, {1227, 1241}}},
		{text.Bpchar, "bpchar", [4][2]uint32{{1055, 1658}, {1056, 1659}, {1234, 1656}, {1235, 1657}}},
	} {
		for i, o := range []struct {
			sign, suffix string
			fold, wants  bool
		}{
			{"~", "regexeq", false, true}, {"!~", "regexne", false, false},
			{"~*", "icregexeq", true, true}, {"!~*", "icregexne", true, false},
		} {
			f := entry.Raises(t.oids[i][1], t.prefix+o.suffix, types.Bool, entry.Args(t.left, types.Text), c.matcher(o.fold, o.wants))
			fs, ops = append(fs, f), append(ops, entry.Operator(t.oids[i][0], o.sign, f))
		}
	}
	fs = append(fs, c.likes()...)
	fs = append(fs, c.replaces()...)
	fs = append(fs, c.searches()...)
	return append(fs, c.splits()...), ops
}

func (c *compiled) matcher(fold, wants bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		ok, err := c.matches(args[0].Text(), args[1].Text(), regex.Flags{Fold: fold})
		return sqlite.Bool(ok == wants), err
	}
}

func (c *compiled) matches(s, pattern string, flags regex.Flags) (bool, error) {
	re, err := c.compile(pattern, flags)
	if err != nil {
		return false, err
	}
	ok, err := re.Matches([]rune(s))
	return ok, refusal(err)
}

// likes gives regexp_like.
func (c *compiled) likes() []*types.Function {
	like := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		o, err := readOptions(optional(args, 2), "regexp_like")
		if err != nil {
			return sqlite.Null, err
		}
		ok, err := c.matches(args[0].Text(), args[1].Text(), o.flags)
		return sqlite.Bool(ok), err
	}
	return []*types.Function{
		entry.Raises(6263, "regexp_like", types.Bool, two, like),
		entry.Raises(6264, "regexp_like", types.Bool, three, like),
	}
}

// optional is an argument's text, "" where the call has fewer.
func optional(args []sqlite.Value, i int) string {
	if i >= len(args) {
		return ""
	}
	return args[i].Text()
}

// options are the flags that a function takes.
type options struct {
	flags  regex.Flags
	global bool
}

// readOptions reads flags; a function that cannot work globally says its name.
func readOptions(text, notGlobal string) (o options, err error) {
	for _, r := range text {
		if r == 'g' {
			o.global = true
			continue
		}
		switch known, err := o.flags.Set(r); {
		case err != nil:
			return o, refusal(err)
		case !known:
			return o, fault.New(fault.InvalidParameter, `invalid regular expression option: "%c"`, r)
		}
	}
	if o.global && notGlobal != "" {
		return o, fault.New(fault.InvalidParameter, `%s() does not support the "global" option`, notGlobal)
	}
	return o, nil
}

// refusal turns what the expressions' package refuses into the engine's refusal.
func refusal(err error) error {
	if errors.Is(err, regex.ErrRefused) {
		return entry.Unsupported("%s", err)
	}
	return err
}

// maxCompiled and maxStates bound the expressions that are kept.
const (
	maxCompiled = 200
	maxStates   = 200_000
)

// key is an expression with its flags.
type key struct {
	pattern string
	flags   regex.Flags
}

// compiled keeps expressions ready; all connections share it.
type compiled struct {
	mu     sync.Mutex
	byKey  map[key]*regex.Regex
	states int
}

func (c *compiled) compile(pattern string, flags regex.Flags) (*regex.Regex, error) {
	c.mu.Lock()
	re := c.byKey[key{pattern, flags}]
	c.mu.Unlock()
	if re != nil {
		return re, nil
	}
	re, err := regex.Compile(pattern, flags)
	if err != nil {
		return nil, refusal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byKey) >= maxCompiled || c.states > maxStates {
		clear(c.byKey)
		c.states = 0
	}
	c.byKey[key{string([]byte(pattern)), flags}] = re // SQLite's memory is not ours to keep
	c.states += re.Size()
	return re, nil
}

// all returns the matches from a place on: the first, or with global each that
// begins where the one before ends or later.
func all(re *regex.Regex, s []rune, from int, global bool) (list [][]int, err error) {
	for from <= len(s) {
		m, err := re.Find(s, from)
		if err != nil {
			return nil, refusal(err)
		}
		if m == nil {
			break
		}
		if list = append(list, m); !global {
			break
		}
		from = following(m)
	}
	return list, nil
}

// following is where the search goes on after a match.
func following(m []int) int {
	if m[0] == m[1] {
		return m[1] + 1
	}
	return m[1]
}
