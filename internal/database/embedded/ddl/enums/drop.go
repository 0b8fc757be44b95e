package enums

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/table"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Drop runs DROP TYPE.
func Drop(w *work.Work, n *ast.DropStmt) error {
	var list []*catalog.Enum
	for _, o := range work.Items(n.Objects) {
		e, err := named(w, o, n.MissingOk)
		if err != nil {
			return err
		}
		if e != nil && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return Remove(w, list, n.Behavior == ast.DropCascade)
}

// named finds a type that DROP names; nil when it is missing and may be.
func named(w *work.Work, o ast.Node, missingOk bool) (*catalog.Enum, error) {
	parts := o
	if t, ok := o.(*ast.TypeName); ok {
		parts = t.Names
	}
	q, err := work.NameIn(parts)
	if err != nil {
		return nil, err
	}
	e, err := find(w, q)
	if fault.Code(err) == fault.InvalidSchemaName && missingOk {
		w.Notice(`schema "%s" does not exist, skipping`, q.Schema)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if e != nil {
		return e, w.MustOwn(e.Owner, "type", e.Name)
	}
	if t := builtin(w, q); t != nil {
		return nil, fault.New(fault.DependentObjects, "cannot drop type %s because it is required by the database system", t.SQLName)
	}
	if oid, err := w.Find(q); err == nil && (w.Cat().Tables[oid] != nil || w.Cat().Views[oid] != nil) {
		what := depend.Title(w, oid)
		return nil, fault.New(fault.DependentObjects, "cannot drop type %s because %s requires it", q.Name, what).
			WithHint("You can drop %s instead.", what)
	}
	if missingOk {
		w.Notice(`type "%s" does not exist, skipping`, q)
		return nil, nil
	}
	return nil, missing(w, q)
}

// column is a column of a type.
type column struct {
	table *catalog.Table
	*catalog.Column
}

// Remove drops types, and with cascade the columns that have them.
func Remove(w *work.Work, list []*catalog.Enum, cascade bool) error {
	var dependents []depend.Dependent
	for _, e := range list {
		for _, c := range columnsOf(w, e) {
			dependents = append(dependents, depend.Dependent{On: "type " + Title(w, e), Object: &depend.Object{
				Title:  "column " + c.Name + " of table " + w.Display(c.table.Schema, c.table.Name),
				Remove: func(w *work.Work) error { return dropColumn(w, c) }}})
		}
	}
	if err := depend.Refuse(w, dependents, cascade, len(list)); err != nil {
		return err
	}
	for _, d := range dependents {
		if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	for _, e := range list {
		if err := refuseMention(w, e, "dropping"); err != nil {
			return err
		}
		if views := viewsOf(w, e); len(views) > 0 {
			return work.Unsupported("dropping a type that the view %s shows is", views[0].Name)
		}
		w.Draft().DropEnum(e.OID)
	}
	return nil
}

func columnsOf(w *work.Work, e *catalog.Enum) []column {
	var out []column
	for _, t := range w.Cat().SortedTables() {
		for _, c := range t.Columns {
			if isOf(e, c) {
				out = append(out, column{t, c})
			}
		}
	}
	return out
}

func isOf(e *catalog.Enum, c *catalog.Column) bool {
	return uint32(c.Type.OID) == e.OID || uint32(c.Type.OID) == e.Array
}

func viewsOf(w *work.Work, e *catalog.Enum) []*catalog.View {
	var out []*catalog.View
	for _, v := range w.Cat().SortedViews() {
		if slices.ContainsFunc(v.Columns, func(c *catalog.Column) bool { return isOf(e, c) }) {
			out = append(out, v)
		}
	}
	return out
}

// dropColumn drops a column as ALTER TABLE does; the notices of that are not of
// this statement.
func dropColumn(w *work.Work, c column) error {
	notices := w.Notices
	defer func() { w.Notices = notices }()
	cmd := ast.NewAlterTableCmd(ast.AT_DropColumn, c.Name, nil)
	cmd.Behavior = ast.DropCascade
	name := ast.NewRangeVar(c.table.Name, c.table.Schema, "")
	return table.Alter(w, ast.NewAlterTableStmt(name, ast.NewNodeList(cmd)))
}
