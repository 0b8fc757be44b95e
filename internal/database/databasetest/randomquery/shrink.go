package randomquery

import "slices"

// Shrink makes a query smaller for as long as differs says that engines still
// differ on it, and returns its text. At most limit questions are asked.
func Shrink(query *Node, limit int, differs func(*Node) bool) string {
	for again := true; again; {
		again = false
		var nodes []*Node
		query.walk(func(n *Node) { nodes = append(nodes, n) })
		for _, n := range nodes {
			for _, smaller := range n.smaller() {
				before := n.parts
				n.parts = smaller
				if slices.Equal(before, smaller) {
					continue
				}
				if limit--; limit < 0 {
					n.parts = before
					return query.SQL()
				}
				if differs(query) {
					again = true
					break
				}
				n.parts = before
			}
		}
	}
	return query.SQL()
}

// smaller lists what may stand in the place of a node: nothing, a part of the same
// type, or a NULL.
func (n *Node) smaller() [][]any {
	var out [][]any
	if n.optional && len(n.parts) > 0 {
		out = append(out, nil)
	}
	if n.kind == "" || len(n.parts) < 2 {
		return out
	}
	out = append(out, []any{"null::" + n.kind})
	n.walk(func(child *Node) {
		if child != n && child.kind == n.kind && len(out) < 6 {
			out = append(out, child.parts)
		}
	})
	return out
}
