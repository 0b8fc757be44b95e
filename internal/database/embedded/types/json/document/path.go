package document

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Step is an element of a path of keys and positions, as the operators #> and
// #- and the function jsonb_set take it.
type Step struct {
	Text string
	Null bool
}

// position reads a step as the position in an array, as strtol does.
func (s Step) position() (int, bool) {
	text := strings.TrimLeft(s.Text, " \t\n\v\f\r")
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil && text != "" && (text[0] != '+' || len(text) > 1)
}

// At returns the value that a path leads to, nil when there is none.
func (n *Node) At(path []Step) *Node {
	for _, s := range path {
		switch n.Kind {
		case Object:
			n = n.Field(s.Text)
		case Array:
			i, ok := s.position()
			if !ok || i == math.MinInt32 {
				return nil
			}
			n = n.Element(int64(i))
		default:
			return nil
		}
		if n == nil {
			return nil
		}
	}
	return n
}

// Edit tells what is done where a path leads.
type Edit struct {
	New    *Node // nil: the value there is taken out
	Create bool  // put in what is not there
	Insert bool  // put in beside an element, never in the place of a value
	After  bool  // behind the element
}

// SetAt edits a document of jsonb in place.
func (n *Node) SetAt(path []Step, e Edit) error { return n.setAt(path, 0, e) }

func (n *Node) setAt(path []Step, level int, e Edit) error {
	if path[level].Null {
		return fault.New("22004", "path element at position %d is null", level+1)
	}
	switch n.Kind {
	case Object:
		return n.setField(path, level, e)
	case Array:
		return n.setElement(path, level, e)
	}
	return nil
}

func (e Edit) creates() bool { return e.New != nil && (e.Create || e.Insert) }

func (n *Node) setField(path []Step, level int, e Edit) error {
	key, last := path[level].Text, level == len(path)-1
	for i := range n.Items {
		if n.Keys[i] != key {
			continue
		}
		switch {
		case !last:
			return n.Items[i].setAt(path, level+1, e)
		case e.Insert:
			return fault.New(fault.InvalidParameter, "cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value.")
		case e.New == nil:
			n.Remove(i)
		default:
			n.Items[i] = *e.New
		}
		return nil
	}
	if last && e.creates() {
		n.Keys, n.Items = append(n.Keys, key), append(n.Items, *e.New)
		n.SortKeys()
	}
	return nil
}

func (n *Node) setElement(path []Step, level int, e Edit) error {
	i, ok := path[level].position()
	if !ok {
		return fault.New(fault.InvalidText, `path element at position %d is not an integer: "%s"`, level+1, path[level].Text)
	}
	before := false // the first element
	if i < 0 {
		i += len(n.Items)
		before = i < 0
	}
	found := !before && i < len(n.Items)
	switch last := level == len(path)-1; {
	case found && !last:
		return n.Items[i].setAt(path, level+1, e)
	case found && e.Insert && e.After:
		n.insert(i+1, *e.New)
	case found && e.Insert:
		n.insert(i, *e.New)
	case found && e.New == nil:
		n.Remove(i)
	case found:
		n.Items[i] = *e.New
	case !last || !e.creates():
	case before:
		n.insert(0, *e.New)
	default:
		n.insert(len(n.Items), *e.New)
	}
	return nil
}

func (n *Node) insert(i int, v Node) {
	items := make([]Node, 0, len(n.Items)+1)
	items = append(append(append(items, n.Items[:i]...), v), n.Items[i:]...)
	n.Items = items
}
