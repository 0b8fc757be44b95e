package resolve

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/fault"
)

// arrays returns the element types of two array types; nil when one is none.
func (rs *Resolver) arrays(source, target types.OID) (from, to *types.Type) {
	s, t := rs.types.Type(source), rs.types.Type(target)
	if s == nil || t == nil || s.Elem == nil || t.Elem == nil {
		return nil, nil
	}
	return s.Elem, t.Elem
}

// convertArray converts each element of an array.
func (rs *Resolver) convertArray(e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	from, to := rs.arrays(e.Type().OID, target.OID)
	if list, ok := e.(*tree.Array); ok {
		return rs.convertElements(list, to, target, context)
	}
	element := &tree.Element{Ref: types.Ref{OID: from.OID, Mod: e.Type().Mod}}
	body, err := rs.Coerce(element, types.Ref{OID: to.OID, Mod: target.Mod}, context)
	if err != nil {
		return nil, err
	}
	if from.Column == "INTEGER" && to.Column == "INTEGER" && context != explicit || isRelabel(body) {
		return &tree.Relabel{Ref: target, Arg: e}, nil
	}
	return &tree.ArrayMap{Ref: target, Arg: e, Element: element, Body: body}, nil
}

// convertElements converts what ARRAY[…] lists.
func (rs *Resolver) convertElements(list *tree.Array, to *types.Type, target types.Ref, context types.CastContext) (tree.Expr, error) {
	out := &tree.Array{Ref: target, Elements: make([]tree.Expr, len(list.Elements))}
	for i, item := range list.Elements {
		var err error
		if out.Elements[i], err = rs.Coerce(item, types.Ref{OID: to.OID, Mod: target.Mod}, context); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// isRelabel tells whether an expression leaves the element as it is.
func isRelabel(x tree.Expr) bool {
	for {
		r, ok := x.(*tree.Relabel)
		if !ok {
			_, ok := x.(*tree.Element)
			return ok
		}
		x = r.Arg
	}
}

// Array makes ARRAY[…]. want is the type of array that a cast asks for, or the
// zero Ref.
func (rs *Resolver) Array(list []tree.Expr, want types.Ref) (tree.Expr, error) {
	array := rs.types.Type(want.OID)
	context := explicit
	if array == nil || array.Elem == nil {
		var err error
		if array, err = rs.commonArray(list); err != nil {
			return nil, err
		}
		want, context = types.Of(array.OID), implicit
	}
	for i := range list {
		if t := rs.types.Type(list[i].Type().OID); t != nil && t.Elem != nil {
			return nil, Unsupported("an array of several dimensions is")
		}
		var err error
		if list[i], err = rs.Coerce(list[i], types.Ref{OID: array.Elem.OID, Mod: want.Mod}, context); err != nil {
			return nil, err
		}
	}
	return &tree.Array{Ref: want, Elements: list}, nil
}

func (rs *Resolver) commonArray(list []tree.Expr) (*types.Type, error) {
	if len(list) == 0 {
		return nil, fault.New(fault.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
	}
	ref, err := rs.Common(list, "ARRAY")
	if err != nil {
		return nil, err
	}
	if rs.elementOf(ref.OID) != 0 {
		return nil, Unsupported("an array of several dimensions is")
	}
	array := rs.types.Type(rs.arrayOf(ref.OID))
	if array == nil {
		return nil, fault.New(fault.UndefinedObject, "could not find array type for data type %s", rs.TypeName(ref.OID))
	}
	return array, nil
}

// Test makes left op ANY (array) and ALL. An array of unknown type is one of what
// the operator takes on its right side.
func (rs *Resolver) Test(name string, left, array tree.Expr, all bool) (tree.Expr, error) {
	if array.Type().OID == types.Unknown {
		op, err := rs.FindOperator(name, left, Probe(types.Of(types.Unknown)))
		if err != nil {
			return nil, err
		}
		declared := []types.OID{op.Left, op.Right}
		stands, _ := rs.solve([]types.OID{left.Type().OID, types.Unknown}, declared)
		oid := rs.arrayOf(stands.of(op.Right))
		if oid == 0 {
			return nil, Unsupported("an array of unknown type for the operator %s is", name)
		}
		if left, err = rs.Coerce(left, types.Of(op.Left), implicit); err != nil {
			return nil, err
		}
		if array, err = rs.Coerce(array, types.Of(oid), implicit); err != nil {
			return nil, err
		}
	}
	t := rs.types.Type(array.Type().OID)
	if t == nil || t.Elem == nil {
		return nil, fault.New(fault.WrongObjectType, "op ANY/ALL (array) requires array on right side")
	}
	element := &tree.Element{Ref: types.Of(t.Elem.OID)}
	shown := left // Operator converts its own
	cond, err := rs.Operator(name, left, element)
	if err != nil {
		return nil, err
	}
	if cond.Type().OID != types.Bool {
		return nil, fault.New(fault.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	test := &tree.ArrayTest{Array: array, Element: element, Cond: cond, All: all}
	if list, ok := listed(array, t.Elem); ok {
		return rs.testList(name, shown, test, list)
	}
	return test, nil
}

// maxListed bounds the elements that are written one by one.
const maxListed = 200

// listed returns the elements of an array that the statement spells out.
func listed(x tree.Expr, elem *types.Type) ([]tree.Expr, bool) {
	switch x := x.(type) {
	case *tree.Array:
		return x.Elements, len(x.Elements) <= maxListed
	case *tree.Const:
		if x.Value.IsNull() || len(x.Value.Text()) > maxListed*50 {
			return nil, false
		}
		values := array.Values(x.Value, elem)
		out := make([]tree.Expr, len(values))
		for i, v := range values {
			out[i] = &tree.Const{Ref: types.Of(elem.OID), Value: v}
		}
		return out, len(out) <= maxListed
	}
	return nil, false
}

func volatile(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Call:
		return x.Function.Volatility == types.Volatile
	case *tree.NextValue:
		return true
	}
	return false
}

// testList writes a test over a list without an array: as IN, which SQLite plans
// best, or as a chain of AND or OR. The schema can hold either.
func (rs *Resolver) testList(name string, left tree.Expr, test *tree.ArrayTest, list []tree.Expr) (tree.Expr, error) {
	call, ok := test.Cond.(*tree.Call)
	equality := !test.All && name == "=" || test.All && (name == "<>" || name == "!=")
	if equality && ok && call.Args[1] == tree.Expr(test.Element) && call.Args[0].Type().OID == test.Element.Ref.OID {
		return &tree.In{Left: call.Args[0], List: list, Not: test.All}, nil
	}
	if len(list) == 0 {
		return Bool(test.All), nil
	}
	if tree.Any(left, volatile) || ok && call.Function.MayRaise {
		return test, nil // which is refused, or stops at the element that settles it
	}
	chain := &tree.Logic{Op: tree.Or}
	if test.All {
		chain.Op = tree.And
	}
	for _, item := range list {
		cond, err := rs.Operator(name, left, item)
		if err != nil {
			return nil, err
		}
		chain.Args = append(chain.Args, cond)
	}
	if len(chain.Args) == 1 {
		return chain.Args[0], nil
	}
	return chain, nil
}

// Subscript makes a[i]; more than one subscript gives NULL of a one-dimensional
// array.
func (rs *Resolver) Subscript(array tree.Expr, subscripts []tree.Expr) (tree.Expr, error) {
	if array.Type().OID == types.JSONB {
		return rs.subscriptJSON(array, subscripts)
	}
	t, err := rs.subscripted(array)
	if err != nil {
		return nil, err
	}
	for i := range subscripts {
		if subscripts[i], err = rs.bound(subscripts[i]); err != nil {
			return nil, err
		}
	}
	ref := types.Ref{OID: t.Elem.OID, Mod: array.Type().Mod}
	if len(subscripts) > 1 {
		return &tree.Const{Ref: ref, Value: sqlite.Null}, nil
	}
	return &tree.Subscript{Ref: ref, Array: array, Index: subscripts[0]}, nil
}

// subscriptJSON makes j['a'][0] the path that it is.
func (rs *Resolver) subscriptJSON(doc tree.Expr, subscripts []tree.Expr) (tree.Expr, error) {
	args := []tree.Expr{doc}
	for _, e := range subscripts {
		oid := e.Type().OID
		if oid != types.Unknown && !rs.implicitly(oid, types.Int4) && !rs.implicitly(oid, types.Text) {
			return nil, fault.New(fault.DatatypeMismatch, "subscript type %s is not supported", rs.TypeName(oid)).
				WithHint("jsonb subscript must be coercible to either integer or text.")
		}
		key, err := rs.Coerce(e, types.Of(types.Text), explicit)
		if err != nil {
			return nil, err
		}
		args = append(args, key)
	}
	return rs.Function("", "jsonb_extract_path", args)
}

// implicitly tells whether a type becomes another by itself.
func (rs *Resolver) implicitly(from, to types.OID) bool {
	cast := rs.types.Cast(from, to)
	return from == to || cast != nil && cast.Context == types.Implicit
}

// Slice makes a[i:j]; nil is a bound that is left out.
func (rs *Resolver) Slice(array, lower, upper tree.Expr) (tree.Expr, error) {
	if array.Type().OID == types.JSONB {
		return nil, fault.New(fault.DatatypeMismatch, "jsonb subscript does not support slices")
	}
	if _, err := rs.subscripted(array); err != nil {
		return nil, err
	}
	for _, b := range []*tree.Expr{&lower, &upper} {
		if *b == nil {
			continue
		}
		var err error
		if *b, err = rs.bound(*b); err != nil {
			return nil, err
		}
	}
	return &tree.Slice{Array: array, Lower: lower, Upper: upper}, nil
}

func (rs *Resolver) subscripted(array tree.Expr) (*types.Type, error) {
	t := rs.types.Type(array.Type().OID)
	if t == nil || t.Elem == nil {
		if oid := array.Type().OID; oid == types.Record {
			return nil, Unsupported("a subscript of %s is", rs.TypeName(oid))
		}
		return nil, fault.New(fault.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting",
			rs.TypeName(array.Type().OID))
	}
	return t, nil
}

// bound is a subscript, an integer by the rules of assignment.
func (rs *Resolver) bound(e tree.Expr) (tree.Expr, error) {
	return rs.Assign(e, types.Of(types.Int4), func() error {
		return fault.New(fault.DatatypeMismatch, "array subscript must have type integer")
	})
}
