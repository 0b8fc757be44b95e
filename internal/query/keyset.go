package query

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// UniqueOrder completes an order by the primary key, so that no two rows are equal
// in it and a page can begin after a row. It reports false where there is no such
// order: of a view, of a table without a key, by a JSON path, an array, JSON, or
// the column of another relation.
func UniqueOrder(r *schema.Relation, order []Order) ([]Order, bool) {
	if r.Kind != schema.Table || len(r.PrimaryKey) == 0 {
		return nil, false
	}
	for _, o := range order {
		col := r.Column(o.Field.Column)
		if o.Through != "" || len(o.Field.Path) > 0 || col == nil || strings.HasSuffix(col.Type, "[]") || IsJSON(col) {
			return nil, false
		}
	}
	return CompleteOrder(r, order), true
}

// CompleteOrder adds the columns of the primary key that an order lacks. A view's
// key is that of its tables, and several rows may have the same.
func CompleteOrder(r *schema.Relation, order []Order) []Order {
	out := slices.Clone(order)
	for _, name := range r.PrimaryKey {
		if !slices.ContainsFunc(order, func(o Order) bool { return o.Field.Column == name }) {
			out = append(out, Order{Field: Field{Column: name}})
		}
	}
	return out
}

// After is the condition that a row comes after another one in a unique order,
// which has the given values there, nil for NULL. Its first part bounds an index
// where it can.
func After(r *schema.Relation, order []Order, values []*string) Cond {
	after := Cond{Op: Or}
	for i, o := range order {
		beyond, ok := o.beyond(r, values[i])
		if !ok {
			continue
		}
		all := Cond{Op: And}
		for j, same := range order[:i] {
			all.Terms = append(all.Terms, same.same(values[j]))
		}
		all.Terms = append(all.Terms, beyond)
		after.Terms = append(after.Terms, all)
	}
	if len(after.Terms) == 0 { // nothing comes after NULLs at the end
		return Cond{Op: In, Field: order[0].Field}
	}
	if first := order[0]; len(order) > 1 && values[0] != nil && !first.nullsAfter(r) {
		op := Gte
		if first.Direction == Descending {
			op = Lte
		}
		bound := Cond{Op: op, Field: first.Field, Value: *values[0]}
		return Cond{Op: And, Terms: []Cond{bound, after}}
	}
	return after
}

// nullsAfter tells whether NULLs may come after other values.
func (o Order) nullsAfter(r *schema.Relation) bool {
	col := r.Column(o.Field.Column)
	return !o.nullsFirst() && (col == nil || !col.NotNull)
}

func (o Order) nullsFirst() bool {
	return o.Nulls == NullsFirst || o.Nulls == NullsDefault && o.Direction == Descending
}

// beyond is the condition that a column comes after a value; false when nothing
// can.
func (o Order) beyond(r *schema.Relation, value *string) (Cond, bool) {
	if value == nil {
		return Cond{Op: IsNotNull, Field: o.Field}, o.nullsFirst()
	}
	c := Cond{Op: Gt, Field: o.Field, Value: *value}
	if o.Direction == Descending {
		c.Op = Lt
	}
	if !o.nullsAfter(r) {
		return c, true
	}
	return Cond{Op: Or, Terms: []Cond{c, {Op: IsNull, Field: o.Field}}}, true
}

func (o Order) same(value *string) Cond {
	if value == nil {
		return Cond{Op: IsNull, Field: o.Field}
	}
	return Cond{Op: Eq, Field: o.Field, Value: *value}
}

// A page after a row is asked for by its values: a < 5 or (a = 5 and b < 7). No
// index serves an OR of this kind in order, on either engine. Where its terms
// name one value, a <= 5 follows, which an index does serve; a statement states
// both.

// bound is what a condition implies of a column: that it is at most, or at least,
// the first of the condition's values.
type bound struct {
	field Field
	op    Op // Lte or Gte
	value string
}

// boundOf returns the bound that a disjunction implies.
func boundOf(c *Cond) (bound, bool) {
	if c.Not || c.Op != Or {
		return bound{}, false
	}
	var first bound
	for i := range c.Terms {
		b, ok := firstBound(&c.Terms[i])
		switch {
		case !ok:
			return bound{}, false
		case i == 0:
			first = b
		case b.field.Column != first.field.Column || b.value != first.value || b.op != Eq && first.op != Eq && b.op != first.op:
			return bound{}, false
		case first.op == Eq:
			first.op = b.op
		}
	}
	return first, first.op == Lte || first.op == Gte
}

// firstBound returns the bound of a term by its first condition; op is Eq where it
// is a bound on both sides.
func firstBound(c *Cond) (bound, bool) {
	for c.Op.isLogic() && !c.Not && len(c.Terms) > 0 && (c.Op == And || len(c.Terms) == 1) {
		c = &c.Terms[0]
	}
	b := bound{field: c.Field, value: c.Value, op: c.Op}
	switch c.Op {
	case Lt, Lte:
		b.op = Lte
	case Gt, Gte:
		b.op = Gte
	case Eq:
	default:
		return bound{}, false
	}
	return b, !c.Not && c.Quantifier == Single && len(c.Field.Path) == 0
}

// paging completes the order of a read that is to be paged, and returns the names
// by which the values of a row's place stand in the result; none when it cannot be
// paged: then its order stays as it is.
func paging(r relation, n *Node) []string {
	order, ok := UniqueOrder(r.Relation, n.Order)
	if !ok || n.aggregated() {
		return nil
	}
	all := names(r, n)
	keys := make([]string, len(order))
	for i, o := range order {
		if keys[i] = selectedAs(r, n, o.Field.Column, all); keys[i] == "" {
			return nil
		}
	}
	n.Order = order
	return keys
}

// selectedAs is the name under which a column stands in the result as it is; ""
// when it does not, or something else has the same name.
func selectedAs(r relation, n *Node, column string, all []string) string {
	for _, it := range expand(r, n.items()) {
		if it.Field.Column != column || len(it.Field.Path) > 0 || it.Cast != "" {
			continue
		}
		same := 0
		for _, name := range all {
			if name == it.name() {
				same++
			}
		}
		if same == 1 {
			return it.name()
		}
	}
	return ""
}
