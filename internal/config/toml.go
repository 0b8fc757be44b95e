package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a TOML file flattened: "server.listen" to its value and line.
type document struct {
	path   string
	values map[string]any
	lines  map[string]int
}

// readTOML reads a file, which may be missing. A file that cannot be parsed is one
// problem.
func readTOML(path string) (document, []Problem) {
	doc := document{path: path, values: map[string]any{}, lines: map[string]int{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return doc, []Problem{{File: path, Message: err.Error()}}
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		p := Problem{File: path, Message: err.Error()}
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			p.Line, _ = at.Position()
		}
		return doc, []Problem{p}
	}
	doc.flatten("", tree)
	doc.findLines(raw)
	return doc, nil
}

func (d document) flatten(prefix string, tree map[string]any) {
	for name, v := range tree {
		full := join(prefix, name)
		if sub, ok := v.(map[string]any); ok && len(sub) > 0 {
			d.flatten(full, sub)
			continue
		}
		d.values[full] = v
	}
}

// findLines notes where each key stands. The text is known to be valid.
func (d document) findLines(raw []byte) {
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

func (d document) keyOf(p *unstable.Parser, e *unstable.Node) (string, int) {
	name, line := "", 0
	for it := e.Key(); it.Next(); {
		if line == 0 {
			line = p.Shape(it.Node().Raw).Start.Line
		}
		name = join(name, string(it.Node().Data))
	}
	return name, line
}

// line returns where a key stands; one inside an inline table is where the table
// is.
func (d document) line(name string) int {
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

// names lists the keys in the order of the file.
func (d document) names() []string {
	var out []string
	for name := range d.values {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int {
		if n := d.line(a) - d.line(b); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return out
}

func (d document) problem(name, message string) Problem {
	return Problem{File: filepath.ToSlash(d.path), Line: d.line(name), Key: name, Message: message}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
