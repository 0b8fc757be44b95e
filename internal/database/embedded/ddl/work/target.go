package work

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

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
