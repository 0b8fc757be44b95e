package work

import (
	"cmp"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// IsInteger tells whether a type is smallint, integer or bigint.
func IsInteger(t *types.Type) bool {
	return t.Name == "int2" || t.Name == "int4" || t.Name == "int8"
}

// IsText tells whether a type is text or varchar.
func IsText(t *types.Type) bool { return t.Name == "text" || t.Name == "varchar" }

// TypeName is a type's name in SQL.
func (w *Work) TypeName(oid types.OID) string {
	if t := w.Types.Type(oid); t != nil {
		return t.SQLName
	}
	return "unknown"
}

// Text is the text form of a stored value.
func (w *Work) Text(ref types.Ref, v sqlite.Value) string {
	typ := w.Types.Type(ref.OID)
	if v.IsNull() || typ == nil {
		return "null"
	}
	return string(typ.Out(nil, v))
}

// elsewhere are types of PostgreSQL that this engine may not have yet, so that
// the error says so instead of denying them.
var elsewhere = strings.Fields(`aclitem bit bool box bpchar bytea char cid cidr circle citext cstring date datemultirange
	daterange float4 float8 geography geometry hstore inet int2 int2vector int4 int4multirange int4range int8 int8multirange
	int8range interval json jsonb jsonpath line lseg ltree macaddr macaddr8 money name numeric nummultirange numrange oid
	oidvector path pg_lsn pg_snapshot point polygon refcursor regclass regcollation regconfig regdictionary regnamespace
	regoper regoperator regproc regprocedure regrole regtype text tid time timestamp timestamptz timetz tsmultirange tsquery
	tsrange tstzmultirange tstzrange tsvector txid_snapshot uuid varbit varchar vector xid xid8 xml`)

// serials are the types that stand for an integer with a sequence.
var serials = map[string]string{
	"smallserial": "int2", "serial2": "int2", "serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8",
}

// ColumnType is the type of a column definition.
type ColumnType struct {
	Ref    types.Ref
	Type   *types.Type
	Serial bool
}

// ColumnType resolves the type of a column definition.
func (w *Work) ColumnType(n *ast.TypeName) (ColumnType, error) {
	path := Names(n.Names)
	if len(path) == 0 || n.Setof || n.PctType {
		return ColumnType{}, Unsupported("the type %s (SETOF, %%TYPE) is", strings.Join(path, "."))
	}
	name := path[len(path)-1]
	var out ColumnType
	if integer := serials[name]; integer != "" && len(path) == 1 {
		name, out.Serial = integer, true
	}
	if out.Type = w.typeNamed(path, name); out.Type == nil {
		return out, w.UnknownType(path)
	}
	if out.Type.Column == "" {
		return out, fault.New(fault.InvalidTableDefinition, `column has pseudo-type %s`, out.Type.SQLName)
	}
	var err error
	if out.Ref, err = modified(out.Type, n); err != nil || len(Items(n.ArrayBounds)) == 0 {
		return out, err
	}
	return w.arrayOf(out)
}

// arrayOf is the type of arrays of a type; how long they are to be, and of how
// many dimensions, PostgreSQL leaves unchecked too.
func (w *Work) arrayOf(elem ColumnType) (ColumnType, error) {
	if elem.Serial {
		return elem, fault.New(fault.FeatureNotSupported, "array of serial is not implemented")
	}
	t := w.Types.Type(elem.Type.Array)
	if t == nil {
		return elem, fault.New(fault.UndefinedObject, `type "%s[]" does not exist`, elem.Type.SQLName)
	}
	return ColumnType{Ref: types.Ref{OID: t.OID, Mod: elem.Ref.Mod}, Type: t}, nil
}

// typeNamed finds a type, built in or of the database; nil when there is none.
func (w *Work) typeNamed(path []string, name string) *types.Type {
	if len(path) == 1 || path[0] == "pg_catalog" {
		if t := w.Types.TypeNamed(name); t != nil || len(path) > 1 {
			return t
		}
	}
	e := w.Cat().FindType(w.Role, w.SearchPath, name)
	if len(path) > 1 {
		e = w.Cat().FindType(w.Role, path[:1], name)
	}
	if e == nil {
		return nil
	}
	return w.Types.Type(types.OID(e.OID))
}

// UnknownType is the error of a type that is not here.
func (w *Work) UnknownType(path []string) error {
	name := path[len(path)-1]
	if len(path) > 1 && path[0] != "pg_catalog" && w.Cat().Schemas[path[0]] == nil {
		return w.At(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, path[0]), path[0])
	}
	if (len(path) == 1 || path[0] == "pg_catalog") && slices.Contains(elsewhere, name) {
		return Unsupported("the type %s is", name)
	}
	return w.At(fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(path, ".")), path[0])
}

// signed takes the sign off a number: numeric(5, -2).
func signed(n ast.Node) (ast.Node, int) {
	if e, ok := n.(*ast.A_Expr); ok && e.Lexpr == nil && len(Items(e.Name)) == 1 {
		if sign, ok := e.Name.Items[0].(*ast.String); ok && sign.SVal == "-" {
			return e.Rexpr, -1
		}
	}
	return n, 1
}

// modified packs the modifiers that a type is written with.
func modified(t *types.Type, n *ast.TypeName) (types.Ref, error) {
	if len(Items(n.Typmods)) == 0 {
		return types.Of(t.OID), nil
	}
	var mods []int
	for _, m := range n.Typmods.Items {
		if i, ok := m.(*ast.Integer); ok { // of TIME(3) and INTERVAL YEAR
			mods = append(mods, i.IVal)
			continue
		}
		m, sign := signed(m)
		c, ok := m.(*ast.A_Const)
		if !ok {
			return types.Ref{}, Unsupported("a type modifier that is no constant is")
		}
		i, ok := c.Val.(*ast.Integer)
		if !ok {
			return types.Ref{}, fault.New(fault.InvalidParameter, "type modifiers must be simple constants or identifiers")
		}
		mods = append(mods, sign*i.IVal)
	}
	if t.ModIn == nil {
		return types.Ref{}, fault.New(fault.SyntaxError, "type modifier is not allowed for type \"%s\"", t.Name)
	}
	mod, err := t.ModIn(mods)
	return types.Ref{OID: t.OID, Mod: mod}, err
}

// Collate checks a COLLATE clause: everything here compares as in C.
func (w *Work) Collate(t *types.Type, parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	if !slices.Contains([]string{"text", "varchar", "bpchar", "name"}, t.Name) {
		return fault.New(fault.DatatypeMismatch, "collations are not supported by type %s", t.SQLName)
	}
	switch name := parts[len(parts)-1]; name {
	case "C", "POSIX", "default", "ucs_basic":
		return nil
	default:
		return Unsupported("the collation %s (all text compares as in collation C) is", name)
	}
}

// Ordered refuses a type that no btree index can order.
func Ordered(t *types.Type) error {
	if !t.Unordered {
		return nil
	}
	return fault.New(fault.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", t.SQLName).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// FormatType is a type as format_type writes it, with its modifier.
func (w *Work) FormatType(r types.Ref) string {
	return cmp.Or(w.Types.Format(r), w.TypeName(r.OID))
}

// FreeType refuses to make a relation whose rows would have the name of a type.
func (w *Work) FreeType(schemaName, name string) error {
	if w.Cat().Enum(schemaName, name) == nil {
		return nil
	}
	return fault.New(fault.DuplicateObject, `type "%s" already exists`, name).
		WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.")
}
