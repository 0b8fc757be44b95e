// Package schema makes, changes and drops schemas, and keeps comments.
package schema

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
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
	w.Draft().AddSchema(&catalog.Schema{Name: name, Owner: owner})
	return nil
}

func Drop(w *work.Work, n *ast.DropStmt) error {
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
		if err := dropSchema(w, s, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

func dropSchema(w *work.Work, s *catalog.Schema, cascade bool) error {
	if s.Name == "auth" || s.Name == "galley" {
		return work.Unsupported("dropping the schema %s is", s.Name)
	}
	tables, sequences, lines := contents(w, s)
	if len(lines) > 0 && !cascade {
		lines, err := schemaDetail(w, s, tables, lines)
		if err != nil {
			return err
		}
		return fault.New(fault.DependentObjects, "cannot drop schema %s because other objects depend on it", s.Name).
			WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	before := len(w.Notices)
	if err := table.Remove(w, tables, len(tables), true); err != nil {
		return err
	}
	for _, oid := range sequences {
		if err := sequence.Remove(w, oid); err != nil {
			return err
		}
	}
	w.Draft().DropSchema(s.Name)
	mergeCascade(w, before, lines)
	return nil
}

// schemaDetail lists what depends on a schema, and what depends on that.
func schemaDetail(w *work.Work, s *catalog.Schema, tables []uint32, lines []string) ([]string, error) {
	dependents, err := depend.OnTables(w, tables)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, line := range lines {
		out = append(out, line+" depends on schema "+s.Name)
		for _, d := range dependents {
			if d.On == line {
				out = append(out, depend.Describe(w, d)+" depends on "+d.On)
			}
		}
	}
	return out, nil
}

// contents lists what is in a schema, by OID, apart from what belongs to one of
// its tables.
func contents(w *work.Work, s *catalog.Schema) (tables, sequences []uint32, lines []string) {
	cat := w.Cat()
	for _, t := range cat.SortedTables() {
		if t.Schema == s.Name {
			tables = append(tables, t.OID)
			lines = append(lines, "table "+w.Display(t.Schema, t.Name))
		}
	}
	for _, q := range cat.Sequences {
		if q.Schema == s.Name && !slices.Contains(tables, q.OwnerTable) {
			sequences = append(sequences, q.OID)
		}
	}
	slices.Sort(sequences)
	for _, oid := range sequences {
		lines = append(lines, "sequence "+w.Display(s.Name, cat.Sequences[oid].Name))
	}
	return tables, sequences, lines
}

// mergeCascade makes one notice of what went with a schema.
func mergeCascade(w *work.Work, before int, lines []string) {
	var all []string
	for _, l := range lines {
		all = append(all, "drop cascades to "+l)
	}
	for _, n := range w.Notices[before:] {
		if n.Detail != "" {
			all = append(all, strings.Split(n.Detail, "\n")...)
		} else {
			all = append(all, n.Message)
		}
	}
	w.Notices = w.Notices[:before]
	switch len(all) {
	case 0:
	case 1:
		w.Notice("%s", all[0])
	default:
		w.Notice("drop cascades to %d other objects", len(all))
		w.Notices[before].Detail = strings.Join(all, "\n")
	}
}
