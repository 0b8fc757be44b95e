package jsonpath

import (
	"math"
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/types/float"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/numeric"
	"github.com/galleyhq/galley/internal/fault"
)

func number(v int64) *document.Node {
	return &document.Node{Kind: document.Number, Text: strconv.FormatInt(v, 10)}
}

// single returns the one number that an operand finds.
func single(all []*document.Node) *document.Node {
	if len(all) != 1 || all[0].Kind != document.Number {
		return nil
	}
	return all[0]
}

// position evaluates a subscript.
func (r *run) position(i *item, n *document.Node) (int64, error) {
	var all []*document.Node
	if err := r.item(i, n, collect(&all)); err != nil {
		return 0, err
	}
	v := single(all)
	if v == nil {
		return 0, fault.New(codeSubscript, "jsonpath array subscript is not a single numeric value")
	}
	whole, err := numeric.Truncate(v.Text)
	if err != nil || whole < math.MinInt32 || whole > math.MaxInt32 {
		return 0, fault.New(codeSubscript, "jsonpath array subscript is out of integer range")
	}
	return whole, nil
}

func (r *run) binary(i *item, n *document.Node, found sink) error {
	left, err := r.values(i.left, n, true)
	if err != nil {
		return err
	}
	right, err := r.values(i.right, n, true)
	if err != nil {
		return err
	}
	a, b := single(left), single(right)
	for _, side := range []struct {
		name string
		v    *document.Node
	}{{"left", a}, {"right", b}} {
		if side.v == nil {
			return fault.New(codeSingleton, "%s operand of jsonpath operator %s is not a single numeric value", side.name, signs[i.kind])
		}
	}
	text, err := numeric.Calculate(signs[i.kind][0], a.Text, b.Text)
	if err != nil {
		return err
	}
	return r.follow(i, &document.Node{Kind: document.Number, Text: text}, found)
}

func (r *run) unary(i *item, n *document.Node, found sink) error {
	all, err := r.values(i.left, n, true)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Kind != document.Number {
			if found == nil && i.next == nil {
				continue
			}
			return fault.New(codeNumber, "operand of unary jsonpath operator %s is not a numeric value", signs[i.kind])
		}
		if i.kind == kindMinus {
			v = &document.Node{Kind: document.Number, Text: negated(v.Text)}
		}
		if err := r.follow(i, v, found); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) method(i *item, n *document.Node, found sink) error {
	switch i.name {
	case "type":
		return r.follow(i, &document.Node{Kind: document.String, Text: n.TypeName()}, found)
	case "size":
		switch {
		case n.Kind == document.Array:
			return r.follow(i, number(int64(len(n.Items))), found)
		case r.strict:
			return r.shape(codeArray, "jsonpath item method .size() can only be applied to an array")
		}
		return r.follow(i, number(1), found)
	case "double":
		v, err := double(n)
		if err != nil {
			return err
		}
		return r.follow(i, v, found)
	}
	if n.Kind != document.Number {
		return fault.New(codeNumeric, "jsonpath item method .%s() can only be applied to a numeric value", i.name)
	}
	text, err := numeric.Apply(i.name, n.Text)
	if err != nil {
		return err
	}
	return r.follow(i, &document.Node{Kind: document.Number, Text: text}, found)
}

// double reads a string as a float; a number must be one, and stays as it is.
func double(n *document.Node) (*document.Node, error) {
	switch n.Kind {
	case document.Number:
		if _, err := numeric.ToFloat(n.Text, 64); err != nil || vanishes(n.Text) {
			return nil, fault.New(codeNumeric, "numeric argument of jsonpath item method .double() is out of range for type double precision")
		}
		return n, nil
	case document.String:
		f, err := float.Parse(n.Text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, fault.New(codeNumeric, "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
		}
		return &document.Node{Kind: document.Number, Text: numeric.FromFloat(f, 15)}, nil
	}
	return nil, fault.New(codeNumeric, "jsonpath item method .double() can only be applied to a string or numeric value")
}

// vanishes tells whether a number other than 0 is 0 as a float.
func vanishes(s string) bool {
	f, _ := numeric.ToFloat(s, 64)
	return f == 0 && negated(s) != s
}
