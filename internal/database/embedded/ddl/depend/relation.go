package depend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// collector finds what depends on relations, and on that again, in the order in
// which PostgreSQL deletes: the youngest first, each before what it depends on
// (findDependentObjects in dependency.c).
type collector struct {
	w     *work.Work
	named []uint32 // the relations of the statement itself
	seen  map[uint32]bool
	found []Dependent
}

// OnTables finds the foreign keys, policies and views, of other relations than
// those named, that lead to the tables or views, directly or not, in the order
// in which PostgreSQL reports them.
func OnTables(w *work.Work, oids []uint32) ([]Dependent, error) {
	c := &collector{w: w, named: oids, seen: map[uint32]bool{}}
	for _, oid := range oids {
		if err := c.relation(oid); err != nil {
			return nil, err
		}
	}
	slices.Reverse(c.found)
	return c.found, nil
}

// OnColumn finds what depends on a column: the given policies and foreign keys,
// the views that read it, and what depends on those.
func OnColumn(w *work.Work, t *catalog.Table, column *catalog.Column, others []Dependent) ([]Dependent, error) {
	c := &collector{w: w, seen: map[uint32]bool{}}
	on := fmt.Sprintf("column %s of table %s", column.Name, w.Display(t.Schema, t.Name))
	list := others
	for _, v := range ColumnViews(w, t.OID, column.Number) {
		list = append(list, Dependent{View: v})
	}
	if err := c.add(list, on); err != nil {
		return nil, err
	}
	slices.Reverse(c.found)
	return c.found, nil
}

// ColumnViews lists the views that read a column of a relation.
func ColumnViews(w *work.Work, oid uint32, column int) []*catalog.View {
	var out []*catalog.View
	for _, v := range w.Cat().Readers(oid) {
		if slices.Contains(v.Query.Source(oid).Uses, column) {
			out = append(out, v)
		}
	}
	return out
}

// RefuseWholeRow refuses to add, rename or drop a column of a relation that a
// view uses as a whole row, because its rows would change their shape.
func RefuseWholeRow(w *work.Work, oid uint32) error {
	for _, v := range w.Cat().Readers(oid) {
		if v.Query.Source(oid).Whole {
			return work.Unsupported("changing the columns of a table whose whole row the view %s uses is", v.Name)
		}
	}
	return nil
}

// Title is how messages call a table or view.
func Title(w *work.Work, oid uint32) string {
	cat := w.Cat()
	if v := cat.Views[oid]; v != nil {
		return "view " + w.Display(v.Schema, v.Name)
	}
	t := cat.Tables[oid]
	return "table " + w.Display(t.Schema, t.Name)
}

func (c *collector) relation(oid uint32) error {
	cat := c.w.Cat()
	var list []Dependent
	for _, r := range cat.References(oid) {
		if !slices.Contains(c.named, r.Table.OID) {
			list = append(list, Dependent{Table: r.Table, Constraint: r.Constraint})
		}
	}
	for _, t := range cat.SortedTables() {
		if slices.Contains(c.named, t.OID) {
			continue
		}
		for _, p := range t.Policies {
			reads, err := PolicyReads(c.w, p, oid)
			if err != nil {
				return err
			}
			if reads {
				list = append(list, Dependent{Table: t, Policy: p})
			}
		}
	}
	for _, v := range cat.Readers(oid) {
		if !slices.Contains(c.named, v.OID) && v.OID != oid {
			list = append(list, Dependent{View: v})
		}
	}
	for _, f := range cat.SortedFunctions() {
		if f.Takes(oid) {
			list = append(list, Dependent{Object: rowFunction(c.w, f), Target: Title(c.w, oid), On: "type " + strings.TrimPrefix(strings.TrimPrefix(Title(c.w, oid), "table "), "view ")})
		}
	}
	return c.add(list, Title(c.w, oid))
}

// rowFunction is a function that takes or returns rows of a relation.
func rowFunction(w *work.Work, f *catalog.Function) *Object {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		if args[i] = w.Cat().RowName(a.TypeOID()); args[i] == "" {
			args[i] = w.TypeName(a.Type)
		}
	}
	name := work.QuoteIdent(f.Name)
	if !slices.ContainsFunc(w.Usable(), func(s *catalog.Schema) bool { return s.Name == f.Schema }) {
		name = work.QuoteIdent(f.Schema) + "." + name
	}
	return &Object{OID: f.OID, Title: "function " + name + "(" + strings.Join(args, ",") + ")", Remove: func(w *work.Work) error {
		if err := refuseCallers(w, f); err != nil {
			return err
		}
		w.Draft().DropFunction(f.OID)
		return nil
	}}
}

// refuseCallers refuses to drop a function along with something else where an
// expression may call it.
func refuseCallers(w *work.Work, f *catalog.Function) error {
	called := func(e *catalog.Expr) bool { return e != nil && strings.Contains(e.SQL, f.Name) }
	found := false
	for _, t := range w.Cat().SortedTables() {
		for _, col := range t.Columns {
			found = found || called(col.Default)
		}
		for _, p := range t.Policies {
			found = found || called(p.Using) || called(p.WithCheck)
		}
	}
	for _, v := range w.Cat().SortedViews() {
		found = found || called(v.Query)
	}
	if found {
		return work.Unsupported("dropping a function that an expression in the catalogue may call, by CASCADE, is")
	}
	return nil
}

// add adds objects that depend on one, each behind what depends on it.
func (c *collector) add(list []Dependent, on string) error {
	slices.SortStableFunc(list, func(a, b Dependent) int { return cmp.Compare(b.OID(), a.OID()) })
	for _, d := range list {
		if c.seen[d.OID()] {
			continue
		}
		c.seen[d.OID()] = true
		if d.View != nil || d.IsTable() {
			if err := c.relation(d.OID()); err != nil {
				return err
			}
		}
		if d.On == "" {
			d.On = on
		}
		c.found = append(c.found, d)
	}
	return nil
}

// IsTable tells that the dependent is a table itself.
func (d Dependent) IsTable() bool {
	return d.View == nil && d.Object == nil && d.Policy == nil && d.Constraint == nil
}

// keyViews lists the views whose GROUP BY relies on the primary key of an index.
func keyViews(w *work.Work, t *catalog.Table, index uint32) []Dependent {
	var out []Dependent
	for _, v := range w.Cat().Readers(t.OID) {
		for _, k := range t.Constraints {
			if k.Index == index && k.Kind != catalog.ForeignKey && v.Query.Source(t.OID).Key == k.OID {
				out = append(out, Dependent{View: v})
			}
		}
	}
	return out
}

// InSchemas finds what is in the schemas, and what depends on that. Foreign keys
// and policies of tables that go are left out.
func InSchemas(w *work.Work, schemas []string, contents func(schema string) []Dependent) ([]Dependent, error) {
	c := &collector{w: w, seen: map[uint32]bool{}}
	for _, s := range schemas {
		if err := c.add(contents(s), "schema "+work.QuoteIdent(s)); err != nil {
			return nil, err
		}
	}
	slices.Reverse(c.found)
	gone := map[uint32]bool{}
	for _, d := range c.found {
		gone[d.OID()] = gone[d.OID()] || d.IsTable()
	}
	return slices.DeleteFunc(c.found, func(d Dependent) bool {
		return !d.IsTable() && d.Table != nil && gone[d.Table.OID]
	}), nil
}

// RefuseType refuses to change the type of a column that a view reads or one of
// the given policies uses. The oldest of them is named.
func RefuseType(w *work.Work, t *catalog.Table, column *catalog.Column, policies []Dependent) error {
	list := policies
	for _, v := range ColumnViews(w, t.OID, column.Number) {
		list = append(list, Dependent{View: v})
	}
	if len(list) == 0 {
		return nil
	}
	d := InOrder(list)[0]
	if d.View != nil {
		return fault.New(fault.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
			WithDetail(`rule _RETURN on view %s depends on column "%s"`, w.Display(d.View.Schema, d.View.Name), column.Name)
	}
	return fault.New(fault.FeatureNotSupported, "cannot alter type of a column used in a policy definition").
		WithDetail(`policy %s on table %s depends on column "%s"`, d.Policy.Name, w.Display(d.Table.Schema, d.Table.Name), column.Name)
}

// RenameInPolicies gives a relation another name in the policies whose
// subqueries read it.
func RenameInPolicies(w *work.Work, oid uint32, old, name string) error {
	return RewriteExpressions(w, oid, func(_ bool, e *catalog.Expr, n ast.Node) (changed bool, err error) {
		work.Walk(n, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.RangeVar:
				if n != nil && n.RelName == old && w.Resolve(e, n) == oid {
					n.RelName, changed = name, true
				}
			case *ast.ColumnRef:
				if parts := columnPath(n); len(parts) > 1 && parts[len(parts)-2] == old {
					err = work.Unsupported("renaming a relation whose name a policy with a subquery uses is")
				}
			}
		})
		return changed, err
	})
}

func columnPath(n *ast.ColumnRef) []string {
	if n == nil {
		return nil
	}
	return work.Names(n.Fields)
}

// RefusePolicyReaders refuses to change a relation that a policy's subquery
// reads, or only a column whose name such a policy uses.
func RefusePolicyReaders(w *work.Work, oid uint32, column string) error {
	for _, t := range w.Cat().SortedTables() {
		for _, p := range t.Policies {
			if resolved(p) {
				continue
			}
			reads, err := PolicyReads(w, p, oid)
			if err != nil {
				return err
			}
			if reads && (column == "" || names(p, column)) {
				return work.Unsupported("changing a relation that the policy %s reads is", p.Name)
			}
		}
	}
	return nil
}

// resolved tells whether no text of a policy depends on names.
func resolved(p *catalog.Policy) bool {
	return (p.Using == nil || p.Using.Sources != nil) && (p.WithCheck == nil || p.WithCheck.Sources != nil)
}

func names(p *catalog.Policy, column string) bool {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		if used, err := work.Uses(e, column); used || err != nil {
			return true
		}
	}
	return false
}
