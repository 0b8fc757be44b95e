package lookup

import (
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// namesRelation tells whether a table or view has the name, and so a type has it.
func (x *Context) namesRelation(path []string) bool {
	schemas := x.SearchPath
	if len(path) > 1 {
		schemas = path[:1]
	}
	for _, s := range schemas {
		if x.Catalog.RelationOID(s, path[len(path)-1]) != 0 {
			return true
		}
	}
	return false
}

// TypeRef resolves the name of a type.
func (x *Context) TypeRef(n *ast.TypeName) (types.Ref, error) {
	path := syntax.Names(n.Names)
	if n.Setof || n.PctType || len(path) == 0 {
		return types.Ref{}, resolve.Unsupported("the type %s (SETOF, %%TYPE) is", strings.Join(path, "."))
	}
	name := path[len(path)-1]
	t := x.typeNamed(path)
	if t == nil {
		if isKnownElsewhere(name) {
			return types.Ref{}, resolve.Unsupported("the type %s is", name)
		}
		if x.namesRelation(path) {
			return types.Ref{}, resolve.Unsupported("the row type of %s is", name)
		}
		return types.Ref{}, x.At(fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(path, ".")), name)
	}
	if len(syntax.Items(n.Typmods)) == 0 {
		return x.arrayType(types.Of(t.OID), n)
	}
	ref, err := x.typeModifier(t, n)
	if err != nil {
		return ref, err
	}
	return x.arrayType(ref, n)
}

// typeNamed finds a type, built in or of the database; nil when there is none.
func (x *Context) typeNamed(path []string) *types.Type {
	name := path[len(path)-1]
	if len(path) == 1 || path[0] == "pg_catalog" {
		if t := x.Types.TypeNamed(name); t != nil || len(path) > 1 {
			return t
		}
	}
	e := x.Catalog.FindType(x.Role, x.SearchPath, name)
	if len(path) > 1 {
		e = x.Catalog.FindType(x.Role, path[:1], name)
	}
	if e == nil {
		return nil
	}
	return x.Types.Type(types.OID(e.OID))
}

// signed takes the sign off a number: numeric(5, -2).
func signed(n ast.Node) (ast.Node, int) {
	if e, ok := n.(*ast.A_Expr); ok && e.Lexpr == nil && len(syntax.Items(e.Name)) == 1 {
		if sign, ok := e.Name.Items[0].(*ast.String); ok && sign.SVal == "-" {
			return e.Rexpr, -1
		}
	}
	return n, 1
}

// typeModifier reads the modifier of a type's name; the family's own function
// typmodin is the type's cast to itself, so only plain integers are taken here.
func (x *Context) typeModifier(t *types.Type, n *ast.TypeName) (types.Ref, error) {
	var mods []int
	for _, m := range syntax.Items(n.Typmods) {
		if i, ok := m.(*ast.Integer); ok { // of TIME(3) and INTERVAL YEAR
			mods = append(mods, i.IVal)
			continue
		}
		m, sign := signed(m)
		c, ok := syntax.Unparen(m).(*ast.A_Const)
		if !ok {
			return types.Ref{}, resolve.Unsupported("a type modifier that is no constant is")
		}
		i, ok := c.Val.(*ast.Integer)
		if !ok {
			return types.Ref{}, fault.New(fault.InvalidParameter, "type modifiers must be simple constants or identifiers")
		}
		mods = append(mods, sign*i.IVal)
	}
	if t.ModIn == nil {
		return types.Ref{}, resolve.Unsupported("the modifier (%s) of type %s is", strconv.Itoa(mods[0]), t.SQLName)
	}
	mod, err := t.ModIn(mods)
	return types.Ref{OID: t.OID, Mod: mod}, err
}

// isKnownElsewhere tells whether PostgreSQL has a type that this engine does
// not have yet, so that the error says so.
func isKnownElsewhere(name string) bool {
	switch name {
	case "int2", "float4", "float8", "numeric", "varchar", "bpchar", "char", "name", "date", "time", "timetz",
		"timestamp", "timestamptz", "interval", "bytea", "json", "jsonb", "uuid", "inet", "cidr", "macaddr", "money",
		"bit", "varbit", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery",
		"regclass", "regproc", "regtype", "oid", "record", "int4range", "int8range", "numrange", "tsrange", "tstzrange",
		"daterange", "citext", "hstore", "ltree", "vector", "void", "trigger", "pg_lsn", "jsonpath":
		return true
	}
	return false
}

// RowType is the relation whose rows a type is of, nil when it is another type.
func (x *Context) RowType(n *ast.TypeName) *tree.Rel {
	path := syntax.Names(n.Names)
	if len(path) == 0 || len(path) > 2 || n.Setof || n.PctType || len(syntax.Items(n.ArrayBounds)) > 0 || x.typeNamed(path) != nil {
		return nil
	}
	v := &ast.RangeVar{RelName: path[len(path)-1]}
	if len(path) > 1 {
		v.SchemaName = path[0]
	}
	r, err := x.Relation(v)
	if err != nil {
		return nil
	}
	return r
}

// RecordColumns analyzes a column definition list.
func (x *Context) RecordColumns(defs *ast.NodeList) ([]types.ResultColumn, error) {
	if len(syntax.Items(defs)) == 0 {
		return nil, fault.New(fault.SyntaxError, "a column definition list is required for functions returning \"record\"")
	}
	var out []types.ResultColumn
	for _, n := range syntax.Items(defs) {
		def, ok := n.(*ast.ColumnDef)
		if !ok {
			return nil, resolve.Unsupported("%T in a column definition list is", n)
		}
		ref, err := x.TypeRef(def.TypeName)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(k types.ResultColumn) bool { return k.Name == def.Colname }) {
			return nil, x.At(fault.New(fault.DuplicateColumn, `column name "%s" specified more than once`, def.Colname), def.Colname)
		}
		out = append(out, types.ResultColumn{Name: def.Colname, Type: ref.OID, Mod: ref.Mod})
	}
	return out, nil
}

// arrayType is the type of arrays of a type, whose modifier it keeps.
func (x *Context) arrayType(elem types.Ref, n *ast.TypeName) (types.Ref, error) {
	bounds := syntax.Items(n.ArrayBounds)
	if len(bounds) == 0 {
		return elem, nil
	}
	t := x.Types.Type(elem.OID)
	if t.Elem != nil || t.Array == 0 {
		return elem, fault.New(fault.UndefinedObject, `type "%s[]" does not exist`, t.SQLName)
	}
	return types.Ref{OID: t.Array, Mod: elem.Mod}, nil
}
