// Package enums runs CREATE, ALTER and DROP TYPE for types of labels.
package enums

import (
	"fmt"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/enum"
	"github.com/galleyhq/galley/internal/fault"
)

// maxLabel is the length of a label in bytes, NAMEDATALEN less one.
const maxLabel = 63

// maxLabels bounds the labels of a type; PostgreSQL has no bound.
const maxLabels = 10_000

// Create runs CREATE TYPE … AS ENUM.
func Create(w *work.Work, n *ast.CreateEnumStmt) error {
	q, err := work.NameFrom(work.Names(n.TypeName))
	if err != nil {
		return err
	}
	s, err := w.CreationSchema(q)
	if err != nil {
		return err
	}
	if err := free(w, s.Name, q.Name, ""); err != nil {
		return err
	}
	labels := work.Names(n.Vals)
	if len(labels) > maxLabels {
		return fault.New(fault.StatementTooComplex, "a type has at most %d labels", maxLabels)
	}
	e := &catalog.Enum{Schema: s.Name, Name: q.Name, Owner: w.Role}
	for i, key := range enum.Keys(len(labels)) {
		if err := checkLabel(labels[i]); err != nil {
			return err
		}
		if slices.Contains(labels[:i], labels[i]) {
			return fault.New(fault.UniqueViolation, `duplicate key value violates unique constraint "pg_enum_typid_label_index"`).
				WithDetail("Key (enumtypid, enumlabel)=(%d, %s) already exists.", w.Cat().NextOID, labels[i])
		}
		e.Labels = append(e.Labels, catalog.EnumLabel{Name: labels[i], Key: key})
	}
	w.Draft().AddEnum(e)
	return nil
}

// free refuses a name that a type has already, be it the type of a relation's
// rows.
func free(w *work.Work, schemaName, name, where string) error {
	cat := w.Cat()
	oid := cat.RelationOID(schemaName, name)
	if cat.Enum(schemaName, name) == nil && cat.Tables[oid] == nil && cat.Views[oid] == nil {
		return nil
	}
	if where != "" {
		return fault.New(fault.DuplicateObject, `type "%s" already exists in schema "%s"`, name, where)
	}
	return fault.New(fault.DuplicateObject, `type "%s" already exists`, name)
}

func checkLabel(label string) error {
	if len(label) <= maxLabel {
		return nil
	}
	return fault.New(fault.InvalidName, `invalid enum label "%s"`, label).WithDetail("Labels must be %d bytes or less.", maxLabel)
}

// Alter runs ALTER TYPE … ADD VALUE and RENAME VALUE.
func Alter(w *work.Work, n *ast.AlterEnumStmt) error {
	e, err := own(w, n.TypeName)
	if err != nil {
		return err
	}
	changed := *e
	changed.Labels = slices.Clone(e.Labels)
	if n.OldVal != "" {
		if err := renameValue(w, &changed, n.OldVal, n.NewVal); err != nil {
			return err
		}
		w.Draft().AddEnum(&changed)
		return nil
	}
	if err := checkLabel(n.NewVal); err != nil {
		return err
	}
	if e.Label(n.NewVal) >= 0 {
		if n.SkipIfNewValExists {
			w.Notice(`enum label "%s" already exists, skipping`, n.NewVal)
			return nil
		}
		return duplicateLabel(n.NewVal)
	}
	if err := addValue(&changed, n); err != nil {
		return err
	}
	w.Draft().AddEnum(&changed)
	w.Draft().Added(e.OID, n.NewVal, w.Began)
	return nil
}

func duplicateLabel(label string) error {
	return fault.New(fault.DuplicateObject, `enum label "%s" already exists`, label)
}

func noLabel(label string) error {
	return fault.New(fault.InvalidParameter, `"%s" is not an existing enum label`, label)
}

// addValue puts a label in its place and gives it a key between its neighbours'.
func addValue(e *catalog.Enum, n *ast.AlterEnumStmt) error {
	if len(e.Labels) >= maxLabels {
		return fault.New(fault.StatementTooComplex, "a type has at most %d labels", maxLabels)
	}
	at := len(e.Labels)
	if n.NewValNeighbor != "" {
		if at = e.Label(n.NewValNeighbor); at < 0 {
			return noLabel(n.NewValNeighbor)
		}
		if n.NewValIsAfter {
			at++
		}
	}
	var after, before *int64
	if at > 0 {
		after = &e.Labels[at-1].Key
	}
	if at < len(e.Labels) {
		before = &e.Labels[at].Key
	}
	key, ok := enum.Between(after, before)
	if !ok {
		return work.Unsupported("one more label between the same two is")
	}
	e.Labels = slices.Insert(e.Labels, at, catalog.EnumLabel{Name: n.NewVal, Key: key})
	return nil
}

// renameValue renames a label. Rows do not hold it; expressions in the catalogue
// may.
func renameValue(w *work.Work, e *catalog.Enum, old, label string) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	at := e.Label(old)
	switch {
	case at < 0:
		return noLabel(old)
	case e.Label(label) >= 0:
		return duplicateLabel(label)
	}
	e.Labels[at].Name = label
	return relabel(w, e, old, label)
}

// own finds a type of labels that the role may alter.
func own(w *work.Work, list *ast.NodeList) (*catalog.Enum, error) {
	q, err := work.NameFrom(work.Names(list))
	if err != nil {
		return nil, err
	}
	e, err := find(w, q)
	switch {
	case err != nil:
		return nil, err
	case e != nil:
		return e, w.MustOwn(e.Owner, "type", e.Name)
	}
	if t := builtin(w, q); t != nil {
		return nil, fault.New(fault.WrongObjectType, "%s is not an enum", t.SQLName)
	}
	return nil, missing(w, q)
}

// find returns a type of labels by name, nil when there is none.
func find(w *work.Work, q work.Name) (*catalog.Enum, error) {
	if q.Schema == "" {
		if builtin(w, q) != nil {
			return nil, nil
		}
		return w.Cat().FindType(w.Role, w.SearchPath, q.Name), nil
	}
	if q.Schema == "pg_catalog" {
		return nil, nil
	}
	if _, err := w.SchemaNamed(q.Schema); err != nil {
		return nil, err
	}
	return w.Cat().Enum(q.Schema, q.Name), nil
}

func builtin(w *work.Work, q work.Name) *types.Type {
	if q.Schema != "" && q.Schema != "pg_catalog" {
		return nil
	}
	return w.Types.TypeNamed(q.Name)
}

func missing(w *work.Work, q work.Name) error {
	return fault.New(fault.UndefinedObject, `type "%s" does not exist`, q)
}

// Title is how messages call a type.
func Title(w *work.Work, e *catalog.Enum) string {
	if w.Cat().FindType(w.Role, w.SearchPath, e.Name) == e {
		return syntax.QuoteIdent(e.Name)
	}
	return fmt.Sprintf("%s.%s", syntax.QuoteIdent(e.Schema), syntax.QuoteIdent(e.Name))
}

// Rename runs ALTER TYPE … RENAME TO.
func Rename(w *work.Work, n *ast.RenameStmt) error {
	e, err := ownObject(w, n.Object)
	if err != nil {
		return err
	}
	if err := free(w, e.Schema, n.Newname, ""); err != nil {
		return err
	}
	if err := refuseMention(w, e, "renaming"); err != nil {
		return err
	}
	changed := *e
	changed.Name = n.Newname
	w.Draft().AddEnum(&changed)
	return nil
}

func ownObject(w *work.Work, object ast.Node) (*catalog.Enum, error) {
	switch o := object.(type) {
	case *ast.NodeList:
		return own(w, o)
	case *ast.TypeName:
		return own(w, o.Names)
	}
	return nil, work.Unsupported("a type of this form is")
}

// SetSchema runs ALTER TYPE … SET SCHEMA.
func SetSchema(w *work.Work, n *ast.AlterObjectSchemaStmt) error {
	e, err := ownObject(w, n.Object)
	if err != nil {
		return err
	}
	s := w.Cat().Schemas[n.NewSchema]
	switch {
	case s == nil:
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, n.NewSchema)
	case !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Create):
		return fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	case s.Name == e.Schema:
		return nil
	}
	if err := free(w, s.Name, e.Name, s.Name); err != nil {
		return err
	}
	if err := refuseMention(w, e, "moving"); err != nil {
		return err
	}
	changed := *e
	changed.Schema = s.Name
	w.Draft().AddEnum(&changed)
	return nil
}

// SetOwner runs ALTER TYPE … OWNER TO.
func SetOwner(w *work.Work, n *ast.AlterOwnerStmt) error {
	e, err := ownObject(w, n.Object)
	if err != nil {
		return err
	}
	owner, err := w.NewOwner(n.Newowner, e.Schema)
	if err != nil {
		return err
	}
	changed := *e
	changed.Owner = owner
	w.Draft().AddEnum(&changed)
	return nil
}

// Comment runs COMMENT ON TYPE.
func Comment(w *work.Work, n *ast.CommentStmt) error {
	e, err := ownObject(w, n.Object)
	if err != nil {
		return err
	}
	changed := *e
	changed.Comment = n.Comment
	w.Draft().AddEnum(&changed)
	return nil
}
