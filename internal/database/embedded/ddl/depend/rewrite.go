package depend

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// RewriteExpressions changes the expressions that may name a table or its
// columns: its own, and the policies of others whose subqueries read it.
func RewriteExpressions(w *work.Work, oid uint32, change func(own bool, e *catalog.Expr, n ast.Node) (bool, error)) error {
	for _, o := range w.Cat().SortedTables() {
		own := o.OID == oid
		rewrite := func(e *catalog.Expr) (*catalog.Expr, error) {
			if e == nil {
				return nil, nil
			}
			if !own {
				tables, err := w.Reads(e)
				if err != nil || !slices.Contains(tables, oid) {
					return e, err
				}
			}
			return rewriteExpr(own, e, change)
		}
		t := *o
		changed, err := RewriteTable(&t, own, rewrite)
		if err != nil {
			return err
		}
		if changed {
			w.Draft().AddTable(&t)
		}
	}
	return nil
}

func rewriteExpr(own bool, e *catalog.Expr, change func(own bool, e *catalog.Expr, n ast.Node) (bool, error)) (*catalog.Expr, error) {
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	changed, err := change(own, e, node)
	if e.Sources != nil && fault.Code(err) == fault.FeatureNotSupported {
		return e, nil // its text is for reading only
	}
	if err != nil || !changed {
		return e, err
	}
	out := *e
	out.SQL, err = syntax.Deparse(node)
	return &out, err
}

// RewriteTable applies rewrite to all expressions of a table, or to those of its
// policies only.
func RewriteTable(t *catalog.Table, all bool, rewrite func(*catalog.Expr) (*catalog.Expr, error)) (changed bool, err error) {
	apply := func(e *catalog.Expr) *catalog.Expr {
		if err != nil {
			return e
		}
		var out *catalog.Expr
		if out, err = rewrite(e); out != e {
			changed = true
		}
		return out
	}
	t.Policies = slices.Clone(t.Policies)
	for i, p := range t.Policies {
		c := *p
		c.Using, c.WithCheck = apply(p.Using), apply(p.WithCheck)
		t.Policies[i] = &c
	}
	if !all {
		return changed, err
	}
	t.Columns = slices.Clone(t.Columns)
	for i, x := range t.Columns {
		if e := apply(x.Generated); e != x.Generated {
			c := *x
			c.Generated = e
			t.Columns[i] = &c
		}
	}
	t.Constraints = slices.Clone(t.Constraints)
	for i, k := range t.Constraints {
		c := *k
		c.Check = apply(k.Check)
		t.Constraints[i] = &c
	}
	t.Indexes = slices.Clone(t.Indexes)
	for i, x := range t.Indexes {
		c := *x
		c.Where = apply(x.Where)
		c.Columns = slices.Clone(x.Columns)
		for j := range c.Columns {
			c.Columns[j].Expr = apply(c.Columns[j].Expr)
		}
		t.Indexes[i] = &c
	}
	return changed, err
}
