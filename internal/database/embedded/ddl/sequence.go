package ddl

import (
	"math"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// ownedSequence makes the sequence behind a serial or identity column.
func (w *work) ownedSequence(t *catalog.Table, c *catalog.Column, options *ast.NodeList) (*catalog.Sequence, error) {
	name := w.relationName(t.Schema, t.Name, c.Name, "seq", false)
	s := &catalog.Sequence{Schema: t.Schema, Name: name, Owner: t.Owner, Type: c.Type.OID,
		OwnerTable: t.OID, OwnerColumn: c.Number}
	if schema := w.cat().Schemas[t.Schema]; schema != nil {
		s.ACL = w.defaultACL(schema, schema.DefaultSequences)
	}
	if err := w.sequenceOptions(s, options, true); err != nil {
		return nil, err
	}
	w.draft().AddSequence(s)
	c.Sequence = s.OID
	return s, w.setSequence(s, s.Start, false)
}

// setSequence stores where a sequence stands: the value it gives next, or gave
// last when called.
func (w *work) setSequence(s *catalog.Sequence, value int64, called bool) error {
	return w.run("INSERT OR REPLACE INTO galley_sequence (oid, mark, called) VALUES (?1, ?2, ?3)",
		sqlite.Int(int64(s.OID)), sqlite.Int(value), sqlite.Bool(called))
}

func (w *work) createSequence(n *ast.CreateSeqStmt) error {
	if n.Sequence.RelPersistence == 't' || n.Sequence.RelPersistence == 'u' {
		return unsupported("a temporary or unlogged sequence is")
	}
	q := fromRange(n.Sequence)
	schema, err := w.creationSchema(q)
	if err != nil {
		return err
	}
	if w.cat().RelationOID(schema.Name, q.name) != 0 {
		if n.IfNotExists {
			w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
				Message: `relation "` + q.name + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, q.name)
	}
	s := &catalog.Sequence{Schema: schema.Name, Name: q.name, Owner: w.Role, Type: types.Int8,
		ACL: w.defaultACL(schema, schema.DefaultSequences)}
	if err := w.sequenceOptions(s, n.Options, true); err != nil {
		return err
	}
	w.draft().AddSequence(s)
	return w.setSequence(s, s.Start, false)
}

func (w *work) alterSequence(n *ast.AlterSeqStmt) error {
	q := fromRange(n.Sequence)
	oid, err := w.find(q)
	if err != nil {
		return err
	}
	if oid == 0 {
		if n.MissingOk {
			w.notice(`relation "%s" does not exist, skipping`, q.name)
			return nil
		}
		return fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	old := w.cat().Sequences[oid]
	if old == nil {
		return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.name)
	}
	if err := w.mustOwn(old.Owner, "sequence", old.Name); err != nil {
		return err
	}
	s := *old
	if err := w.sequenceOptions(&s, n.Options, false); err != nil {
		return err
	}
	w.draft().AddSequence(&s)
	return w.restart(&s, n.Options)
}

// restart handles RESTART [WITH n].
func (w *work) restart(s *catalog.Sequence, options *ast.NodeList) error {
	for _, o := range items(options) {
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
		return w.setSequence(s, value, false)
	}
	return nil
}

// limits are the least and greatest value of a sequence's type.
func (w *work) limits(oid types.OID) (least, greatest int64) {
	switch w.Types.Type(oid).Name {
	case "int2":
		return math.MinInt16, math.MaxInt16
	case "int4":
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

// sequenceOptions applies the options of a new sequence or of ALTER SEQUENCE.
func (w *work) sequenceOptions(s *catalog.Sequence, list *ast.NodeList, isNew bool) error {
	given := map[string]*ast.DefElem{}
	for _, o := range items(list) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return unsupported("%T as an option of a sequence is", o)
		}
		if given[d.Defname] != nil {
			return fault.New(fault.SyntaxError, "conflicting or redundant options")
		}
		given[d.Defname] = d
	}
	if isNew {
		s.Increment = 1
	}
	for _, apply := range []func(*catalog.Sequence, map[string]*ast.DefElem, bool) error{
		w.sequenceType, w.sequenceStep, w.sequenceBounds, w.sequenceStart, w.sequenceOwner,
	} {
		if err := apply(s, given, isNew); err != nil {
			return err
		}
	}
	for name := range given {
		if name == "sequence_name" || name == "logged" || name == "unlogged" {
			return unsupported("SEQUENCE NAME and LOGGED are")
		}
	}
	return nil
}

func (w *work) sequenceType(s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
	d := given["as"]
	if d == nil {
		return nil
	}
	if !isNew {
		return unsupported("changing the type of a sequence is")
	}
	n, ok := d.Arg.(*ast.TypeName)
	if !ok {
		return unsupported("this type of a sequence is")
	}
	typ, err := w.columnType(n)
	if err != nil {
		return err
	}
	if !isInteger(typ.typ) {
		return fault.New(fault.InvalidParameter, "sequence type must be smallint, integer, or bigint")
	}
	s.Type = typ.typ.OID
	return nil
}

func (w *work) sequenceStep(s *catalog.Sequence, given map[string]*ast.DefElem, _ bool) error {
	if d := given["increment"]; d != nil {
		var err error
		if s.Increment, err = integer(d.Arg); err != nil {
			return err
		}
		if s.Increment == 0 {
			return fault.New(fault.InvalidParameter, "INCREMENT must not be zero")
		}
	}
	if d := given["cache"]; d != nil {
		if n, err := integer(d.Arg); err != nil || n <= 0 {
			return fault.New(fault.InvalidParameter, "CACHE (%d) must be greater than zero", n)
		}
	}
	if d := given["cycle"]; d != nil {
		b, ok := d.Arg.(*ast.Boolean)
		s.Cycle = !ok || b.BoolVal
	}
	return nil
}

func (w *work) sequenceBounds(s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
	least, greatest := w.limits(s.Type)
	name := w.Types.Type(s.Type).SQLName
	bound := func(option string, at *int64, ascending, descending int64) error {
		d := given[option]
		switch {
		case d != nil && d.Arg != nil:
			var err error
			if *at, err = integer(d.Arg); err != nil {
				return err
			}
		case d != nil || isNew:
			if *at = ascending; s.Increment < 0 {
				*at = descending
			}
		}
		return nil
	}
	if err := bound("maxvalue", &s.Max, greatest, -1); err != nil {
		return err
	}
	if s.Max < least || s.Max > greatest {
		return fault.New(fault.InvalidParameter, "MAXVALUE (%d) is out of range for sequence data type %s", s.Max, name)
	}
	if err := bound("minvalue", &s.Min, 1, least); err != nil {
		return err
	}
	if s.Min < least || s.Min > greatest {
		return fault.New(fault.InvalidParameter, "MINVALUE (%d) is out of range for sequence data type %s", s.Min, name)
	}
	if s.Min >= s.Max {
		return fault.New(fault.InvalidParameter, "MINVALUE (%d) must be less than MAXVALUE (%d)", s.Min, s.Max)
	}
	return nil
}

func (w *work) sequenceStart(s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
	switch d := given["start"]; {
	case d != nil:
		var err error
		if s.Start, err = integer(d.Arg); err != nil {
			return err
		}
	case isNew && s.Increment > 0:
		s.Start = s.Min
	case isNew:
		s.Start = s.Max
	}
	if s.Start < s.Min {
		return fault.New(fault.InvalidParameter, "START value (%d) cannot be less than MINVALUE (%d)", s.Start, s.Min)
	}
	if s.Start > s.Max {
		return fault.New(fault.InvalidParameter, "START value (%d) cannot be greater than MAXVALUE (%d)", s.Start, s.Max)
	}
	return nil
}

// sequenceOwner handles OWNED BY.
func (w *work) sequenceOwner(s *catalog.Sequence, given map[string]*ast.DefElem, _ bool) error {
	d := given["owned_by"]
	if d == nil {
		return nil
	}
	list, _ := d.Arg.(*ast.NodeList)
	parts := names(list)
	if len(parts) == 1 && parts[0] == "none" {
		s.OwnerTable, s.OwnerColumn = 0, 0
		return nil
	}
	if len(parts) < 2 {
		return fault.New(fault.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	q, err := fromParts(parts[:len(parts)-1])
	if err != nil {
		return err
	}
	t, err := w.table(q)
	if err != nil {
		return err
	}
	c := t.Column(parts[len(parts)-1])
	switch {
	case c == nil:
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, parts[len(parts)-1], t.Name)
	case t.Owner != s.Owner:
		return fault.New(fault.ObjectNotInPrerequisite, "sequence must have same owner as table it is linked to")
	case t.Schema != s.Schema:
		return fault.New(fault.ObjectNotInPrerequisite, "sequence must be in same schema as table it is linked to")
	}
	s.OwnerTable, s.OwnerColumn = t.OID, c.Number
	return nil
}

// integer reads the number of an option.
func integer(n ast.Node) (int64, error) {
	switch n := n.(type) {
	case *ast.Integer:
		return int64(n.IVal), nil
	case *ast.Float:
		v, err := strconv.ParseInt(n.FVal, 10, 64)
		if err != nil {
			return 0, fault.New(fault.InvalidText, "invalid input syntax for type bigint: \"%s\"", n.FVal)
		}
		return v, nil
	}
	return 0, fault.New(fault.SyntaxError, "an integer was expected")
}
