package resource

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// Bounds of a filter.
const (
	maxFilter = 8 << 10 // bytes
	maxNested = 32
)

// filter reads an expression over columns:
//
//	price >= 10 and (title like "a*" or tags = null) and not done = true
//
// Operators are = != < <= > >=, like and ilike with * for any text, and in with a
// list in parentheses; and binds closer than or, not closer than both. A value is
// a word or a number, or text in single or double quotes, in which a backslash
// lets any character stand for itself. null stands for NULL, with = and !=.
type filter struct {
	text string
	pos  int
}

func parseFilter(text string) (query.Cond, error) {
	if len(text) > maxFilter {
		return query.Cond{}, invalid("a filter may have at most %d bytes", maxFilter)
	}
	f := &filter{text: text}
	c, err := f.or(0)
	if err == nil && f.spaces() < len(f.text) {
		err = f.expected("and, or, or the end")
	}
	return c, err
}

func (f *filter) expected(what string) error {
	found := "the end"
	if f.spaces() < len(f.text) {
		r, _ := utf8.DecodeRuneInString(f.text[f.pos:])
		found = `"` + string(r) + `"`
	}
	return fault.New("PGRST100", "the filter cannot be read at character %d: found %s, expected %s",
		utf8.RuneCountInString(f.text[:f.pos])+1, found, what).WithStatus(400)
}

// spaces goes past spaces and returns the position.
func (f *filter) spaces() int {
	for f.pos < len(f.text) && (f.text[f.pos] == ' ' || f.text[f.pos] == '\t' || f.text[f.pos] == '\n' || f.text[f.pos] == '\r') {
		f.pos++
	}
	return f.pos
}

// sign goes past a sign when it stands here.
func (f *filter) sign(sign string) bool {
	if !strings.HasPrefix(f.text[f.spaces():], sign) {
		return false
	}
	f.pos += len(sign)
	return true
}

// word goes past a word, in whatever case, when it stands here.
func (f *filter) word(word string) bool {
	start := f.spaces()
	if got, ok := f.bare(); ok && strings.EqualFold(got, word) {
		return true
	}
	f.pos = start
	return false
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.+:$@*%", r)
}

// bare reads a word or number.
func (f *filter) bare() (string, bool) {
	start := f.spaces()
	for f.pos < len(f.text) {
		r, size := utf8.DecodeRuneInString(f.text[f.pos:])
		if !isWord(r) {
			break
		}
		f.pos += size
	}
	return f.text[start:f.pos], f.pos > start
}

func (f *filter) or(depth int) (query.Cond, error) {
	return f.joined(query.Or, "or", func() (query.Cond, error) { return f.and(depth) })
}

func (f *filter) and(depth int) (query.Cond, error) {
	return f.joined(query.And, "and", func() (query.Cond, error) { return f.term(depth) })
}

// joined reads terms with a word between them. A single one is itself.
func (f *filter) joined(op query.Op, word string, term func() (query.Cond, error)) (query.Cond, error) {
	c, err := term()
	if err != nil {
		return c, err
	}
	all := query.Cond{Op: op, Terms: []query.Cond{c}}
	for f.word(word) {
		if c, err = term(); err != nil {
			return c, err
		}
		all.Terms = append(all.Terms, c)
	}
	if len(all.Terms) == 1 {
		return all.Terms[0], nil
	}
	return all, nil
}

func (f *filter) term(depth int) (query.Cond, error) {
	if depth > maxNested {
		return query.Cond{}, invalid("the filter is nested deeper than %d levels", maxNested)
	}
	switch {
	case f.word("not"):
		c, err := f.term(depth + 1)
		return query.Cond{Op: query.And, Not: true, Terms: []query.Cond{c}}, err
	case f.sign("("):
		c, err := f.or(depth + 1)
		if err == nil && !f.sign(")") {
			err = f.expected(`")"`)
		}
		return c, err
	}
	return f.comparison()
}

func (f *filter) comparison() (query.Cond, error) {
	name, ok := f.value()
	if !ok {
		return query.Cond{}, f.expected("a column")
	}
	c := query.Cond{Field: query.Field{Column: name}}
	switch {
	case f.word("in"):
		return c, f.list(&c)
	case f.word("like"):
		c.Op = query.Like
	case f.word("ilike"):
		c.Op = query.ILike
	default:
		if c.Op, ok = f.operator(); !ok {
			return c, f.expected("an operator")
		}
	}
	return c, f.operand(&c)
}

func (f *filter) operator() (query.Op, bool) {
	for _, o := range []struct {
		sign string
		op   query.Op
	}{{"!=", query.Neq}, {"<>", query.Neq}, {"<=", query.Lte}, {">=", query.Gte}, {"=", query.Eq}, {"<", query.Lt}, {">", query.Gt}} {
		if f.sign(o.sign) {
			return o.op, true
		}
	}
	return 0, false
}

// operand reads the value of a comparison.
func (f *filter) operand(c *query.Cond) error {
	if f.word("null") {
		switch c.Op {
		case query.Eq:
			c.Op = query.IsNull
		case query.Neq:
			c.Op = query.IsNotNull
		default:
			return invalid("null goes with = and != only")
		}
		return nil
	}
	v, ok := f.value()
	if !ok {
		return f.expected("a value")
	}
	if c.Value = v; c.Op == query.Like || c.Op == query.ILike {
		c.Value = strings.ReplaceAll(v, "*", "%")
	}
	return nil
}

func (f *filter) list(c *query.Cond) error {
	c.Op = query.In
	if !f.sign("(") {
		return f.expected(`"("`)
	}
	for {
		v, ok := f.value()
		if !ok {
			return f.expected("a value")
		}
		c.Values = append(c.Values, v)
		if f.sign(")") {
			return nil
		}
		if !f.sign(",") {
			return f.expected(`"," or ")"`)
		}
	}
}

// value reads a word, or text in quotes.
func (f *filter) value() (string, bool) {
	if f.spaces() == len(f.text) {
		return "", false
	}
	quote := f.text[f.pos]
	if quote != '"' && quote != '\'' {
		return f.bare()
	}
	var b strings.Builder
	for i := f.pos + 1; i < len(f.text); i++ {
		switch f.text[i] {
		case quote:
			f.pos = i + 1
			return b.String(), true
		case '\\':
			if i++; i == len(f.text) {
				return "", false
			}
		}
		b.WriteByte(f.text[i])
	}
	return "", false
}
