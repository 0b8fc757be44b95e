package pattern

import (
	"regexp"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// regulars gives ~ and its kind, which only tell whether a text matches. That
// does not depend on which match is taken, so Go's automata answer as
// PostgreSQL's do, once the expression is translated; what has no exact
// translation is refused.
func regulars() (fs []*types.Function, ops []*types.Operator) {
	c := &compiled{byPattern: map[string]*regexp.Regexp{}}
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
	three := entry.Args(types.Text, types.Text, types.Text)
	return append(fs,
		entry.Raises(6263, "regexp_like", types.Bool, two, c.matcher(false, true)),
		entry.Raises(6264, "regexp_like", types.Bool, three, c.flagged)), ops
}

// flagged is regexp_like with flags. Those are taken that tell whether case
// matters, the last one counting, and those that say what holds anyway.
func (c *compiled) flagged(conn *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	fold := false
	for _, flag := range args[2].Text() {
		switch flag {
		case 'i':
			fold = true
		case 'c':
			fold = false
		case 's', 't':
		default:
			return sqlite.Null, unsupported("with the flag %c", flag)
		}
	}
	return c.matcher(fold, true)(conn, args)
}

// maxCompiled bounds the expressions that are kept.
const maxCompiled = 200

// compiled keeps expressions ready; all connections share it.
type compiled struct {
	mu        sync.Mutex
	byPattern map[string]*regexp.Regexp // with "i" or "c" in front
}

func (c *compiled) matcher(fold, wants bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		re, err := c.compile(args[1].Text(), fold)
		if err != nil {
			return sqlite.Null, err
		}
		return sqlite.Bool(re.MatchString(args[0].Text()) == wants), nil
	}
}

func (c *compiled) compile(pattern string, fold bool) (*regexp.Regexp, error) {
	key := "c" + pattern
	if fold {
		key = "i" + pattern
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if re := c.byPattern[key]; re != nil {
		return re, nil
	}
	translated, err := translate(pattern, fold)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(translated)
	if err != nil { // too large, say
		return nil, unsupported("of this size")
	}
	if len(c.byPattern) >= maxCompiled {
		clear(c.byPattern)
	}
	c.byPattern[key] = re
	return re, nil
}
