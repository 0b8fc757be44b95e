package rest

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

// embedShape adds what is said of embedded relations to the shape of a plan.
func (q *request) embedShape() {
	for i := range q.params.Embedded {
		e := &q.params.Embedded[i]
		q.shape = query.AppendName(q.shape, e.Path)
		q.shape = query.AppendShape(q.shape, e.Where)
		q.shape = query.AppendName(q.shape, e.Order)
		q.mark(e.Offset != nil)
	}
}

// fillChildren puts what the parameters say of embedded relations into the
// children of a node.
func (q *request) fillChildren(n *query.Node) error {
	for i := range q.params.Embedded {
		e := &q.params.Embedded[i]
		child, err := find(n, e.Path)
		if err != nil {
			return err
		}
		child.Where = e.Where
		child.Offset = e.Offset != nil
		if e.Order != "" {
			if child.Order, err = grammar.ParseOrder(e.Order); err != nil {
				return err
			}
		}
	}
	return nil
}

// find returns the child that a path of keys leads to.
func find(n *query.Node, path string) (*query.Child, error) {
	var found *query.Child
	for key := range strings.SplitSeq(path, ".") {
		child, named := childOf(n, key)
		if child == nil {
			return nil, notEmbedded(key, named)
		}
		found, n = child, &child.Node
	}
	return found, nil
}

// childOf returns the child of a key, or one that has the key as its name but
// goes by another.
func childOf(n *query.Node, key string) (child, named *query.Child) {
	for _, c := range n.Children {
		if c.Key() == key {
			return c, nil
		}
		if c.Name == key {
			named = c
		}
	}
	return nil, named
}

func notEmbedded(key string, named *query.Child) error {
	err := query.NotEmbedded(key)
	if named == nil {
		return err
	}
	return fault.From(err).WithDetail("Target names are not allowed in filters if they have an alias").
		WithHint("Change '%s' to '%s' in filters, orders or limits.", key, named.Key())
}

// limitChildren bounds every embedded relation: no request gives more rows of
// one than there may be at the top.
func limitChildren(n *query.Node) {
	for _, c := range n.Children {
		c.Limit = true
		limitChildren(&c.Node)
	}
}

// bindEmbedded collects the values of embedded relations.
func (q *request) bindEmbedded(plan *query.Plan, maxRows int64) {
	for _, step := range plan.Embedded {
		e := q.params.At(step.Path)
		if e == nil {
			e = &grammar.Embedded{}
		}
		q.values = query.Values(q.values, e.Where)
		if step.Limit {
			q.values = append(q.values, number(limitOf(e, maxRows)))
		}
		if step.Offset {
			q.values = append(q.values, number(max(0, *e.Offset)))
		}
	}
}

// unlimited is a limit that no relation reaches.
const unlimited = 1<<63 - 1

func limitOf(e *grammar.Embedded, maxRows int64) int64 {
	limit := int64(unlimited)
	if maxRows > 0 {
		limit = maxRows
	}
	if e.Limit != nil {
		limit = min(limit, max(0, *e.Limit))
	}
	return limit
}
