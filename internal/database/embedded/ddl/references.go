package ddl

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// referenced lists the column references of an expression by their last name,
// each once, in order; those of its subqueries too.
func referenced(n ast.Node) []string {
	var out []string
	walk(n, func(n ast.Node) {
		if ref, ok := n.(*ast.ColumnRef); ok && ref != nil {
			if parts := names(ref.Fields); len(parts) > 0 && !slices.Contains(out, parts[len(parts)-1]) {
				out = append(out, parts[len(parts)-1])
			}
		}
	})
	return out
}

func refersTo(n ast.Node) bool { return len(referenced(n)) > 0 }

// hasSubquery tells whether an expression holds a query of its own.
func hasSubquery(n ast.Node) bool {
	found := false
	walk(n, func(n ast.Node) {
		if s, ok := n.(*ast.SubLink); ok && s != nil {
			found = true
		}
	})
	return found
}

func walk(n ast.Node, visit func(ast.Node)) {
	if n == nil {
		return
	}
	ast.Rewrite(n, func(c *ast.Cursor) bool {
		visit(c.Node())
		return true
	}, nil)
}

// columnsOf lists the columns of a table that an expression without subqueries
// uses.
func columnsOf(t *catalog.Table, n ast.Node) []*catalog.Column {
	var out []*catalog.Column
	for _, name := range referenced(n) {
		if c := t.Column(name); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// uses tells whether a stored expression uses a column of its own table.
func uses(e *catalog.Expr, column string) (bool, error) {
	if e == nil {
		return false, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return false, err
	}
	return slices.Contains(referenced(node), column), nil
}

// reads lists the tables that the subqueries of a stored expression read.
func (w *work) reads(e *catalog.Expr) ([]uint32, error) {
	if e == nil {
		return nil, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	cat := w.cat()
	var out []uint32
	walk(node, func(n ast.Node) {
		r, ok := n.(*ast.RangeVar)
		if !ok || r == nil {
			return
		}
		path := e.SearchPath
		if r.SchemaName != "" {
			path = []string{r.SchemaName}
		}
		for _, s := range path {
			if oid := cat.RelationOID(s, r.RelName); oid != 0 {
				out = append(out, oid)
				return
			}
		}
	})
	return out, nil
}

// columnPolicies lists the policies that use a column: those of its table, and
// those of other tables whose subqueries read it. Where a subquery leaves open
// whose column a name means, that is refused.
func (w *work) columnPolicies(t *catalog.Table, c *catalog.Column) ([]dependent, error) {
	var out []dependent
	for _, o := range w.cat().SortedTables() {
		for _, p := range o.Policies {
			used, err := w.policyUses(o, p, t, c)
			if err != nil {
				return nil, err
			}
			if used {
				out = append(out, dependent{table: o, policy: p})
			}
		}
	}
	return out, nil
}

func (w *work) policyUses(o *catalog.Table, p *catalog.Policy, t *catalog.Table, c *catalog.Column) (bool, error) {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		named, err := uses(e, c.Name)
		if err != nil {
			return false, err
		}
		if !named {
			continue
		}
		node, err := syntax.ParseExpr(e.SQL)
		if err != nil {
			return false, err
		}
		if !hasSubquery(node) {
			if o.OID == t.OID {
				return true, nil
			}
			continue
		}
		tables, err := w.reads(e)
		if err != nil {
			return false, err
		}
		if o.OID == t.OID || slices.Contains(tables, t.OID) {
			return false, unsupported("changing a column whose name a policy with a subquery uses is")
		}
	}
	return false, nil
}

// parseName reads a qualified name from text, as nextval('s.q') has it.
func parseName(text string) (qualified, error) {
	node, err := syntax.ParseExpr(text)
	if err != nil {
		return qualified{}, err
	}
	ref, ok := node.(*ast.ColumnRef)
	if !ok {
		return qualified{}, fault.New(fault.InvalidName, "invalid name syntax")
	}
	return fromParts(names(ref.Fields))
}
