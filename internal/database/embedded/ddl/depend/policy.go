package depend

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// PolicyReads tells whether a policy reads a relation.
func PolicyReads(w *work.Work, p *catalog.Policy, oid uint32) (bool, error) {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		tables, err := w.Reads(e)
		if err != nil || slices.Contains(tables, oid) {
			return err == nil, err
		}
	}
	return false, nil
}

// ColumnPolicies lists the policies that use a column: those of its table, and
// those of other tables whose subqueries read it. Where a subquery leaves open
// whose column a name means, that is refused.
func ColumnPolicies(w *work.Work, t *catalog.Table, c *catalog.Column) ([]Dependent, error) {
	var out []Dependent
	for _, o := range w.Cat().SortedTables() {
		for _, p := range o.Policies {
			used, err := policyUses(w, o, p, t, c)
			if err != nil {
				return nil, err
			}
			if used {
				out = append(out, Dependent{Table: o, Policy: p})
			}
		}
	}
	return out, nil
}

func policyUses(w *work.Work, o *catalog.Table, p *catalog.Policy, t *catalog.Table, c *catalog.Column) (bool, error) {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		if e != nil && e.Sources != nil {
			if s := e.Source(t.OID); s != nil && slices.Contains(s.Uses, c.Number) {
				return true, nil
			}
			continue
		}
		named, err := work.Uses(e, c.Name)
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
		if !work.HasSubquery(node) {
			if o.OID == t.OID {
				return true, nil
			}
			continue
		}
		tables, err := w.Reads(e)
		if err != nil {
			return false, err
		}
		if o.OID == t.OID || slices.Contains(tables, t.OID) {
			return false, work.Unsupported("changing a column whose name a policy with a subquery uses is")
		}
	}
	return false, nil
}

// NamedByPolicies tells whether the text of a policy names a relation, so that it
// cannot be moved: one whose names are resolved does not.
func NamedByPolicies(w *work.Work, oid uint32) (bool, error) {
	for _, t := range w.Cat().SortedTables() {
		for _, p := range t.Policies {
			for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
				if e == nil || e.Sources != nil {
					continue
				}
				tables, err := w.Reads(e)
				if err != nil || slices.Contains(tables, oid) {
					return err == nil, err
				}
			}
		}
	}
	return false, nil
}
