// Package lookup finds tables, views, types and sequences of the catalogue by their
// names, along the search path and with USAGE of their schemas, as namespace.c and
// parse_type.c do in PostgreSQL.
package lookup

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/docs"
	"github.com/galleyhq/galley/internal/fault"
)

// Context is what the meaning of a statement depends on besides its text. It is
// the key of the statement cache.
type Context struct {
	Catalog    *catalog.Catalog
	Types      *types.Catalogue
	Role       string
	SearchPath []string
	ParamTypes []types.Ref // declared types; types.Unknown where none
	// Known tells whether PostgreSQL has a function of the name, so that one
	// that is missing here is refused, not called unknown; may be nil.
	Known func(name string) bool
	// Locate finds an identifier in the text, for error positions; may be nil.
	Locate func(identifier string) int
}

// At adds the position of an identifier to an error.
func (x *Context) At(e *fault.Error, identifier string) *fault.Error {
	if x.Locate == nil {
		return e
	}
	return e.At(x.Locate(identifier))
}

// InSchema makes a relation of a table or view by name, nil when there is none.
func (x *Context) InSchema(schemaName, name string) *tree.Rel {
	if v := x.Catalog.View(schemaName, name); v != nil {
		return View(v)
	}
	t := x.Catalog.Table(schemaName, name)
	if t == nil {
		return nil
	}
	r := &tree.Rel{Alias: t.Name, Table: t}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type, Column: c})
	}
	return r
}

// Relation finds a table or view along the search path and checks USAGE of its
// schema.
func (x *Context) Relation(n *ast.RangeVar) (*tree.Rel, error) {
	if n.CatalogName != "" {
		return nil, resolve.Unsupported(`cross-database reference "%s.%s.%s" is`, n.CatalogName, n.SchemaName, n.RelName)
	}
	if n.SchemaName != "" {
		return x.relationIn(n.SchemaName, n.RelName)
	}
	for _, name := range x.SearchPath {
		s := x.Catalog.Schemas[name]
		if s == nil || !x.Catalog.Has(x.Role, s.Owner, s.ACL, catalog.Usage) {
			continue
		}
		if r := x.InSchema(name, n.RelName); r != nil {
			return r, nil
		}
	}
	return nil, x.At(fault.New(fault.UndefinedTable, `relation "%s" does not exist`, n.RelName), n.RelName)
}

func (x *Context) relationIn(schemaName, name string) (*tree.Rel, error) {
	s := x.Catalog.Schemas[schemaName]
	if s != nil && !x.Catalog.Has(x.Role, s.Owner, s.ACL, catalog.Usage) {
		return nil, x.At(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	if r := x.InSchema(schemaName, name); r != nil {
		return r, nil
	}
	if isSystemSchema(schemaName) {
		return nil, resolve.Unsupported("the system catalogue %s.%s is", schemaName, name)
	}
	return nil, x.At(fault.New(fault.UndefinedTable, `relation "%s.%s" does not exist`, schemaName, name), schemaName)
}

func isSystemSchema(name string) bool { return name == "pg_catalog" || name == "information_schema" }

// MayUse checks USAGE of a schema, which must exist unless its name is "".
func (x *Context) MayUse(schemaName string) error {
	if schemaName == "" || isSystemSchema(schemaName) || schemaName == docs.Schema {
		return nil
	}
	s := x.Catalog.Schemas[schemaName]
	if s == nil {
		return x.At(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName), schemaName)
	}
	if !x.Catalog.Has(x.Role, s.Owner, s.ACL, catalog.Usage) {
		return x.At(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	return nil
}

// splitName reads a name as regclass does.
func splitName(text string) (schemaName, name string, err error) {
	node, err := syntax.ParseExpr(text)
	ref, ok := node.(*ast.ColumnRef)
	if err != nil || !ok {
		return "", "", fault.New(fault.InvalidName, "invalid name syntax")
	}
	parts := syntax.Names(ref.Fields)
	switch len(parts) {
	case 1:
		return "", parts[0], nil
	case 2:
		return parts[0], parts[1], nil
	}
	return "", "", resolve.Unsupported("a name of this form is")
}

// relationNamed finds a relation by its name.
func (x *Context) relationNamed(schemaName, name string) (uint32, error) {
	path, shown := x.SearchPath, name
	if schemaName != "" {
		if err := x.MayUse(schemaName); err != nil {
			return 0, err
		}
		path, shown = []string{schemaName}, schemaName+"."+name
	}
	for _, s := range path {
		if oid := x.Catalog.RelationOID(s, name); oid != 0 && x.MayUse(s) == nil {
			return oid, nil
		}
	}
	return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, shown)
}

// NamesRoutine tells whether a call may be of a function in SQL.
func (x *Context) NamesRoutine(n ast.Node) bool {
	call, ok := n.(*ast.FuncCall)
	if !ok || len(x.Catalog.Functions) == 0 {
		return false
	}
	path := syntax.Names(call.Funcname)
	schemas := x.SearchPath
	if len(path) > 1 {
		schemas = path[len(path)-2 : len(path)-1]
	}
	return slices.ContainsFunc(schemas, func(s string) bool { return len(x.Catalog.FunctionsNamed(s, path[len(path)-1])) > 0 })
}

// View makes a relation of a view, without its query.
func View(v *catalog.View) *tree.Rel {
	r := &tree.Rel{Alias: v.Name, View: v}
	for _, c := range v.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type, Column: c})
	}
	return r
}

// ByOID is a table or view by its OID, nil when there is none.
func (x *Context) ByOID(oid uint32) *tree.Rel {
	if t := x.Catalog.Tables[oid]; t != nil {
		return x.InSchema(t.Schema, t.Name)
	}
	if v := x.Catalog.Views[oid]; v != nil {
		return View(v)
	}
	return nil
}
