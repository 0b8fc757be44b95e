// Package sequence makes, changes and drops sequences, those behind serial and
// identity columns among them.
package sequence

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// ForColumn makes the sequence behind a serial or identity column.
func ForColumn(w *work.Work, t *catalog.Table, c *catalog.Column, options *ast.NodeList) (*catalog.Sequence, error) {
	name := w.RelationName(t.Schema, t.Name, c.Name, "seq", false)
	s := &catalog.Sequence{Schema: t.Schema, Name: name, Owner: t.Owner, Type: c.Type.OID,
		OwnerTable: t.OID, OwnerColumn: c.Number}
	s.ACL = w.Cat().NewACL(t.Owner, t.Schema, catalog.DefaultSequences)
	if err := apply(w, s, options, true); err != nil {
		return nil, err
	}
	w.Draft().AddSequence(s)
	c.Sequence = s.OID
	return s, Set(w, s, s.Start, false)
}

// Set stores where a sequence stands: the value it gives next, or gave
// last when called.
func Set(w *work.Work, s *catalog.Sequence, value int64, called bool) error {
	return w.Exec("INSERT OR REPLACE INTO galley_sequence (oid, mark, called) VALUES (?1, ?2, ?3)",
		sqlite.Int(int64(s.OID)), sqlite.Int(value), sqlite.Bool(called))
}

func Create(w *work.Work, n *ast.CreateSeqStmt) error {
	if n.Sequence.RelPersistence == 't' || n.Sequence.RelPersistence == 'u' {
		return work.Unsupported("a temporary or unlogged sequence is")
	}
	q := work.NameOf(n.Sequence)
	schema, err := w.CreationSchema(q)
	if err != nil {
		return err
	}
	if w.Cat().RelationOID(schema.Name, q.Name) != 0 {
		if n.IfNotExists {
			w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
				Message: `relation "` + q.Name + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, q.Name)
	}
	s := &catalog.Sequence{Schema: schema.Name, Name: q.Name, Owner: w.Role, Type: types.Int8,
		ACL: w.Cat().NewACL(w.Role, schema.Name, catalog.DefaultSequences)}
	if err := apply(w, s, n.Options, true); err != nil {
		return err
	}
	w.Draft().AddSequence(s)
	return Set(w, s, s.Start, false)
}

func Alter(w *work.Work, n *ast.AlterSeqStmt) error {
	q := work.NameOf(n.Sequence)
	oid, err := w.Find(q)
	if err != nil {
		return err
	}
	if oid == 0 {
		if n.MissingOk {
			w.Notice(`relation "%s" does not exist, skipping`, q.Name)
			return nil
		}
		return fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	old := w.Cat().Sequences[oid]
	if old == nil {
		return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.Name)
	}
	if err := w.MustOwn(old.Owner, "sequence", old.Name); err != nil {
		return err
	}
	return Change(w, old, n.Options)
}

// Change applies the options of ALTER SEQUENCE, or of an identity column.
func Change(w *work.Work, old *catalog.Sequence, options *ast.NodeList) error {
	s := *old
	if err := apply(w, &s, options, false); err != nil {
		return err
	}
	w.Draft().AddSequence(&s)
	return restart(w, &s, options)
}

// restart handles RESTART [WITH n].
func restart(w *work.Work, s *catalog.Sequence, options *ast.NodeList) error {
	for _, o := range work.Items(options) {
		d, ok := o.(*ast.DefElem)
		if !ok || d.Defname != "restart" {
			continue
		}
		value := s.Start
		if d.Arg != nil {
			var err error
			if value, err = integer(d.Arg); err != nil {
				return err
			}
		}
		switch {
		case value < s.Min:
			return fault.New(fault.InvalidParameter, "RESTART value (%d) cannot be less than MINVALUE (%d)", value, s.Min)
		case value > s.Max:
			return fault.New(fault.InvalidParameter, "RESTART value (%d) cannot be greater than MAXVALUE (%d)", value, s.Max)
		}
		return Set(w, s, value, false)
	}
	return nil
}
