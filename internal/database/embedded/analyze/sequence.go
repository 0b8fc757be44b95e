package analyze

import (
	"errors"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/session"
	"github.com/galleyhq/galley/internal/fault"
)

// sequencePrivileges are what the functions of sequences ask for: any of them.
var sequencePrivileges = map[string]catalog.Privilege{
	"nextval": catalog.Usage | catalog.Update, "setval": catalog.Update, "currval": catalog.Usage | catalog.Select,
}

// sequenceCall analyzes nextval, setval, currval, lastval and
// pg_get_serial_sequence; ok tells that the call is one of them. The sequence
// must be named by a constant, since it is looked up here.
func (a *analyzer) sequenceCall(s *scope, n *ast.FuncCall, schemaName, name string) (e tree.Expr, ok bool, err error) {
	list := items(n.Args)
	_, known := sequencePrivileges[name]
	switch {
	case schemaName != "" && schemaName != "pg_catalog":
		return nil, false, nil
	case name == "pg_get_serial_sequence" && len(list) == 2:
		e, err = a.serialSequence(list)
		return e, true, err
	case name == "lastval" && len(list) == 0:
		e, err = a.Function(session.SequenceSchema, name, nil)
		return e, true, err
	case !known || len(list) == 0:
		return nil, false, nil
	}
	q, err := a.sequenceNamed(list[0])
	if err != nil {
		return nil, true, err
	}
	if q == nil {
		return &tree.Const{Ref: types.Of(types.Int8), Value: null}, true, nil
	}
	if !a.hasAny(q, sequencePrivileges[name]) {
		return nil, true, fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", q.Name)
	}
	args := []tree.Expr{&tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(int64(q.OID))}}
	for _, arg := range list[1:] {
		x, err := a.expr(s, arg)
		if err != nil {
			return nil, true, err
		}
		args = append(args, x)
	}
	e, err = a.Function(session.SequenceSchema, name, args)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return nil, true, named(f, name)
	}
	return e, true, err
}

// named takes out of an error how the functions of sequences are called here.
func named(f *fault.Error, name string) error {
	c := *f
	c.Message = strings.Replace(c.Message, session.SequenceSchema+"."+name+"(bigint", name+"(unknown", 1)
	return &c
}

// hasAny tells whether the role holds one of the privileges on a sequence.
func (a *analyzer) hasAny(q *catalog.Sequence, any catalog.Privilege) bool {
	for bit := catalog.Privilege(1); bit != 0; bit <<= 1 {
		if any&bit != 0 && a.Catalog.Has(a.Role, q.Owner, q.ACL, bit) {
			return true
		}
	}
	return false
}

// sequenceNamed finds the sequence that a constant names, nil for NULL.
func (a *analyzer) sequenceNamed(n ast.Node) (*catalog.Sequence, error) {
	text, isNull, err := a.constantName(n)
	if err != nil || isNull {
		return nil, err
	}
	schemaName, name, err := splitName(text)
	if err != nil {
		return nil, err
	}
	oid, err := a.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	if q := a.Catalog.Sequences[oid]; q != nil {
		return q, nil
	}
	return nil, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, name)
}

// constantName reads a name given as a constant: text, with a cast to regclass
// or not, or the name that pg_get_serial_sequence gives.
func (a *analyzer) constantName(n ast.Node) (text string, isNull bool, err error) {
	n = unparen(n)
	for {
		cast, ok := n.(*ast.TypeCast)
		if !ok || !slices.Contains([]string{"regclass", "text"}, lastName(cast.TypeName)) {
			break
		}
		n = unparen(cast.Arg)
	}
	if call, ok := n.(*ast.FuncCall); ok && slices.Equal(lastOf(names(call.Funcname)), []string{"pg_get_serial_sequence"}) && len(items(call.Args)) == 2 {
		e, err := a.serialSequence(items(call.Args))
		if err != nil {
			return "", false, err
		}
		v := e.(*tree.Const).Value
		return v.Text(), v.IsNull(), nil
	}
	k, ok := n.(*ast.A_Const)
	if ok && k.Isnull {
		return "", true, nil
	}
	if ok {
		if v, ok := k.Val.(*ast.String); ok {
			return v.SVal, false, nil
		}
	}
	return "", false, unsupported("the name of a sequence that is no constant is")
}

func lastOf(list []string) []string { return list[max(len(list)-1, 0):] }

func lastName(t *ast.TypeName) string {
	if t == nil {
		return ""
	}
	return strings.Join(lastOf(names(t.Names)), "")
}

// splitName reads a name as regclass does.
func splitName(text string) (schemaName, name string, err error) {
	node, err := syntax.ParseExpr(text)
	ref, ok := node.(*ast.ColumnRef)
	if err != nil || !ok {
		return "", "", fault.New(fault.InvalidName, "invalid name syntax")
	}
	parts := names(ref.Fields)
	switch len(parts) {
	case 1:
		return "", parts[0], nil
	case 2:
		return parts[0], parts[1], nil
	}
	return "", "", unsupported("a name of this form is")
}

// relationNamed finds a relation by its name.
func (a *analyzer) relationNamed(schemaName, name string) (uint32, error) {
	path, shown := a.SearchPath, name
	if schemaName != "" {
		if err := a.mayUse(schemaName); err != nil {
			return 0, err
		}
		path, shown = []string{schemaName}, schemaName+"."+name
	}
	for _, s := range path {
		if oid := a.Catalog.RelationOID(s, name); oid != 0 && a.mayUse(s) == nil {
			return oid, nil
		}
	}
	return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, shown)
}

// serialSequence is pg_get_serial_sequence(table, column) over constants.
func (a *analyzer) serialSequence(list []ast.Node) (tree.Expr, error) {
	none := &tree.Const{Ref: types.Of(types.Text), Value: null}
	table, isNull, err := a.constantName(list[0])
	if err != nil || isNull {
		return none, err
	}
	column, isNull, err := a.constantName(list[1])
	if err != nil || isNull {
		return none, err
	}
	schemaName, name, err := splitName(table)
	if err != nil {
		return nil, err
	}
	oid, err := a.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	t := a.Catalog.Tables[oid]
	if t == nil {
		return none, nil
	}
	c := t.Column(column)
	if c == nil {
		return nil, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, t.Name)
	}
	for _, q := range a.Catalog.Sequences {
		if q.OwnerTable == t.OID && q.OwnerColumn == c.Number {
			text := syntax.QuoteIdent(q.Schema) + "." + syntax.QuoteIdent(q.Name)
			return &tree.Const{Ref: types.Of(types.Text), Value: sqlite.Text(text)}, nil
		}
	}
	return none, nil
}
