package tree

import "slices"

// Equal tells whether two expressions are the same by structure, so that they
// have the same value wherever both stand. Subqueries and volatile calls equal
// only themselves.
func Equal(x, y Expr) bool {
	if x == y {
		return true
	}
	if x == nil || y == nil || x.Type() != y.Type() {
		return false
	}
	if !sameNode(x, y) {
		return false
	}
	cx, cy := Children(x), Children(y)
	if len(cx) != len(cy) {
		return false
	}
	for i := range cx {
		if !Equal(cx[i], cy[i]) {
			return false
		}
	}
	return true
}

// sameNode compares two nodes without their children.
func sameNode(x, y Expr) bool {
	switch x := x.(type) {
	case *Column:
		y, ok := y.(*Column)
		return ok && x.Rel == y.Rel && x.Index == y.Index
	case *WholeRow:
		y, ok := y.(*WholeRow)
		return ok && x.Rel == y.Rel
	case *Const:
		y, ok := y.(*Const)
		return ok && x.Value == y.Value
	case *SessionValue:
		y, ok := y.(*SessionValue)
		return ok && x.Function == y.Function && len(x.Args) == 0 && len(y.Args) == 0
	case *Call:
		y, ok := y.(*Call)
		return ok && x.Function == y.Function && x.Function.Volatility != 'v'
	case *Aggregate:
		y, ok := y.(*Aggregate)
		return ok && sameAggregate(x, y)
	case *WindowCall:
		y, ok := y.(*WindowCall)
		return ok && sameWindowCall(x, y)
	case *Grouping:
		y, ok := y.(*Grouping)
		return ok && slices.EqualFunc(x.Args, y.Args, Equal)
	case *Logic:
		y, ok := y.(*Logic)
		return ok && x.Op == y.Op
	case *Extreme:
		y, ok := y.(*Extreme)
		return ok && x.Greatest == y.Greatest
	case *IsNull:
		y, ok := y.(*IsNull)
		return ok && x.Not == y.Not
	case *IsBool:
		y, ok := y.(*IsBool)
		return ok && x.Not == y.Not && x.Value == y.Value
	case *Distinct:
		y, ok := y.(*Distinct)
		return ok && x.Not == y.Not
	case *In:
		y, ok := y.(*In)
		return ok && x.Not == y.Not
	case *Case:
		y, ok := y.(*Case)
		return ok && len(x.Whens) == len(y.Whens)
	}
	return sameShape(x, y)
}

// sameShape compares nodes which are told apart by their kind alone.
func sameShape(x, y Expr) bool {
	var ok bool
	switch x.(type) {
	case *Relabel:
		_, ok = y.(*Relabel)
	case *FromText:
		_, ok = y.(*FromText)
	case *ToText:
		_, ok = y.(*ToText)
	case *Coalesce:
		_, ok = y.(*Coalesce)
	case *NullIf:
		_, ok = y.(*NullIf)
	default:
		ok = sameArrayNode(x, y)
	}
	return ok
}

func sameAggregate(x, y *Aggregate) bool {
	if x.Aggregate != y.Aggregate || x.Distinct != y.Distinct || len(x.Args) != len(y.Args) ||
		(x.Filter == nil) != (y.Filter == nil) || len(x.OrderBy) != len(y.OrderBy) {
		return false
	}
	for i, o := range x.OrderBy {
		if o.Desc != y.OrderBy[i].Desc || o.NullsFirst != y.OrderBy[i].NullsFirst {
			return false
		}
	}
	return true
}
