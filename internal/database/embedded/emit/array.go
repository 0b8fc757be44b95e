package emit

import (
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
)

// maxElements is how many arguments SQLite takes.
const maxElements = 1000

// array writes the nodes of arrays; false for any other.
func (e *emitter) array(x tree.Expr) (sql string, ok bool) {
	switch x := x.(type) {
	case *tree.Array:
		return e.buildArray(x), true
	case *tree.Element:
		return e.elements[x] + ".c0", true
	case *tree.ArrayMap:
		return e.mapArray(x), true
	case *tree.ArrayTest:
		return e.testArray(x), true
	case *tree.Subscript:
		return array.GetSQL(e.expr(x.Array), e.expr(x.Index), e.types.Type(x.Ref.OID)), true
	case *tree.Slice:
		return array.SliceSQL(e.expr(x.Array), e.optional(x.Lower), e.optional(x.Upper)), true
	case *tree.SubscriptSet:
		elem := e.types.Type(x.Array.Type().OID).Elem
		return array.SetSQL(e.expr(x.Array), e.expr(x.Index), e.expr(x.Value), elem), true
	}
	return "", false
}

func (e *emitter) optional(x tree.Expr) string {
	if x == nil {
		return ""
	}
	return e.expr(x)
}

func (e *emitter) buildArray(x *tree.Array) string {
	elem := e.types.Type(x.Ref.OID).Elem
	sql := ""
	for i, item := range x.Elements {
		switch {
		case i%maxElements != 0:
			sql += ", "
		case i > 0:
			sql += "), " + array.Build + "("
		default:
			sql = array.Build + "("
		}
		sql += array.StoreSQL(e.expr(item), elem)
	}
	switch {
	case len(x.Elements) == 0:
		return "'{}'"
	case len(x.Elements) <= maxElements:
		return sql + ")"
	}
	return e.fail(unsupported("ARRAY of more than %d elements is", maxElements))
}

// element gives an element a name for as long as write runs.
func (e *emitter) element(x *tree.Element, write func(name string) string) string {
	if e.elements == nil {
		e.elements = map[*tree.Element]string{}
	}
	e.elementCount++
	name := "x" + strconv.Itoa(e.elementCount)
	e.elements[x] = name
	defer delete(e.elements, x)
	return write(name)
}

func (e *emitter) mapArray(x *tree.ArrayMap) string {
	from, to := e.types.Type(x.Element.Ref.OID), e.types.Type(x.Ref.OID).Elem
	if !e.apart(x.Arg) {
		return e.fail(unsupported("the conversion of an array that a window function makes is"))
	}
	return e.element(x.Element, func(name string) string {
		return "(SELECT iif(" + name + "a.a IS NULL, NULL, (SELECT coalesce(" + array.GatherSQL(e.expr(x.Body), to) + ", '{}') FROM " +
			array.ElementsSQL(name+"a.a", from) + " AS " + name + ")) FROM (SELECT " + e.expr(x.Arg) + " AS a) AS " + name + "a)"
	})
}

// testArray writes op ANY and ALL. Equality is IN, which can use an index; others
// stop at the first element that settles the result, as PostgreSQL does.
func (e *emitter) testArray(x *tree.ArrayTest) string {
	if tree.Any(x.Cond, tree.IsVolatile) {
		return e.fail(unsupported("a volatile operand of ANY or ALL is"))
	}
	left, not, ok := e.membership(x)
	if ok && oneRow(left, x.Array) {
		sql := array.HasSQL(e.expr(x.Array), e.expr(left), e.types.Type(x.Element.Ref.OID))
		if x.All {
			return "(NOT " + sql + ")"
		}
		return sql
	}
	if !e.apart(x.Array) || !ok && !e.apart(x.Cond) {
		return e.fail(unsupported("a window function in ANY or ALL over an array is"))
	}
	if ok {
		return e.element(x.Element, func(name string) string {
			return "(" + e.collated(left) + not + " IN (SELECT " + name + ".c0 FROM " + e.tested(x) + " AS " + name + "))"
		})
	}
	return e.element(x.Element, func(name string) string {
		cond, from := e.expr(x.Cond), " FROM "+e.tested(x)+" AS "+name+" WHERE "
		if x.All {
			return "(CASE WHEN EXISTS (SELECT 1" + from + "NOT " + cond + ") THEN 0 WHEN EXISTS (SELECT 1" + from + cond + " IS NULL) THEN NULL ELSE 1 END)"
		}
		return "(CASE WHEN EXISTS (SELECT 1" + from + cond + ") THEN 1 WHEN EXISTS (SELECT 1" + from + cond + " IS NULL) THEN NULL ELSE 0 END)"
	})
}

// arrayOf gathers a query's column in the query's order.
func (e *emitter) arrayOf(x *tree.Subquery, query string) string {
	elem := e.types.Type(x.Array.OID).Elem
	return "(SELECT coalesce(" + array.GatherSQL("s.c0", elem) + ", '{}') FROM (" + query + ") AS s)"
}

func (e *emitter) tested(x *tree.ArrayTest) string {
	return array.TestedSQL(e.expr(x.Array), e.types.Type(x.Element.Ref.OID))
}

// oneRow tells whether a column of arrays is searched for something that is known
// with its row, so that no index can serve.
func oneRow(left, arr tree.Expr) bool {
	var rel *tree.Rel
	one := true
	look := func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			one = one && (rel == nil || rel == x.Rel)
			rel = x.Rel
		case *tree.Subquery:
			one = false
		}
		return one
	}
	tree.Walk(arr, look)
	if rel == nil {
		return false
	}
	tree.Walk(left, look)
	return one
}

// membership tells whether a test is that of IN or NOT IN: equality of values
// that are stored alike.
func (e *emitter) membership(x *tree.ArrayTest) (left tree.Expr, not string, ok bool) {
	call, isCall := x.Cond.(*tree.Call)
	if !isCall || len(call.Args) != 2 || call.Args[1] != tree.Expr(x.Element) {
		return nil, "", false
	}
	name := "="
	if x.All {
		name, not = "<>", " NOT"
	}
	if !e.types.IsOperator(call.Function, name) {
		return nil, "", false
	}
	l, r := e.types.Type(call.Args[0].Type().OID), e.types.Type(x.Element.Ref.OID)
	alike := l == r || l != nil && isInteger(l) && isInteger(r)
	return call.Args[0], not, alike
}

func isInteger(t *types.Type) bool { return t.Column == "INTEGER" && t.Category == 'N' }
