package work

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

// DropTargets resolves the objects of a DROP; those missing are noticed or refused.
func (w *Work) DropTargets(n *ast.DropStmt, kind string, owner func(oid uint32) (string, bool)) ([]uint32, error) {
	var out []uint32
	for _, o := range Items(n.Objects) {
		q, err := NameIn(o)
		if err != nil {
			return nil, err
		}
		if q.Schema != "" && w.Cat().Schemas[q.Schema] == nil && n.MissingOk {
			w.Notice(`schema "%s" does not exist, skipping`, q.Schema)
			continue
		}
		oid, err := w.Find(q)
		if err != nil {
			return nil, err
		}
		if oid == 0 {
			if !n.MissingOk {
				code := fault.UndefinedTable
				if kind == "index" {
					code = fault.UndefinedObject
				}
				return nil, fault.New(code, `%s "%s" does not exist`, kind, q)
			}
			w.Notice(`%s "%s" does not exist, skipping`, kind, q.Name)
			continue
		}
		who, ok := owner(oid)
		if !ok {
			return nil, w.WrongKind(oid, kind, q.Name)
		}
		if err := w.MustOwn(who, kind, q.Name); err != nil {
			return nil, err
		}
		out = append(out, oid)
	}
	return out, nil
}

// DropPart resolves the object of a DROP … ON table: a policy or a trigger, which
// kind names and has looks for. What is to be dropped is the name on the caller's
// own table; there is no table when nothing is to be done.
func (w *Work) DropPart(n *ast.DropStmt, kind string, has func(t *catalog.Table, name string) bool) (t *catalog.Table, name string, err error) {
	parts := Names(n.Objects)
	if len(parts) < 2 {
		return nil, "", Unsupported("this form of DROP %s is", strings.ToUpper(kind))
	}
	name = parts[len(parts)-1]
	q, err := NameFrom(parts[:len(parts)-1])
	if err != nil {
		return nil, "", err
	}
	if missing, err := w.noticeMissing(n, q); missing || err != nil {
		return nil, "", err
	}
	if t, err = w.TableNamed(q); err != nil {
		return nil, "", err
	}
	switch {
	case has(t, name):
		if err := w.MustOwn(t.Owner, "relation", t.Name); err != nil {
			return nil, "", err
		}
		return w.Draft().Table(t.OID), name, nil
	case n.MissingOk:
		w.Notice(`%s "%s" for relation "%s" does not exist, skipping`, kind, name, q)
		return nil, "", nil
	}
	return nil, "", fault.New(fault.UndefinedObject, `%s "%s" for table "%s" does not exist`, kind, name, t.Name)
}

// noticeMissing tells whether a DROP … IF EXISTS is of a relation that is not there.
func (w *Work) noticeMissing(n *ast.DropStmt, q Name) (bool, error) {
	if !n.MissingOk {
		return false, nil
	}
	if q.Schema != "" && w.Cat().Schemas[q.Schema] == nil {
		w.Notice(`schema "%s" does not exist, skipping`, q.Schema)
		return true, nil
	}
	oid, err := w.Find(q)
	if err == nil && oid == 0 {
		w.Notice(`relation "%s" does not exist, skipping`, q)
	}
	return oid == 0, err
}

// Unique leaves out what is named twice.
func Unique(oids []uint32) []uint32 {
	var out []uint32
	for _, oid := range oids {
		if !slices.Contains(out, oid) {
			out = append(out, oid)
		}
	}
	return out
}

func (w *Work) WrongKind(oid uint32, kind, name string) error {
	article, is := "a", "TABLE"
	if kind == "index" {
		article = "an"
	}
	switch {
	case w.Cat().Sequences[oid] != nil:
		is = "SEQUENCE"
	case w.Cat().Views[oid] != nil:
		is = "VIEW"
	case w.Cat().Tables[oid] == nil:
		is = "INDEX"
	}
	verb := "a"
	if is == "INDEX" {
		verb = "an"
	}
	return fault.New(fault.WrongObjectType, `"%s" is not %s %s`, name, article, kind).
		WithHint("Use DROP %s to remove %s %s.", is, verb, strings.ToLower(is))
}

// RenameTarget finds the relation of a RENAME, 0 when it is missing and may be.
func (w *Work) RenameTarget(n *ast.RenameStmt) (uint32, error) {
	q := NameOf(n.Relation)
	oid, err := w.Find(q)
	if n.MissingOk && (oid == 0 && err == nil || fault.Code(err) == fault.InvalidSchemaName) {
		w.Notice(`relation "%s" does not exist, skipping`, q.Name)
		return 0, nil
	}
	if err == nil && oid == 0 {
		err = fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	return oid, err
}
