package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

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

// columnType is the type of a column definition.
type columnType struct {
	ref    types.Ref
	typ    *types.Type
	serial bool
}

func (w *work) columnType(n *ast.TypeName) (columnType, error) {
	path := names(n.Names)
	if len(path) == 0 || n.Setof || n.PctType || len(items(n.ArrayBounds)) > 0 {
		return columnType{}, unsupported("the type %s (arrays, SETOF, %%TYPE) is", strings.Join(path, "."))
	}
	name := path[len(path)-1]
	var out columnType
	if integer := serials[name]; integer != "" && len(path) == 1 {
		name, out.serial = integer, true
	}
	out.typ = w.Types.TypeNamed(name)
	if out.typ == nil || len(path) > 1 && path[0] != "pg_catalog" {
		return out, w.unknownType(path)
	}
	if out.typ.Column == "" {
		return out, fault.New(fault.InvalidTableDefinition, `column has pseudo-type %s`, out.typ.SQLName)
	}
	var err error
	out.ref, err = modified(out.typ, n)
	return out, err
}

func (w *work) unknownType(path []string) error {
	name := path[len(path)-1]
	if len(path) > 1 && path[0] != "pg_catalog" && w.cat().Schemas[path[0]] == nil {
		return w.at(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, path[0]), path[0])
	}
	if (len(path) == 1 || path[0] == "pg_catalog") && slices.Contains(elsewhere, name) {
		return unsupported("the type %s is", name)
	}
	return w.at(fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(path, ".")), path[0])
}

// modified packs the modifiers that a type is written with.
func modified(t *types.Type, n *ast.TypeName) (types.Ref, error) {
	if len(items(n.Typmods)) == 0 {
		return types.Of(t.OID), nil
	}
	var mods []int
	for _, m := range n.Typmods.Items {
		c, ok := m.(*ast.A_Const)
		if !ok {
			return types.Ref{}, unsupported("a type modifier that is no constant is")
		}
		i, ok := c.Val.(*ast.Integer)
		if !ok {
			return types.Ref{}, fault.New(fault.InvalidParameter, "type modifiers must be simple constants or identifiers")
		}
		mods = append(mods, i.IVal)
	}
	if t.ModIn == nil {
		return types.Ref{}, fault.New(fault.SyntaxError, "type modifier is not allowed for type \"%s\"", t.Name)
	}
	mod, err := t.ModIn(mods)
	return types.Ref{OID: t.OID, Mod: mod}, err
}

// collate checks a COLLATE clause: everything here compares as in C.
func (w *work) collate(t *types.Type, parts []string) error {
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
		return unsupported("the collation %s (all text compares as in collation C) is", name)
	}
}

// ordered refuses a type that no btree index can order.
func ordered(t *types.Type) error {
	if !t.Unordered {
		return nil
	}
	return fault.New(fault.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", t.SQLName).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// formatType is a type as format_type writes it, with its modifier.
func (w *work) formatType(r types.Ref) string {
	t := w.Types.Type(r.OID)
	switch {
	case t == nil || r.Mod < 4:
		return w.typeName(r.OID)
	case t.Name == "varchar" || t.Name == "bpchar":
		return fmt.Sprintf("%s(%d)", t.SQLName, r.Mod-4)
	case t.Name == "numeric":
		return fmt.Sprintf("%s(%d,%d)", t.SQLName, (r.Mod-4)>>16, (r.Mod-4)&0x7ff)
	}
	return t.SQLName
}
