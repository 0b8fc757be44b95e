package grammar

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// maxParams bounds the parameters of one query string.
const maxParams = 1000

// Params are the parameters of a query string. The lists that shape a statement
// stay text until a plan is made; filters are read at once, for their values.
type Params struct {
	Select     string
	Order      string
	Columns    string
	OnConflict string

	HasSelect, HasColumns, HasOnConflict bool

	// After is where a page begins, the values of the row before it: a JSON array,
	// "" when not given. No filter's value begins as one does.
	After string

	Limit, Offset *int64 // nil when not given

	Where []query.Cond
	// Embedded is what parameters say of embedded relations ("child.order=…").
	Embedded []Embedded

	// Args are the arguments of a call: parameters that are no filters.
	Args []Arg
	call bool

	sorted []param // for Canonical
}

// Arg is an argument of a call, as text.
type Arg struct{ Name, Value string }

// Embedded is what parameters say of one embedded relation.
type Embedded struct {
	Path          string // the keys that lead to it, joined by dots
	Where         []query.Cond
	Order         string
	Limit, Offset *int64
}

// At returns what is said of the embedded relation at a path, nil for nothing.
func (p *Params) At(path string) *Embedded {
	for i := range p.Embedded {
		if p.Embedded[i].Path == path {
			return &p.Embedded[i]
		}
	}
	return nil
}

type param struct{ key, value string }

// ParseParams reads a raw query string. The Params are reused: what they held
// before is dropped.
func ParseParams(p *Params, raw string) error { return p.parse(raw, false) }

// ParseCall reads the query string of a call, in which a parameter whose value is
// no filter is an argument of the function.
func ParseCall(p *Params, raw string) error { return p.parse(raw, true) }

func (p *Params) parse(raw string, call bool) error {
	*p = Params{call: call, Where: p.Where[:0], Embedded: p.Embedded[:0], sorted: p.sorted[:0]}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		key, value = unescape(key), unescape(value)
		if err := checkText(key, value); err != nil {
			return err
		}
		if key == "apikey" { // for the gateway: an API key in the query string
			continue
		}
		if len(p.sorted) == maxParams {
			return fault.New(fault.TooManyArguments, "a query string may have at most %d parameters", maxParams).WithStatus(http.StatusBadRequest)
		}
		p.sorted = append(p.sorted, param{key, value})
		if err := p.add(key, value); err != nil {
			return err
		}
	}
	return nil
}

// unescape decodes a component of a query string. A percent sign that no two
// hexadecimal digits follow stands for itself.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

func checkText(texts ...string) error {
	for _, s := range texts {
		if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
		}
	}
	return nil
}

func (p *Params) add(key, value string) error {
	switch key {
	case "select":
		if !p.HasSelect {
			p.Select, p.HasSelect = value, true
		}
	case "order":
		if p.Order == "" {
			p.Order = value
		}
	case "columns":
		p.Columns, p.HasColumns = value, true
	case "on_conflict":
		p.OnConflict, p.HasOnConflict = value, true
	case "limit":
		p.Limit = number(value)
	case "offset":
		p.Offset = number(value)
	case "after":
		if p.call || !strings.HasPrefix(value, "[") {
			return p.addFilter(key, value)
		}
		p.After = value
	default:
		return p.addFilter(key, value)
	}
	return nil
}

// number reads a bound; one that is no number is as if it were not given.
func number(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func (p *Params) addFilter(key, value string) error {
	through, last := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 && isReserved(key[i+1:]) {
		through, last = key[:i], key[i+1:]
	}
	if last == "and" || last == "or" {
		return p.addLogic(through, last, value)
	}
	if through != "" {
		e := p.embed(through)
		switch last {
		case "order":
			e.Order = value
		case "limit":
			e.Limit = number(value)
		case "offset":
			e.Offset = number(value)
		}
		return nil
	}
	return p.addComparison(key, value)
}

func isReserved(word string) bool {
	switch word {
	case "and", "or", "order", "limit", "offset":
		return true
	}
	return false
}

func (p *Params) addLogic(through, word, value string) error {
	op, not := query.And, false
	if word == "or" {
		op = query.Or
	}
	if through == "not" {
		through, not = "", true
	} else if rest, ok := strings.CutSuffix(through, ".not"); ok {
		through, not = rest, true
	}
	c, err := ParseLogic(op, not, value)
	if err != nil {
		return err
	}
	if through != "" {
		e := p.embed(through)
		e.Where = append(e.Where, c)
		return nil
	}
	p.Where = append(p.Where, c)
	return nil
}

func (p *Params) addComparison(key, value string) error {
	if p.call && !isFilter(value) {
		p.Args = append(p.Args, Arg{key, value})
		return nil
	}
	f, where := query.Field{Column: key}, &p.Where
	if !isPlain(key) {
		through, field, err := ParseKey(key)
		if err != nil {
			return err
		}
		if len(through) > 0 {
			where = &p.embed(strings.Join(through, ".")).Where
		}
		f = field
	}
	c, err := ParseFilter(f, value)
	if err != nil {
		return err
	}
	*where = append(*where, c)
	return nil
}

// isFilter tells whether a value begins as a filter does.
func isFilter(text string) bool {
	text = strings.TrimPrefix(text, "not.")
	name, _, found := strings.Cut(text, ".")
	if i := strings.IndexByte(name, '('); i > 0 && strings.HasSuffix(name, ")") {
		name = name[:i]
	}
	_, known := operators(name)
	return found && known
}

// isPlain tells whether a key is a bare ASCII column name.
func isPlain(key string) bool {
	for i := range len(key) {
		c := key[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return key != ""
}

// embed returns what is said of the embedded relation at a path, to be added to.
func (p *Params) embed(path string) *Embedded {
	if e := p.At(path); e != nil {
		return e
	}
	p.Embedded = append(p.Embedded, Embedded{Path: path})
	return &p.Embedded[len(p.Embedded)-1]
}

// Canonical returns the query string with its parameters in the order of their
// names, escaped, for Content-Location.
func (p *Params) Canonical() string {
	if len(p.sorted) == 0 {
		return ""
	}
	slices.SortStableFunc(p.sorted, func(a, b param) int { return strings.Compare(a.key, b.key) })
	var b strings.Builder
	for _, v := range p.sorted {
		v.write(&b)
	}
	return b.String()
}

// Next returns the query string of the page that begins after a row, in the order
// of the parameters of this one.
func (p *Params) Next(after string, limit int64) string {
	var b strings.Builder
	for _, v := range p.sorted {
		if v.key != "limit" && v.key != "offset" && (v.key != "after" || v.value != p.After) {
			v.write(&b)
		}
	}
	param{"limit", strconv.FormatInt(limit, 10)}.write(&b)
	param{"after", after}.write(&b)
	return b.String()
}

func (v param) write(b *strings.Builder) {
	if b.Len() > 0 {
		b.WriteByte('&')
	}
	Escape(b, v.key)
	b.WriteByte('=')
	Escape(b, v.value)
}

// Escape writes a component of a query string: RFC 3986's unreserved characters
// as they are, every other byte as %XX.
func Escape(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}
