// Package view makes, changes and drops views. A view is in the catalogue only:
// its query's text names what it reads by OID, so that renaming leaves it alone.
package view

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxColumns is PostgreSQL's limit for the target list of a query.
const maxColumns = 1664

// Create runs CREATE [OR REPLACE] VIEW.
func Create(w *work.Work, n *ast.ViewStmt) error {
	query, ok := n.Query.(*ast.SelectStmt)
	switch {
	case !ok:
		return work.Unsupported("a view of this kind of query is")
	case n.View.RelPersistence == ast.RELPERSISTENCE_TEMP:
		return work.Unsupported("a temporary view is")
	case n.View.RelPersistence == ast.RELPERSISTENCE_UNLOGGED:
		return fault.New(fault.SyntaxError, "views cannot be unlogged because they do not have storage")
	}
	v := &catalog.View{Name: n.View.RelName}
	updatable, err := define(w, v, query)
	if err != nil {
		return err
	}
	if err := options(v, work.Items(n.Options), true); err != nil {
		return err
	}
	switch n.WithCheckOption {
	case ast.LOCAL_CHECK_OPTION:
		v.CheckOption = 'l'
	case ast.CASCADED_CHECK_OPTION:
		v.CheckOption = 'c'
	}
	if err := checkable(v, updatable); err != nil {
		return err
	}
	if err := rename(v, work.Names(n.Aliases)); err != nil {
		return err
	}
	return place(w, v, work.NameOf(n.View), n.Replace)
}

// define analyzes the query of a view, and gives it its columns. updatable tells
// why rows cannot be changed through it, nil if they can.
func define(w *work.Work, v *catalog.View, query *ast.SelectStmt) (updatable, err error) {
	node, ok := ast.CloneNode(query).(*ast.SelectStmt)
	if !ok {
		return nil, work.Unsupported("a view of this query is")
	}
	q, err := w.Compile.View(w.Cat(), node, w.SearchPath)
	if err != nil {
		return nil, err
	}
	sql, err := syntax.Deparse(ast.NewExprSublink(node))
	if err != nil {
		return nil, err
	}
	v.Query = &catalog.Expr{SQL: sql, SearchPath: slices.Clone(w.SearchPath), Sources: q.Sources}
	for i, c := range q.Columns {
		if w.Types.Type(c.Type.OID) == nil {
			return nil, work.Unsupported("a view with a column of type %s is", w.TypeName(c.Type.OID))
		}
		v.Origins = append(v.Origins, c.Origin)
		v.Columns = append(v.Columns, &catalog.Column{Number: i + 1, Name: c.Name, Type: c.Type})
	}
	return q.Updatable, nil
}

// rename gives the first columns the names of the list.
func rename(v *catalog.View, aliases []string) error {
	if len(aliases) > len(v.Columns) {
		return fault.New(fault.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	for i, name := range aliases {
		v.Columns[i].Name = name
	}
	switch {
	case len(v.Columns) == 0:
		return work.Unsupported("a view without columns is")
	case len(v.Columns) > maxColumns:
		return fault.New("54011", "target lists can have at most %d entries", maxColumns)
	}
	return nil
}

func distinct(v *catalog.View) error {
	seen := map[string]bool{}
	for _, c := range v.Columns {
		if seen[c.Name] {
			return fault.New(fault.DuplicateColumn, `column "%s" specified more than once`, c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// place puts a view where its name says, or into the place of the one there.
func place(w *work.Work, v *catalog.View, q work.Name, replace bool) error {
	w.Source = "" // PostgreSQL gives no positions here
	s, err := w.CreationSchema(q)
	if err != nil {
		return err
	}
	oid := w.Cat().RelationOID(s.Name, v.Name)
	if oid != 0 && replace {
		return substitute(w, v, oid)
	}
	if err := distinct(v); err != nil {
		return err
	}
	if oid != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, v.Name)
	}
	if err := w.FreeType(s.Name, v.Name); err != nil {
		return err
	}
	v.Schema, v.Owner = s.Name, w.Role
	v.ACL = w.Cat().NewACL(w.Role, s.Name, catalog.DefaultTables)
	w.Draft().AddView(v)
	return nil
}

// substitute is OR REPLACE: the columns there stay what they are, and keep what
// was set on them; new ones may follow.
func substitute(w *work.Work, v *catalog.View, oid uint32) error {
	old := w.Cat().Views[oid]
	if old == nil {
		return fault.New(fault.WrongObjectType, `"%s" is not a view`, v.Name)
	}
	if err := w.MustOwn(old.Owner, "view", old.Name); err != nil {
		return err
	}
	if len(v.Columns) < len(old.Columns) {
		return fault.New(fault.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range old.Columns {
		if err := compatible(w, c, v.Columns[i]); err != nil {
			return err
		}
		v.Columns[i] = c
	}
	for i, c := range v.Columns[len(old.Columns):] {
		if slices.ContainsFunc(v.Columns[:len(old.Columns)+i], func(o *catalog.Column) bool { return o.Name == c.Name }) {
			return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, c.Name, v.Name)
		}
	}
	v.OID, v.Schema, v.Owner, v.ACL, v.Comment = old.OID, old.Schema, old.Owner, old.ACL, old.Comment
	w.Draft().AddView(v)
	return nil
}

func compatible(w *work.Work, old, now *catalog.Column) error {
	switch {
	case old.Name != now.Name:
		return fault.New(fault.InvalidTableDefinition, `cannot change name of view column "%s" to "%s"`, old.Name, now.Name).
			WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
	case old.Type != now.Type:
		return fault.New(fault.InvalidTableDefinition, `cannot change data type of view column "%s" from %s to %s`,
			old.Name, format(w, old.Type), format(w, now.Type))
	}
	return nil
}

func format(w *work.Work, r types.Ref) string { return w.FormatType(r) }
