package explain

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// Node is a step of a plan with those below it.
type Node struct {
	Type     string   `json:"Node Type"`
	Relation string   `json:"Relation Name,omitempty"`
	Detail   string   `json:"Detail,omitempty"`
	Output   []string `json:"Output,omitempty"`
	Time     *float64 `json:"Actual Total Time,omitempty"` // milliseconds
	Rows     *int64   `json:"Actual Rows,omitempty"`
	Loops    *int     `json:"Actual Loops,omitempty"`
	Plans    []*Node  `json:"Plans,omitempty"`
}

// Relation is what SQLite's plans call by an alias of the emitter.
type Relation struct {
	Name    string            // as the database calls it, with the alias of the statement
	Columns map[string]string // by their names in the file
	Indexes map[string]string
}

// Names are the relations by what SQLite calls them.
type Names map[string]Relation

var (
	// aliases are the names of relations in the emitter's SQL.
	aliases = regexp.MustCompile(`\b[rwjg][0-9]+\b`)
	words   = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)
)

// Steps asks SQLite for its plan of a statement, which is not run.
func Steps(c *sqlite.Conn, sql string, names Names) ([]*Node, error) {
	// Not one that is kept: EXPLAIN reads no table, so SQLite would not notice that an
	// index came or went since it was prepared.
	st, err := c.Control("EXPLAIN QUERY PLAN " + sql)
	if err != nil {
		return nil, err
	}
	defer st.Finalize()
	root := &Node{}
	byID := map[int64]*Node{0: root}
	for {
		more, err := st.Step()
		if err != nil || !more {
			return root.Plans, err
		}
		n := names.node(strings.Clone(st.Column(3).Text()))
		byID[st.ColumnInt(0)] = n
		parent := byID[st.ColumnInt(1)]
		if parent == nil {
			parent = root
		}
		parent.Plans = append(parent.Plans, n)
	}
}

// node reads a line of SQLite's plan.
func (names Names) node(line string) *Node {
	n := &Node{Type: line}
	verb, rest, _ := strings.Cut(line, " ")
	if alias := aliases.FindString(rest); (verb == "SCAN" || verb == "SEARCH") && alias != "" {
		n.Type, n.Relation, n.Detail = verb, names.called(alias), strings.TrimSpace(strings.Replace(rest, alias, "", 1))
		n.Detail = names.detail(names[alias], n.Detail)
		return n
	}
	n.Type = aliases.ReplaceAllStringFunc(line, names.called)
	return n
}

func (names Names) called(alias string) string {
	if r, ok := names[alias]; ok && r.Name != "" {
		return r.Name
	}
	return alias
}

// detail puts the database's names in the place of the file's.
func (names Names) detail(r Relation, text string) string {
	return words.ReplaceAllStringFunc(text, func(word string) string {
		if name, ok := r.Indexes[word]; ok {
			return name
		}
		if name, ok := r.Columns[word]; ok {
			return name
		}
		return word
	})
}

// Run is what came of running a statement.
type Run struct {
	Rows int64
	Time time.Duration
}

// Plan is what EXPLAIN shows.
type Plan struct {
	Root     *Node
	Planning time.Duration
	Run      *Run // with ANALYZE
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Lines writes a plan: a line for each row of the result.
func (p *Plan) Lines(o Options) ([]string, error) {
	if p.Run != nil {
		loops := 1
		p.Root.Rows, p.Root.Loops = &p.Run.Rows, &loops
		if o.Timing {
			t := milliseconds(p.Run.Time)
			p.Root.Time = &t
		}
	}
	if o.JSON {
		return p.document(o)
	}
	var out []string
	p.Root.lines(0, &out)
	if o.Summary {
		out = append(out, fmt.Sprintf("Planning Time: %.3f ms", milliseconds(p.Planning)))
		if p.Run != nil {
			out = append(out, fmt.Sprintf("Execution Time: %.3f ms", milliseconds(p.Run.Time)))
		}
	}
	return out, nil
}

// lines writes a node and those below it as PostgreSQL lays them out.
func (n *Node) lines(depth int, out *[]string) {
	line := n.Type
	for _, part := range []string{n.Relation, n.Detail} {
		if part != "" {
			line += " " + part
		}
	}
	switch {
	case n.Time != nil:
		line += fmt.Sprintf("  (actual time=%.3f rows=%d loops=%d)", *n.Time, *n.Rows, *n.Loops)
	case n.Rows != nil:
		line += fmt.Sprintf("  (actual rows=%d loops=%d)", *n.Rows, *n.Loops)
	}
	indent := ""
	if depth > 0 {
		indent = strings.Repeat(" ", 6*depth-4) + "->  "
	}
	*out = append(*out, indent+line)
	if len(n.Output) > 0 {
		*out = append(*out, strings.Repeat(" ", 6*depth+2)+"Output: "+strings.Join(n.Output, ", "))
	}
	for _, below := range n.Plans {
		below.lines(depth+1, out)
	}
}

// document writes a plan as one JSON document.
func (p *Plan) document(o Options) ([]string, error) {
	type document struct {
		Plan      *Node
		Planning  *float64 `json:"Planning Time,omitempty"`
		Execution *float64 `json:"Execution Time,omitempty"`
	}
	d := document{Plan: p.Root}
	if o.Summary {
		t := milliseconds(p.Planning)
		d.Planning = &t
		if p.Run != nil {
			t := milliseconds(p.Run.Time)
			d.Execution = &t
		}
	}
	text, err := json.MarshalIndent([]document{d}, "", "  ")
	return []string{string(text)}, err
}
