package jsonpath

import (
	"cmp"
	"errors"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// The codes of what a path does not find.
const (
	codeSubscript = "22033"
	codeNumeric   = "22036"
	codeSingleton = "22038"
	codeArray     = "22039"
	codeMember    = "2203A"
	codeNumber    = "2203B"
	codeObject    = "2203C"
)

// errStop ends a search that wants one value only.
var errStop = errors.New("found")

// sink takes the values that a path finds. None stops at the first one.
type sink func(n *document.Node) error

// run is one evaluation of a path.
type run struct {
	strict  bool // no unwrapping of arrays, and errors where the shape differs
	lenient bool // errors of the shape are ignored all the same, below **
	root    *document.Node
	current *document.Node
	vars    *document.Node
	length  int   // of the innermost array that is subscripted; -1 for none
	fatal   error // one that no predicate makes unknown
}

func (p *Path) start(doc, vars *document.Node) (*run, error) {
	if vars != nil && vars.Kind != document.Object {
		return nil, fault.New(fault.InvalidParameter, `"vars" argument is not an object`).
			WithDetail(`Jsonpath parameters should be encoded as key-value pairs of "vars" object.`)
	}
	return &run{strict: p.strict, root: doc, current: doc, vars: vars, length: -1}, nil
}

// Query returns what the path finds in a document, in order; variables are the
// fields of an object, or all null where there is none. With an error it returns what was found before.
func (p *Path) Query(doc, vars *document.Node) ([]*document.Node, error) {
	r, err := p.start(doc, vars)
	if err != nil {
		return nil, err
	}
	var all []*document.Node
	err = r.item(p.root, doc, collect(&all))
	return all, cmp.Or(r.fatal, err)
}

func collect(all *[]*document.Node) sink {
	return func(n *document.Node) error {
		*all = append(*all, n)
		return nil
	}
}

// Exists tells whether the path finds anything. In strict mode it looks at
// everything, since an error may come later.
func (p *Path) Exists(doc, vars *document.Node) (bool, error) {
	r, err := p.start(doc, vars)
	if err != nil {
		return false, err
	}
	found, err := r.exists(p.root, doc)
	return found, cmp.Or(r.fatal, err)
}

func (r *run) exists(i *item, n *document.Node) (bool, error) {
	if r.strict {
		var all []*document.Node
		err := r.item(i, n, collect(&all))
		return len(all) > 0, err
	}
	err := r.item(i, n, nil)
	if errors.Is(err, errStop) {
		return true, nil
	}
	return false, err
}

// unwraps tells whether arrays are unwrapped by themselves.
func (r *run) unwraps() bool { return !r.strict }

// ignores tells whether a document of another shape is no error.
func (r *run) ignores() bool { return !r.strict || r.lenient }

// item evaluates an item and what follows it over a value.
func (r *run) item(i *item, n *document.Node, found sink) error {
	return r.target(i, n, found, r.unwraps())
}

// follow hands a value to what follows an item.
func (r *run) follow(i *item, n *document.Node, found sink) error {
	if i.next != nil {
		return r.item(i.next, n, found)
	}
	return found.take(n)
}

func (s sink) take(n *document.Node) error {
	if s == nil {
		return errStop
	}
	return s(n)
}

// shape is the error of a value of another shape, where that is one.
func (r *run) shape(code, message string, args ...any) error {
	if r.ignores() {
		return nil
	}
	return fault.New(code, message, args...)
}

// target is item; unwrap tells whether the elements of an array stand for it.
func (r *run) target(i *item, n *document.Node, found sink, unwrap bool) error {
	array := unwrap && n.Kind == document.Array
	elements := func() error { return r.any(i, n, found, 1, 1, 1, false, false) }
	switch i.kind {
	case kindRoot:
		return r.follow(i, r.root, found)
	case kindCurrent:
		return r.follow(i, r.current, found)
	case kindLiteral:
		return r.follow(i, &i.literal, found)
	case kindLast:
		return r.follow(i, number(int64(r.length-1)), found)
	case kindVariable:
		if r.vars == nil {
			return r.follow(i, new(document.Node), found)
		}
		v := r.vars.Field(i.name)
		if v == nil {
			r.fatal = cmp.Or(r.fatal, error(fault.New(fault.UndefinedObject, `could not find jsonpath variable "%s"`, i.name)))
			return r.fatal
		}
		return r.follow(i, v, found)
	case kindKey:
		if array {
			return elements()
		}
		return r.key(i, n, found)
	case kindAnyKey:
		switch {
		case array:
			return elements()
		case n.Kind != document.Object:
			return r.shape(codeObject, "jsonpath wildcard member accessor can only be applied to an object")
		}
		return r.any(i.next, n, found, 1, 1, 1, false, r.unwraps())
	case kindAnyArray:
		return r.anyArray(i, n, found)
	case kindIndex:
		return r.index(i, n, found)
	case kindAny:
		return r.levels(i, n, found)
	case kindFilter:
		if array {
			return elements()
		}
		return r.filter(i, n, found)
	case kindMethod:
		if array && i.name != "size" && i.name != "type" {
			return elements()
		}
		return r.method(i, n, found)
	case kindAdd, kindSubtract, kindMultiply, kindDivide, kindModulo:
		return r.binary(i, n, found)
	case kindPlus, kindMinus:
		return r.unary(i, n, found)
	}
	return r.truth(i, n, found)
}

// truth evaluates a predicate as a value: true, false, or null for unknown.
func (r *run) truth(i *item, n *document.Node, found sink) error {
	v := &document.Node{Kind: document.Bool}
	switch r.test(i, n) {
	case unknown:
		v.Kind = document.Null
	case yes:
		v.True = true
	}
	return r.follow(i, v, found)
}

func (r *run) key(i *item, n *document.Node, found sink) error {
	if n.Kind != document.Object {
		return r.shape(codeMember, "jsonpath member accessor can only be applied to an object")
	}
	if v := n.Field(i.name); v != nil {
		return r.follow(i, v, found)
	}
	return r.shape(codeMember, `JSON object does not contain key "%s"`, i.name)
}

func (r *run) anyArray(i *item, n *document.Node, found sink) error {
	switch {
	case n.Kind == document.Array:
		return r.any(i.next, n, found, 1, 1, 1, false, r.unwraps())
	case !r.strict:
		return r.follow(i, n, found)
	}
	return r.shape(codeArray, "jsonpath wildcard array accessor can only be applied to an array")
}

// any goes through the values of an array or object, from level to last, and
// evaluates next over those from level first on; nil finds them.
func (r *run) any(next *item, n *document.Node, found sink, level, first, last uint32, lenient, unwrap bool) error {
	if level > last {
		return nil
	}
	for k := range n.Items {
		v := &n.Items[k]
		if level >= first || first == maxLevel && last == maxLevel && v.Scalar() {
			if err := r.one(next, v, found, lenient, unwrap); err != nil {
				return err
			}
		}
		if level < last && !v.Scalar() {
			if err := r.any(next, v, found, level+1, first, last, lenient, unwrap); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) one(next *item, v *document.Node, found sink, lenient, unwrap bool) error {
	if next == nil {
		return found.take(v)
	}
	if lenient {
		defer func(was bool) { r.lenient = was }(r.lenient)
		r.lenient = true
	}
	return r.target(next, v, found, unwrap)
}

// levels evaluates **.
func (r *run) levels(i *item, n *document.Node, found sink) error {
	if i.first == 0 {
		was := r.lenient
		r.lenient = true
		err := r.follow(i, n, found)
		r.lenient = was
		if err != nil {
			return err
		}
	}
	if n.Scalar() {
		return nil
	}
	return r.any(i.next, n, found, 1, i.first, i.last, true, r.unwraps())
}

func (r *run) filter(i *item, n *document.Node, found sink) error {
	was := r.current
	r.current = n
	result := r.test(i.left, n)
	r.current = was
	if result != yes {
		return nil
	}
	return r.follow(i, n, found)
}

func (r *run) index(i *item, n *document.Node, found sink) error {
	if n.Kind != document.Array && r.strict {
		return r.shape(codeArray, "jsonpath array accessor can only be applied to an array")
	}
	size := 1 // a value that is no array stands for one of it
	if n.Kind == document.Array {
		size = len(n.Items)
	}
	was := r.length
	r.length = size
	defer func() { r.length = was }()
	for _, s := range i.subscripts {
		from, err := r.position(s.from, n)
		if err != nil {
			return err
		}
		to := from
		if s.to != nil {
			if to, err = r.position(s.to, n); err != nil {
				return err
			}
		}
		if !r.ignores() && (from < 0 || from > to || to >= int64(size)) {
			return fault.New(codeSubscript, "jsonpath array subscript is out of bounds")
		}
		for k := max(from, 0); k <= min(to, int64(size)-1); k++ {
			v := n
			if n.Kind == document.Array {
				v = &n.Items[k]
			}
			if err := r.follow(i, v, found); err != nil {
				return err
			}
		}
	}
	return nil
}
