// Package schema makes, changes and drops schemas, and keeps comments.
package schema

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/enums"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/extension"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/function"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/table"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

func Create(w *work.Work, n *ast.CreateSchemaStmt) error {
	owner, name := w.Role, n.Schemaname
	if n.Authrole != nil {
		var err error
		if owner, err = w.RoleOf(n.Authrole); err != nil {
			return err
		}
		if name == "" {
			name = owner
		}
	}
	if r := w.Catalog.Roles[w.Role]; r == nil || !r.Superuser {
		return fault.New(fault.InsufficientPrivilege, "permission denied for database galley")
	}
	if len(work.Items(n.SchemaElts)) > 0 {
		return work.Unsupported("CREATE SCHEMA with objects in it is")
	}
	if strings.HasPrefix(name, "pg_") {
		return fault.New("42939", `unacceptable schema name "%s"`, name).WithDetail(`The prefix "pg_" is reserved for system schemas.`)
	}
	if w.Cat().Schemas[name] != nil || name == "information_schema" {
		if n.IfNotExists {
			w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateSchema,
				Message: `schema "` + name + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateSchema, `schema "%s" already exists`, name)
	}
	w.Draft().AddSchema(&catalog.Schema{Name: name, Owner: owner, ACL: w.Cat().NewACL(owner, "", catalog.DefaultSchemas)})
	return nil
}

// Drop runs DROP SCHEMA.
func Drop(w *work.Work, n *ast.DropStmt) error {
	var found []string
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		s := w.Cat().Schemas[q.Name]
		if s == nil {
			if !n.MissingOk {
				return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Name)
			}
			w.Notice(`schema "%s" does not exist, skipping`, q.Name)
			continue
		}
		if err := w.MustOwn(s.Owner, "schema", s.Name); err != nil {
			return err
		}
		if s.Name == "auth" || s.Name == "galley" {
			return work.Unsupported("dropping the schema %s is", s.Name)
		}
		if !slices.Contains(found, s.Name) {
			found = append(found, s.Name)
		}
	}
	return Remove(w, found, n.Behavior == ast.DropCascade)
}

// Remove drops schemas with what is in them.
func Remove(w *work.Work, schemas []string, cascade bool) error {
	list, err := depend.InSchemas(w, schemas, func(name string) []depend.Dependent { return contents(w, name) })
	if err != nil {
		return err
	}
	if err := depend.Refuse(w, list, cascade, len(schemas)); err != nil {
		return nameSchema(err, schemas)
	}
	var tables []uint32
	for _, d := range list {
		if d.IsTable() {
			tables = append(tables, d.Table.OID)
		} else if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	if err := table.Remove(w, tables, len(tables), true); err != nil {
		return err
	}
	for _, name := range schemas {
		w.Draft().DropSchema(name)
	}
	return nil
}

// nameSchema makes the error about one schema name that, whatever stands first
// among what depends on it.
func nameSchema(err error, schemas []string) error {
	if len(schemas) != 1 {
		return err
	}
	f := *fault.From(err)
	f.Message = "cannot drop schema " + work.QuoteIdent(schemas[0]) + " because other objects depend on it"
	return &f
}

// contents lists what is in a schema, apart from what belongs to one of its
// tables.
func contents(w *work.Work, name string) []depend.Dependent {
	var out []depend.Dependent
	cat := w.Cat()
	for _, t := range cat.SortedTables() {
		if t.Schema == name {
			out = append(out, depend.Dependent{Table: t})
		}
	}
	for _, v := range cat.SortedViews() {
		if v.Schema == name {
			out = append(out, depend.Dependent{View: v})
		}
	}
	for _, e := range cat.SortedEnums() {
		if e.Schema == name {
			out = append(out, depend.Dependent{Object: &depend.Object{OID: e.OID, Title: "type " + enums.Title(w, e),
				Remove: func(w *work.Work) error { return enums.Remove(w, []*catalog.Enum{e}, true) }}})
		}
	}
	for _, e := range cat.SortedExtensions() {
		if e.Schema == name {
			out = append(out, depend.Dependent{Object: &depend.Object{OID: e.OID, Title: "extension " + work.QuoteIdent(e.Name),
				Remove: func(w *work.Work) error { return extension.Remove(w, e, true) }}})
		}
	}
	for _, f := range cat.SortedFunctions() {
		if f.Schema == name {
			out = append(out, depend.Dependent{Object: &depend.Object{OID: f.OID, Title: "function " + function.Signature(w, f),
				Remove: func(w *work.Work) error { return function.Remove(w, f, true) }}})
		}
	}
	for _, q := range cat.Sequences {
		if owner := cat.Tables[q.OwnerTable]; q.Schema == name && (owner == nil || owner.Schema != name) {
			out = append(out, depend.Dependent{Object: &depend.Object{OID: q.OID, Title: "sequence " + w.Display(q.Schema, q.Name),
				Remove: func(w *work.Work) error { return sequence.Remove(w, q.OID) }}})
		}
	}
	return out
}
