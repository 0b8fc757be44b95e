package tree

// Tables are the tables that a part of a statement reads, by OID.
type Tables struct {
	OIDs map[uint32]bool
	// Parts are the writing statements of WITH that it reads.
	Parts map[int]bool
	seen  map[*Query]bool
}

// NewTables returns none.
func NewTables() *Tables {
	return &Tables{OIDs: map[uint32]bool{}, Parts: map[int]bool{}, seen: map[*Query]bool{}}
}

// Exprs adds what the subqueries of expressions read.
func (t *Tables) Exprs(list ...Expr) {
	for _, x := range list {
		Walk(x, func(x Expr) bool {
			if s, ok := x.(*Subquery); ok {
				t.Query(s.Query)
			}
			return true
		})
	}
}

// Query adds what a query reads.
func (t *Tables) Query(q *Query) {
	if t.seen[q] {
		return
	}
	t.seen[q] = true
	if q.Set != nil {
		t.Query(q.Set.Left)
		t.Query(q.Set.Right)
	}
	t.From(q.From)
	q.Walk(func(x Expr) bool {
		if s, ok := x.(*Subquery); ok {
			t.Query(s.Query)
		}
		return true
	})
}

// From adds what items of FROM read.
func (t *Tables) From(list []From) {
	for _, f := range list {
		switch f := f.(type) {
		case *Join:
			t.From([]From{f.Left, f.Right})
			t.Exprs(f.On)
		case *Rel:
			t.rel(f)
		}
	}
}

func (t *Tables) rel(r *Rel) {
	if r.Table != nil {
		t.OIDs[r.Table.OID] = true
	}
	if r.Part > 0 {
		t.Parts[r.Part] = true
	}
	t.Exprs(r.Policy)
	if r.Query != nil {
		t.Query(r.Query)
	}
	if r.Functions != nil {
		t.Exprs(r.Functions.Inputs()...)
	}
}

// Insert adds what an INSERT reads, the table it writes left out unless ON
// CONFLICT looks at it.
func (t *Tables) Insert(n *Insert) {
	if n.Source != nil {
		t.rel(n.Source)
	}
	t.Exprs(n.Values...)
	t.Exprs(n.Conflict.Exprs()...)
	t.outputs(n.Returning)
	t.checks(n.Checks)
	if n.Conflict != nil {
		t.OIDs[n.Target.Table.OID] = true
	}
}

// Update adds what an UPDATE reads, the table it writes included.
func (t *Tables) Update(n *Update) {
	t.rel(n.Target)
	t.From(n.From)
	t.Exprs(n.Where, n.Policy)
	for _, s := range n.Set {
		t.Exprs(s.Value)
	}
	t.outputs(n.Returning)
	t.checks(n.Checks)
}

// Delete adds what a DELETE reads, the table it writes included.
func (t *Tables) Delete(n *Delete) {
	t.rel(n.Target)
	t.From(n.From)
	t.Exprs(n.Where, n.Policy)
	t.outputs(n.Returning)
}

func (t *Tables) outputs(list []Output) { t.Exprs(outputs(list)...) }

func (t *Tables) checks(list []Check) {
	for _, c := range list {
		t.Exprs(c.Expr)
	}
}
