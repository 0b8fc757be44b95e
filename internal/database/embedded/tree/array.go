package tree

import "github.com/galleyhq/galley/internal/database/embedded/types"

// Array is ARRAY[…]; its elements have the element type.
type Array struct {
	Ref      types.Ref
	Elements []Expr
}

// Element is an element of an array within the Body of an ArrayMap or the Cond of
// an ArrayTest.
type Element struct{ Ref types.Ref }

// ArrayMap is the array of Body of each Element of Arg.
type ArrayMap struct {
	Ref     types.Ref
	Arg     Expr
	Element *Element
	Body    Expr
}

// ArrayTest is left op ANY (array), true when Cond is of any Element, or ALL.
type ArrayTest struct {
	Array   Expr
	Element *Element
	Cond    Expr
	All     bool
}

// Subscript is a[i].
type Subscript struct {
	Ref          types.Ref
	Array, Index Expr
}

// Slice is a[i:j]; nil is a bound that is left out.
type Slice struct{ Array, Lower, Upper Expr }

// SubscriptSet is the array that SET a[i] = value makes of a.
type SubscriptSet struct{ Array, Index, Value Expr }

// Type implements Expr.
func (e *Array) Type() types.Ref        { return e.Ref }
func (e *Element) Type() types.Ref      { return e.Ref }
func (e *ArrayMap) Type() types.Ref     { return e.Ref }
func (e *ArrayTest) Type() types.Ref    { return types.Of(types.Bool) }
func (e *Subscript) Type() types.Ref    { return e.Ref }
func (e *Slice) Type() types.Ref        { return e.Array.Type() }
func (e *SubscriptSet) Type() types.Ref { return e.Array.Type() }

// arrayChildren are the operands of the nodes of this file.
func arrayChildren(e Expr) []Expr {
	switch e := e.(type) {
	case *Array:
		return e.Elements
	case *ArrayMap:
		return []Expr{e.Arg, e.Body}
	case *ArrayTest:
		return []Expr{e.Array, e.Cond}
	case *Subscript:
		return []Expr{e.Array, e.Index}
	case *Slice:
		list := []Expr{e.Array}
		for _, b := range []Expr{e.Lower, e.Upper} {
			if b != nil {
				list = append(list, b)
			}
		}
		return list
	case *SubscriptSet:
		return []Expr{e.Array, e.Index, e.Value}
	}
	return nil
}

// sameArrayNode tells whether two nodes of this file are alike without their
// operands.
func sameArrayNode(x, y Expr) bool {
	switch x := x.(type) {
	case *Array:
		_, ok := y.(*Array)
		return ok
	case *Subscript:
		_, ok := y.(*Subscript)
		return ok
	case *Slice:
		y, ok := y.(*Slice)
		return ok && (x.Lower == nil) == (y.Lower == nil) && (x.Upper == nil) == (y.Upper == nil)
	}
	return false
}
