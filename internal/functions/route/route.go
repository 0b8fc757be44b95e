// Package route finds the function that answers a path: patterns such as
// "/posts/:slug" and "/files/*rest", the most exact one first.
//
//	table, problems := route.New([]route.Route{{Pattern: "/posts/:slug", Methods: []string{"GET"}, Name: "post"}})
//	m, ok := table.Match("GET", "/posts/a%20b")   // m.Name "post", m.Params {"slug": "a b"}
//
// A pattern is made of whole segments: a text, a parameter (:name), or, at its end,
// the rest of the path (* or *name). Segment by segment from the left, a text is more
// exact than a parameter, and a parameter than the rest.
package route

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Route is a pattern and the function that answers it.
type Route struct {
	Pattern string
	Methods []string // none means all
	Name    string   // of the function
}

// Match is the answer to a path.
type Match struct {
	Route
	Params map[string]string // decoded; nil when the pattern has none
}

// Table is the routes of a project. It never changes.
type Table struct {
	exact   map[string][]int // of patterns without parameters, by path
	entries []entry          // the most exact first
	before  sync.Map         // entries that come before a pattern of others, []entry by the pattern
}

type entry struct {
	Route
	segments []segment
}

type kind byte

const (
	text  kind = iota // the segment itself
	param             // any segment
	rest              // all that is left
)

type segment struct {
	kind kind
	text string // or the parameter's name
}

// maxPattern bounds the length of a pattern in bytes.
const maxPattern = 1024

// Problem is a route that was left out.
type Problem struct {
	Route Route
	Err   error
}

// New makes a table. A pattern that cannot be understood, or that another function
// answers already for the same method, is left out and told of.
func New(routes []Route) (*Table, []Problem) {
	t := &Table{exact: map[string][]int{}}
	var problems []Problem
	for _, r := range routes {
		e, err := parse(r)
		if err == nil {
			err = t.conflict(e)
		}
		if err != nil {
			problems = append(problems, Problem{r, err})
			continue
		}
		t.entries = append(t.entries, e)
	}
	slices.SortStableFunc(t.entries, compare)
	for i, e := range t.entries {
		if path, ok := e.literal(); ok {
			t.exact[path] = append(t.exact[path], i)
		}
	}
	return t, problems
}

func parse(r Route) (entry, error) {
	e := entry{Route: r}
	if !strings.HasPrefix(r.Pattern, "/") || len(r.Pattern) > maxPattern {
		return e, fmt.Errorf("the path %q does not begin with a slash or is too long", r.Pattern)
	}
	names := map[string]bool{}
	parts := strings.Split(r.Pattern[1:], "/")
	for i, part := range parts {
		s := segment{text, part}
		switch {
		case strings.HasPrefix(part, ":"):
			s = segment{param, part[1:]}
		case strings.HasPrefix(part, "*"):
			s = segment{rest, part[1:]}
			if i < len(parts)-1 {
				return e, fmt.Errorf("in the path %q * is not at the end", r.Pattern)
			}
		case strings.ContainsAny(part, ":*?#"):
			return e, fmt.Errorf("in the path %q a parameter is not a whole segment", r.Pattern)
		}
		if s.kind != text {
			if s.kind == param && s.text == "" || names[s.text] || strings.ContainsAny(s.text, ":*?#") {
				return e, fmt.Errorf("in the path %q a parameter has no name of its own", r.Pattern)
			}
			names[s.text] = true
		}
		e.segments = append(e.segments, s)
	}
	return e, nil
}

// conflict tells whether another function has the same paths and a method of e.
func (t *Table) conflict(e entry) error {
	for _, other := range t.entries {
		if compare(other, e) == 0 && overlap(other.Methods, e.Methods) {
			return fmt.Errorf("the path %q is that of the function %s already", e.Pattern, other.Name)
		}
	}
	return nil
}

func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(m string) bool { return slices.Contains(b, m) })
}

// compare orders entries, the most exact first; it is 0 for those of the same paths.
func compare(a, b entry) int {
	for i := range min(len(a.segments), len(b.segments)) {
		x, y := a.segments[i], b.segments[i]
		if x.kind != y.kind {
			return int(x.kind) - int(y.kind)
		}
		if x.kind == text && x.text != y.text {
			return strings.Compare(x.text, y.text)
		}
	}
	return len(b.segments) - len(a.segments)
}

// literal is the path of an entry without parameters.
func (e entry) literal() (string, bool) {
	for _, s := range e.segments {
		if s.kind != text {
			return "", false
		}
	}
	return e.Pattern, true
}

// Match finds the route of an escaped path (url.URL.EscapedPath). When paths match
// and no method does, ok is false and allow names the methods there are.
func (t *Table) Match(method, path string) (m Match, allow []string, ok bool) {
	if t == nil || len(t.entries) == 0 {
		return Match{}, nil, false
	}
	for _, i := range t.exact[path] {
		e := t.entries[i]
		if Allows(e.Methods, method) {
			return Match{Route: e.Route}, nil, true
		}
		allow = append(allow, e.Methods...)
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, e := range t.entries {
		params, matches := e.match(parts)
		if !matches {
			continue
		}
		if Allows(e.Methods, method) {
			return Match{e.Route, params}, nil, true
		}
		allow = append(allow, e.Methods...)
	}
	slices.Sort(allow)
	return Match{}, slices.Compact(allow), false
}

// Exacter tells whether a function answers an escaped path by a more exact pattern than
// another one, which matches the path as well.
func (t *Table) Exacter(method, path, than string) bool {
	if t == nil || len(t.entries) == 0 {
		return false
	}
	list := t.ahead(than)
	if len(list) == 0 {
		return false
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	return slices.ContainsFunc(list, func(e entry) bool {
		_, matches := e.match(parts)
		return matches && Allows(e.Methods, method)
	})
}

// ahead are the entries that come before a pattern and may match a path that it does.
func (t *Table) ahead(than string) []entry {
	if list, ok := t.before.Load(than); ok {
		return list.([]entry)
	}
	var list []entry
	p, err := parse(Route{Pattern: than})
	for _, e := range t.entries {
		last := e.segments[len(e.segments)-1]
		if err == nil && compare(e, p) < 0 && (last.kind == rest || len(e.segments) == len(p.segments)) {
			list = append(list, e)
		}
	}
	t.before.Store(than, list) // the patterns are the configuration's
	return list
}

// Empty tells whether there is no route at all.
func (t *Table) Empty() bool { return t == nil || len(t.entries) == 0 }

// Allows tells whether a function with these methods answers one: HEAD as GET, and
// OPTIONS in any case, for what a browser asks beforehand is for the function to
// answer.
func Allows(methods []string, method string) bool {
	return len(methods) == 0 || method == "OPTIONS" || slices.Contains(methods, method) ||
		method == "HEAD" && slices.Contains(methods, "GET")
}

func (e entry) match(parts []string) (params map[string]string, ok bool) {
	for i, s := range e.segments {
		if s.kind == rest {
			return with(params, s.text, strings.Join(parts[min(i, len(parts)):], "/"))
		}
		if i >= len(parts) {
			return nil, false
		}
		if s.kind == param {
			if parts[i] == "" {
				return nil, false
			}
			if params, ok = with(params, s.text, parts[i]); !ok {
				return nil, false
			}
			continue
		}
		if value, err := url.PathUnescape(parts[i]); err != nil || value != s.text {
			return nil, false
		}
	}
	return params, len(parts) == len(e.segments)
}

func with(params map[string]string, name, escaped string) (map[string]string, bool) {
	value, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, false
	}
	if name == "" {
		name = "*"
	}
	if params == nil {
		params = map[string]string{}
	}
	params[name] = value
	return params, true
}
