// Package document reads TOML files flat: each key by its full name, with its value and
// the line where it stands.
//
//	doc, err := document.Read("galley.toml")
//	for _, name := range doc.Names() {
//		fmt.Println(doc.Line(name), name, doc.Values[name])
//	}
package document

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Document is a file: "server.listen" to its value and line.
type Document struct {
	Path   string
	Values map[string]any
	lines  map[string]int
}

// Error is why a file cannot be read.
type Error struct {
	Line  int // 0 when unknown
	cause error
}

// Error implements error.
func (e *Error) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Read reads a file. One that is missing has no keys. An error is an *Error.
func Read(path string) (Document, error) {
	doc := Document{Path: path, Values: map[string]any{}, lines: map[string]int{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return doc, &Error{cause: err}
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		return doc, &Error{Line: lineOf(err), cause: err}
	}
	doc.flatten("", tree)
	doc.findLines(raw)
	return doc, nil
}

func lineOf(err error) int {
	line := 0
	if at, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = at.Position()
	}
	return line
}

func (d Document) flatten(prefix string, tree map[string]any) {
	for name, v := range tree {
		full := join(prefix, name)
		if sub, ok := v.(map[string]any); ok && len(sub) > 0 {
			d.flatten(full, sub)
			continue
		}
		d.Values[full] = v
	}
}

// findLines notes where each key stands. The text is known to be valid.
func (d Document) findLines(raw []byte) {
	var p unstable.Parser
	p.Reset(raw)
	section := ""
	for p.NextExpression() {
		e := p.Expression()
		name, line := d.keyOf(&p, e)
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			section = name
			d.lines[name] = line
		case unstable.KeyValue:
			d.lines[join(section, name)] = line
		}
	}
}

func (d Document) keyOf(p *unstable.Parser, e *unstable.Node) (string, int) {
	name, line := "", 0
	for it := e.Key(); it.Next(); {
		if line == 0 {
			line = p.Shape(it.Node().Raw).Start.Line
		}
		name = join(name, string(it.Node().Data))
	}
	return name, line
}

// Line returns where a key stands; one inside an inline table is where the table
// is.
func (d Document) Line(name string) int {
	for {
		if n, ok := d.lines[name]; ok {
			return n
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return 0
		}
		name = name[:i]
	}
}

// Names lists the keys in the order of the file.
func (d Document) Names() []string {
	var out []string
	for name := range d.Values {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int {
		if n := d.Line(a) - d.Line(b); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return out
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
