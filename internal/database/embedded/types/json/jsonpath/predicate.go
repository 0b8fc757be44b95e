package jsonpath

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/numeric"
	"github.com/galleyhq/galley/internal/fault"
)

// logic is a value of three-valued logic.
type logic uint8

const (
	no logic = iota
	yes
	unknown
)

func decided(b bool) logic {
	if b {
		return yes
	}
	return no
}

// test evaluates a predicate over a value. An error within makes it unknown.
func (r *run) test(i *item, n *document.Node) logic {
	switch i.kind {
	case kindAnd:
		left := r.test(i.left, n)
		if left == no {
			return no
		}
		if right := r.test(i.right, n); right != yes {
			return right
		}
		return left
	case kindOr:
		left := r.test(i.left, n)
		if left == yes {
			return yes
		}
		if right := r.test(i.right, n); right != no {
			return right
		}
		return left
	case kindNot:
		if inner := r.test(i.left, n); inner != unknown {
			return decided(inner == no)
		}
		return unknown
	case kindUnknown:
		return decided(r.test(i.left, n) == unknown)
	case kindExists:
		found, err := r.exists(i.left, n)
		if err != nil {
			return unknown
		}
		return decided(found)
	case kindLike:
		return r.pairs(i, n, func(a, _ *document.Node) logic { return r.matches(i, a) })
	case kindStartsWith:
		return r.pairs(i, n, func(a, b *document.Node) logic {
			if a.Kind != document.String || b.Kind != document.String {
				return unknown
			}
			return decided(strings.HasPrefix(a.Text, b.Text))
		})
	}
	return r.pairs(i, n, func(a, b *document.Node) logic { return compare(i.kind, a, b) })
}

// pairs tests each value of the left side with each of the right one.
func (r *run) pairs(i *item, n *document.Node, test func(a, b *document.Node) logic) logic {
	left, err := r.values(i.left, n, true)
	if err != nil {
		return unknown
	}
	right := []*document.Node{nil}
	if i.kind != kindLike {
		if right, err = r.values(i.right, n, i.kind != kindStartsWith); err != nil {
			return unknown
		}
	}
	result := no
	for _, a := range left {
		for _, b := range right {
			switch t := test(a, b); {
			case t == unknown && r.strict:
				return unknown
			case t == yes && !r.strict:
				return yes
			case t == yes:
				result = yes
			case t == unknown && result == no:
				result = unknown
			}
		}
	}
	return result
}

// values are what an item finds, arrays unwrapped.
func (r *run) values(i *item, n *document.Node, unwrap bool) ([]*document.Node, error) {
	var all []*document.Node
	err := r.item(i, n, func(v *document.Node) error {
		if unwrap && r.unwraps() && v.Kind == document.Array {
			for k := range v.Items {
				all = append(all, &v.Items[k])
			}
			return nil
		}
		all = append(all, v)
		return nil
	})
	return all, err
}

func (r *run) matches(i *item, n *document.Node) logic {
	if n.Kind != document.String {
		return unknown
	}
	m, err := i.pattern.Find([]rune(n.Text), 0)
	if err != nil { // more work than one search may do
		r.fatal = fault.Unsupported("so hard a search for a regular expression is not supported by the embedded engine")
		return unknown
	}
	return decided(m != nil)
}

func compare(op kind, a, b *document.Node) logic {
	if a.Kind != b.Kind {
		if a.Kind == document.Null || b.Kind == document.Null {
			return decided(op == kindNotEqual)
		}
		return unknown
	}
	order := 0
	switch a.Kind {
	case document.Null:
	case document.Bool:
		order = truth(a.True) - truth(b.True)
	case document.Number:
		order = numeric.Compare(a.Text, b.Text)
	case document.String:
		order = strings.Compare(a.Text, b.Text)
	default:
		return unknown
	}
	switch op {
	case kindEqual:
		return decided(order == 0)
	case kindNotEqual:
		return decided(order != 0)
	case kindLess:
		return decided(order < 0)
	case kindGreater:
		return decided(order > 0)
	case kindLessEqual:
		return decided(order <= 0)
	}
	return decided(order >= 0)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
