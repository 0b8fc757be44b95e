package lookup

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// sequencePrivileges are what the functions of sequences ask for: any of them.
var sequencePrivileges = map[string]catalog.Privilege{
	"nextval": catalog.Usage | catalog.Update, "setval": catalog.Update, "currval": catalog.Usage | catalog.Select,
}

// OfSequence tells whether a function takes the name of a sequence.
func OfSequence(function string) bool { return sequencePrivileges[function] != 0 }

// SequenceFor finds the sequence that the constant argument of a function names, nil
// for NULL, and checks that the role may call the function for it.
func (x *Context) SequenceFor(function string, n ast.Node) (*catalog.Sequence, error) {
	q, err := x.sequenceNamed(n)
	if err == nil && q != nil && !x.hasAny(q, sequencePrivileges[function]) {
		err = fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", q.Name)
	}
	return q, err
}

// hasAny tells whether the role holds one of the privileges on a sequence.
func (x *Context) hasAny(q *catalog.Sequence, any catalog.Privilege) bool {
	for bit := catalog.Privilege(1); bit != 0; bit <<= 1 {
		if any&bit != 0 && x.Catalog.Has(x.Role, q.Owner, q.ACL, bit) {
			return true
		}
	}
	return false
}

// sequenceNamed finds the sequence that a constant names, nil for NULL.
func (x *Context) sequenceNamed(n ast.Node) (*catalog.Sequence, error) {
	text, isNull, err := x.constantName(n)
	if err != nil || isNull {
		return nil, err
	}
	schemaName, name, err := splitName(text)
	if err != nil {
		return nil, err
	}
	oid, err := x.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	if q := x.Catalog.Sequences[oid]; q != nil {
		return q, nil
	}
	return nil, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, name)
}

// constantName reads a name given as a constant: text, with a cast to regclass
// or not, or the name that pg_get_serial_sequence gives.
func (x *Context) constantName(n ast.Node) (text string, isNull bool, err error) {
	n = syntax.Unparen(n)
	for {
		cast, ok := n.(*ast.TypeCast)
		if !ok || !slices.Contains([]string{"regclass", "text"}, lastName(cast.TypeName)) {
			break
		}
		n = syntax.Unparen(cast.Arg)
	}
	if call, ok := n.(*ast.FuncCall); ok && slices.Equal(lastOf(syntax.Names(call.Funcname)), []string{"pg_get_serial_sequence"}) && len(syntax.Items(call.Args)) == 2 {
		e, err := x.SerialSequence(syntax.Items(call.Args))
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
	return "", false, resolve.Unsupported("the name of a sequence that is no constant is")
}

func lastOf(list []string) []string { return list[max(len(list)-1, 0):] }

func lastName(t *ast.TypeName) string {
	if t == nil {
		return ""
	}
	return strings.Join(lastOf(syntax.Names(t.Names)), "")
}

// SerialSequence is pg_get_serial_sequence(table, column) over constants.
func (x *Context) SerialSequence(list []ast.Node) (tree.Expr, error) {
	none := &tree.Const{Ref: types.Of(types.Text), Value: sqlite.Null}
	table, isNull, err := x.constantName(list[0])
	if err != nil || isNull {
		return none, err
	}
	column, isNull, err := x.constantName(list[1])
	if err != nil || isNull {
		return none, err
	}
	schemaName, name, err := splitName(table)
	if err != nil {
		return nil, err
	}
	oid, err := x.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	t := x.Catalog.Tables[oid]
	if t == nil {
		return none, nil
	}
	c := t.Column(column)
	if c == nil {
		return nil, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, t.Name)
	}
	for _, q := range x.Catalog.Sequences {
		if q.OwnerTable == t.OID && q.OwnerColumn == c.Number {
			text := syntax.QuoteIdent(q.Schema) + "." + syntax.QuoteIdent(q.Name)
			return &tree.Const{Ref: types.Of(types.Text), Value: sqlite.Text(text)}, nil
		}
	}
	return none, nil
}
