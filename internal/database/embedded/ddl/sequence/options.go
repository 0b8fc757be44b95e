package sequence

import (
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// apply applies the options of a new sequence or of ALTER SEQUENCE.
func apply(w *work.Work, s *catalog.Sequence, list *ast.NodeList, isNew bool) error {
	given := map[string]*ast.DefElem{}
	for _, o := range work.Items(list) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return work.Unsupported("%T as an option of a sequence is", o)
		}
		if given[d.Defname] != nil {
			return fault.New(fault.SyntaxError, "conflicting or redundant options")
		}
		given[d.Defname] = d
	}
	if isNew {
		s.Increment = 1
	}
	for _, option := range []func(*work.Work, *catalog.Sequence, map[string]*ast.DefElem, bool) error{
		setType, setStep, setBounds, setStart, setOwner,
	} {
		if err := option(w, s, given, isNew); err != nil {
			return err
		}
	}
	for name := range given {
		if name == "sequence_name" || name == "logged" || name == "unlogged" {
			return work.Unsupported("SEQUENCE NAME and LOGGED are")
		}
	}
	return nil
}

func setType(w *work.Work, s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
	d := given["as"]
	if d == nil {
		return nil
	}
	if !isNew {
		return work.Unsupported("changing the type of a sequence is")
	}
	n, ok := d.Arg.(*ast.TypeName)
	if !ok {
		return work.Unsupported("this type of a sequence is")
	}
	typ, err := w.ColumnType(n)
	if err != nil {
		return err
	}
	if !work.IsInteger(typ.Type) {
		return fault.New(fault.InvalidParameter, "sequence type must be smallint, integer, or bigint")
	}
	s.Type = typ.Type.OID
	return nil
}

func setStep(w *work.Work, s *catalog.Sequence, given map[string]*ast.DefElem, _ bool) error {
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

func setBounds(w *work.Work, s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
	least, greatest := limits(w, s.Type)
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

func setStart(w *work.Work, s *catalog.Sequence, given map[string]*ast.DefElem, isNew bool) error {
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

// setOwner handles OWNED BY.
func setOwner(w *work.Work, s *catalog.Sequence, given map[string]*ast.DefElem, _ bool) error {
	d := given["owned_by"]
	if d == nil {
		return nil
	}
	if t := w.Cat().Tables[s.OwnerTable]; t != nil {
		if c := t.ColumnNumber(s.OwnerColumn); c != nil && c.Identity != 0 && c.Sequence == s.OID && s.OID != 0 {
			return fault.New(fault.FeatureNotSupported, "cannot change ownership of identity sequence").
				WithDetail(`Sequence "%s" is linked to table "%s".`, s.Name, t.Name)
		}
	}
	list, _ := d.Arg.(*ast.NodeList)
	parts := work.Names(list)
	if len(parts) == 1 && parts[0] == "none" {
		s.OwnerTable, s.OwnerColumn = 0, 0
		return nil
	}
	if len(parts) < 2 {
		return fault.New(fault.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	q, err := work.NameFrom(parts[:len(parts)-1])
	if err != nil {
		return err
	}
	t, err := w.TableNamed(q)
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
