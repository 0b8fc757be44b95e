// Package randomquery makes random SELECTs over the tables of a database, for
// comparing engines: joins of all kinds, subqueries, groups, windows, set
// operations, WITH, functions and casts by type. A query is a tree, so that one
// on which engines differ can be shrunk to what matters.
//
//	g := randomquery.New(tables, seed, 17) // query 17 of a seed, always the same
//	query := g.Query()
//	sql, constructs := query.SQL(), query.Uses()
//
// A query is made so that PostgreSQL leaves nothing of its answer open but the
// order of the rows: where an order matters (LIMIT, DISTINCT ON, array_agg,
// row_number) it is total, sums of floating point numbers, which depend on the
// order of the rows, are not asked for, and of values that are equal but written
// differently (1 and 1.00) none is to be chosen.
package randomquery

import "strings"

// Node is a part of a query.
type Node struct {
	parts []any  // strings and *Node
	kind  string // of an expression its type; "" for anything else
	use   string // the construct that the node is, for counting
	// optional tells that the query may do without the node.
	optional bool
	// total tells that it is an ORDER BY that leaves no order open.
	total bool
}

// node makes a node from a pattern, in which each $ stands for a part.
func node(kind, use, pattern string, parts ...*Node) *Node {
	n := &Node{kind: kind, use: use}
	for i, text := range strings.Split(pattern, "$") {
		if i > 0 && i <= len(parts) {
			n.parts = append(n.parts, parts[i-1])
		}
		if text != "" {
			n.parts = append(n.parts, text)
		}
	}
	return n
}

// list joins nodes by a separator.
func list(separator string, nodes []*Node) *Node {
	n := &Node{}
	for i, part := range nodes {
		if i > 0 {
			n.parts = append(n.parts, separator)
		}
		n.parts = append(n.parts, part)
	}
	return n
}

// clause is a part that may be dropped.
func clause(use, pattern string, parts ...*Node) *Node {
	n := node("", use, pattern, parts...)
	n.optional = true
	return n
}

var nothing = &Node{}

// SQL is the text of a query.
func (n *Node) SQL() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *strings.Builder) {
	for _, part := range n.parts {
		switch part := part.(type) {
		case string:
			b.WriteString(part)
		case *Node:
			part.write(b)
		}
	}
}

// Uses counts the constructs of a query.
func (n *Node) Uses() map[string]int {
	uses := map[string]int{}
	n.walk(func(n *Node) {
		if n.use != "" {
			uses[n.use]++
		}
	})
	return uses
}

func (n *Node) walk(visit func(*Node)) {
	visit(n)
	for _, part := range n.parts {
		if child, ok := part.(*Node); ok {
			child.walk(visit)
		}
	}
}

// Ordered tells that the order of a query's rows is total.
func (n *Node) Ordered() bool { return n.total && len(n.parts) > 0 || n.endsOrdered() }

// endsOrdered looks at the last part, where ORDER BY of the outermost query is.
func (n *Node) endsOrdered() bool {
	for i := len(n.parts) - 1; i >= 0; i-- {
		switch part := n.parts[i].(type) {
		case string:
			return false
		case *Node:
			if part == nothing {
				continue
			}
			return part.Ordered()
		}
	}
	return false
}
