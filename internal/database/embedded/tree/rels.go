package tree

// Rels are the relations of a query and of the queries below it.
func (q *Query) Rels() []*Rel {
	list := q.own()
	q.Walk(func(x Expr) bool {
		if s, ok := x.(*Subquery); ok {
			list = append(list, s.Query.own()...)
		}
		return true
	})
	return list
}

// own are the relations of a query itself, and of the queries it is made of.
func (q *Query) own() []*Rel {
	var out []*Rel
	for _, c := range q.With {
		out = append(out, c.Query.own()...)
	}
	if q.Set != nil {
		out = append(q.Set.Left.own(), q.Set.Right.own()...)
	}
	for _, f := range q.From {
		out = append(out, ownOf(f)...)
	}
	return out
}

func ownOf(f From) []*Rel {
	switch f := f.(type) {
	case *Join:
		return append(ownOf(f.Left), ownOf(f.Right)...)
	case *Rel:
		if f.Query != nil && f.CTE == nil {
			return append(f.Query.own(), f)
		}
		return []*Rel{f}
	}
	return nil
}

// Rels are the relations of the statement and of the queries in it.
func (n *Insert) Rels() []*Rel {
	q := &Query{From: []From{n.Target}, Columns: n.Returning}
	if n.Source != nil {
		q.From = append(q.From, n.Source)
	}
	for _, x := range n.Values {
		q.Columns = append(q.Columns, Output{Expr: x})
	}
	for _, x := range n.Conflict.Exprs() {
		q.Columns = append(q.Columns, Output{Expr: x})
	}
	return q.Rels()
}

// Rels are the relations of the statement and of the queries in it.
func (n *Update) Rels() []*Rel {
	q := &Query{From: append([]From{n.Target}, n.From...), Where: n.Where, Having: n.Policy, Columns: n.Returning}
	for _, s := range n.Set {
		q.Columns = append(q.Columns, Output{Expr: s.Value})
	}
	for _, c := range n.Checks {
		q.Columns = append(q.Columns, Output{Expr: c.Expr})
	}
	return q.Rels()
}

// Rels are the relations of the statement and of the queries in it.
func (n *Delete) Rels() []*Rel {
	q := &Query{From: append([]From{n.Target}, n.From...), Where: n.Where, Having: n.Policy, Columns: n.Returning}
	return q.Rels()
}

// RelsOf are the relations that FROM joins, not those of the queries among them.
func RelsOf(list []From) []*Rel {
	var out []*Rel
	for _, f := range list {
		switch f := f.(type) {
		case *Rel:
			out = append(out, f)
		case *Join:
			out = append(out, RelsOf([]From{f.Left, f.Right})...)
		}
	}
	return out
}

// RelColumns are the columns of a query used as a relation.
func (q *Query) RelColumns() []RelColumn {
	out := make([]RelColumn, len(q.Columns))
	for i, c := range q.Columns {
		out[i] = RelColumn{Name: c.Name, Type: c.Expr.Type()}
	}
	return out
}

// Exprs are the expressions of the columns of a query.
func (q *Query) Exprs() []Expr { return outputs(q.Columns) }

// HasOwnName tells whether a relation goes by its table's own name, so that it
// may stand beside a table of the same name in another schema.
func (r *Rel) HasOwnName() bool {
	return r.Table != nil && r.Table.Name == r.Alias || r.View != nil && r.View.Name == r.Alias
}

// Schema is the schema of a table or view.
func (r *Rel) Schema() string {
	if r.View != nil {
		return r.View.Schema
	}
	return r.Table.Schema
}

// RowOID is the table or view whose rows a relation has, 0 for none.
func (r *Rel) RowOID() uint32 {
	switch {
	case r.Table != nil:
		return r.Table.OID
	case r.View != nil:
		return r.View.OID
	}
	return r.RowType
}

// Name is that of a table or view.
func (r *Rel) Name() string {
	if r.View != nil {
		return r.View.Name
	}
	return r.Table.Name
}
