package embedded

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// inquiryPrivileges are the privileges that has_…_privilege() knows of each kind
// of object.
var inquiryPrivileges = map[string]map[string]catalog.Privilege{
	"table": {"SELECT": catalog.Select, "INSERT": catalog.Insert, "UPDATE": catalog.Update, "DELETE": catalog.Delete,
		"TRUNCATE": catalog.Truncate, "REFERENCES": catalog.References, "TRIGGER": catalog.Trigger},
	"function":   {"EXECUTE": catalog.Execute},
	"sequence":   {"USAGE": catalog.Usage, "SELECT": catalog.Select, "UPDATE": catalog.Update},
	"schema":     {"CREATE": catalog.Create, "USAGE": catalog.Usage},
	"column":     {"SELECT": catalog.Select, "INSERT": catalog.Insert, "UPDATE": catalog.Update, "REFERENCES": catalog.References},
	"any_column": {"SELECT": catalog.Select, "INSERT": catalog.Insert, "UPDATE": catalog.Update, "REFERENCES": catalog.References},
}

// asked is one privilege of a list, with or without its grant option.
type asked struct {
	bit    catalog.Privilege
	option bool
}

// HasPrivilege implements session.Inquirer.
func (x *execution) HasPrivilege(kind, who, object, column, privileges string) (bool, error) {
	name := who
	if name == "" {
		name = role(x.session)
	} else if name != catalog.Public && x.cat.Roles[name] == nil {
		return false, fault.New(fault.UndefinedObject, `role "%s" does not exist`, name)
	}
	if kind == "role" {
		return x.hasRole(name, object, privileges)
	}
	if kind == "row_security" {
		return x.secured(object)
	}
	test, err := x.inquire(kind, name, object, column)
	if err != nil {
		return false, err
	}
	list, err := parseAsked(kind, privileges)
	if err != nil {
		return false, err
	}
	for _, p := range list {
		if test(p) {
			return true, nil
		}
	}
	return false, nil
}

// secured is row_security_active().
func (x *execution) secured(object string) (bool, error) {
	oid, err := x.relationNamed(object)
	t := x.cat.Tables[oid]
	return err == nil && t != nil && !access.Bypasses(x.cat, role(x.session), t), err
}

func parseAsked(kind, text string) ([]asked, error) {
	var out []asked
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		word, option := strings.CutSuffix(strings.ToUpper(part), " WITH GRANT OPTION")
		bit := inquiryPrivileges[kind][word]
		if bit == 0 {
			return nil, fault.New(fault.InvalidParameter, `unrecognized privilege type: "%s"`, part)
		}
		out = append(out, asked{bit: bit, option: option})
	}
	return out, nil
}

// inquire finds an object and returns the test of a role's privileges on it.
func (x *execution) inquire(kind, who, object, column string) (func(asked) bool, error) {
	if kind == "schema" {
		s := x.cat.Schemas[object]
		if s == nil {
			return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, object)
		}
		return x.test(who, s.Owner, s.ACL), nil
	}
	if kind == "function" {
		f, err := x.functionNamed(object)
		if err != nil {
			return nil, err
		}
		return x.test(who, f.Owner, f.Rights()), nil
	}
	oid, err := x.relationNamed(object)
	if err != nil {
		return nil, err
	}
	t, v, s := x.cat.Tables[oid], x.cat.Views[oid], x.cat.Sequences[oid]
	switch {
	case kind == "sequence" && s == nil:
		return nil, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, object)
	case s != nil:
		return x.test(who, s.Owner, s.ACL), nil
	case t != nil:
		return x.testColumns(kind, who, t.Owner, t.ACL, t.Columns, t.Name, column)
	case v != nil:
		return x.testColumns(kind, who, v.Owner, v.ACL, v.Columns, v.Name, column)
	}
	return func(asked) bool { return false }, nil // an index grants nothing
}

func (x *execution) test(who, owner string, acl catalog.ACL) func(asked) bool {
	return func(p asked) bool {
		if who == catalog.Public {
			return acl != nil && x.cat.Granted(who, acl, p.bit) && !p.option
		}
		if p.option {
			return x.cat.MayGrant(who, owner, acl, p.bit)
		}
		return x.cat.Has(who, owner, acl, p.bit)
	}
}

func (x *execution) testColumns(kind, who, owner string, acl catalog.ACL, columns []*catalog.Column, table, column string) (func(asked) bool, error) {
	whole := x.test(who, owner, acl)
	var of []*catalog.Column
	for _, c := range columns {
		if kind == "any_column" || kind == "column" && c.Name == column {
			of = append(of, c)
		}
	}
	if kind == "column" && len(of) == 0 {
		return nil, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, table)
	}
	return func(p asked) bool {
		if whole(p) {
			return true
		}
		for _, c := range of {
			if len(c.ACL) > 0 && !p.option && x.cat.Granted(who, c.ACL, p.bit) || p.option && c.ACL.MayGrant(x.cat.Memberships(who), p.bit) {
				return true
			}
		}
		return false
	}, nil
}

// functionNamed finds a function by its name and the types of its arguments in
// text, as regprocedure reads it.
func (x *execution) functionNamed(text string) (*catalog.Function, error) {
	if !strings.Contains(text, "(") {
		return nil, fault.New(fault.InvalidText, "expected a left parenthesis")
	}
	if !strings.HasSuffix(strings.TrimSpace(text), ")") {
		return nil, fault.New(fault.InvalidText, "expected a right parenthesis")
	}
	st, err := syntax.Parse("DROP FUNCTION " + text)
	if err != nil {
		return nil, err
	}
	drop, ok := st.Node.(*ast.DropStmt)
	if !ok || len(syntax.Items(drop.Objects)) != 1 || drop.Behavior == ast.DropCascade {
		return nil, fault.New(fault.InvalidName, "invalid name syntax")
	}
	o, ok := drop.Objects.Items[0].(*ast.ObjectWithArgs)
	if !ok {
		return nil, fault.New(fault.InvalidName, "invalid name syntax")
	}
	args, err := x.typesNamed(syntax.Items(o.Objargs))
	if err != nil {
		return nil, err
	}
	parts := syntax.Names(o.Objname)
	path := x.session.Searched()
	if len(parts) > 1 {
		path = parts[:1]
		if s := x.cat.Schemas[parts[0]]; s == nil && parts[0] != "pg_catalog" {
			return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, parts[0])
		} else if s != nil && !x.cat.Has(role(x.session), s.Owner, s.ACL, catalog.Usage) {
			return nil, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", parts[0])
		}
	}
	for _, schemaName := range path {
		for _, f := range x.cat.FunctionsNamed(schemaName, parts[len(parts)-1]) {
			if slices.Equal(f.ArgTypes(), args) {
				return f, nil
			}
		}
	}
	if (len(parts) == 1 || parts[0] == "pg_catalog") && len(x.types.Functions("", parts[len(parts)-1])) > 0 {
		return nil, fault.Unsupported("asking for the privileges of a function of the system is not supported by the embedded engine")
	}
	return nil, fault.New(fault.UndefinedFunction, `function "%s" does not exist`, text)
}

// typesNamed finds the types that are written in a signature, those of relations'
// rows too.
func (x *execution) typesNamed(list []ast.Node) ([]types.OID, error) {
	var out []types.OID
	for _, item := range list {
		n, ok := item.(*ast.TypeName)
		if !ok || n.PctType {
			return nil, fault.New(fault.InvalidName, "invalid name syntax")
		}
		oid := x.typeNamed(syntax.Names(n.Names))
		if t := x.types.Type(oid); t != nil && len(syntax.Items(n.ArrayBounds)) > 0 {
			oid = t.Array
		}
		if oid == 0 {
			return nil, fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(syntax.Names(n.Names), "."))
		}
		out = append(out, oid)
	}
	return out, nil
}

// typeNamed is a type by its name, or a relation, whose rows have one; 0 for none.
func (x *execution) typeNamed(parts []string) types.OID {
	name, path := parts[len(parts)-1], x.session.Searched()
	if len(parts) == 1 || parts[0] == "pg_catalog" {
		if t := x.types.TypeNamed(name); t != nil {
			return t.OID
		}
	}
	if len(parts) > 1 {
		path = parts[:1]
	}
	if e := x.cat.FindType(role(x.session), path, name); e != nil {
		return types.OID(e.OID)
	}
	for _, schemaName := range path {
		if oid := x.cat.RelationOID(schemaName, name); oid != 0 {
			return types.OID(oid)
		}
	}
	return 0
}

// relationNamed finds a relation by its name in text, along the search path.
func (x *execution) relationNamed(text string) (uint32, error) {
	node, err := syntax.ParseExpr(text)
	if err != nil {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	ref, ok := node.(*ast.ColumnRef)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	var parts []string
	for _, n := range ref.Fields.Items {
		s, ok := n.(*ast.String)
		if !ok {
			return 0, fault.New(fault.InvalidName, "invalid name syntax")
		}
		parts = append(parts, s.SVal)
	}
	name, path := parts[len(parts)-1], x.session.Searched()
	if len(parts) == 2 {
		path = parts[:1]
	}
	for _, schemaName := range path {
		s := x.cat.Schemas[schemaName]
		if s == nil {
			continue
		}
		if !x.cat.Has(role(x.session), s.Owner, s.ACL, catalog.Usage) {
			if len(parts) == 2 {
				return 0, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName)
			}
			continue
		}
		if oid := x.cat.RelationOID(schemaName, name); oid != 0 {
			return oid, nil
		}
	}
	if len(parts) == 2 && x.cat.Schemas[parts[0]] == nil {
		return 0, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, parts[0])
	}
	return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, strings.Join(parts, "."))
}

// hasRole is pg_has_role: MEMBER tells whether a role could become another,
// USAGE whether it has its privileges already.
func (x *execution) hasRole(who, of, privileges string) (bool, error) {
	if x.cat.Roles[of] == nil {
		return false, fault.New(fault.UndefinedObject, `role "%s" does not exist`, of)
	}
	found := false
	for part := range strings.SplitSeq(privileges, ",") {
		part = strings.TrimSpace(part)
		switch strings.ToUpper(part) {
		case "MEMBER":
			found = found || x.cat.IsMember(who, of)
		case "USAGE":
			found = found || x.cat.Owns(who, of)
		case "MEMBER WITH ADMIN OPTION", "MEMBER WITH GRANT OPTION", "USAGE WITH ADMIN OPTION", "USAGE WITH GRANT OPTION":
			found = found || x.cat.IsAdmin(who, of)
		default:
			return false, fault.New(fault.InvalidParameter, `unrecognized privilege type: "%s"`, part)
		}
	}
	return found, nil
}
