// Package resolve decides which operator, function or conversion an expression
// means by the types of its operands (PostgreSQL documentation, chapter 10). It
// knows the catalogue of types and the typed tree, nothing of names, tables or
// scopes; what it cannot give PostgreSQL's meaning it refuses with SQLSTATE
// 0A000.
package resolve

import (
	"slices"
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Resolver resolves by one catalogue of types.
type Resolver struct {
	types *types.Catalogue
	known func(name string) bool
	at    func(e *fault.Error, identifier string) *fault.Error
	// Stored is set while text is analyzed that is kept and will be read again:
	// a literal such as 'now' would have to keep its value there.
	Stored bool
	// Path, if set, gives the schemas in which a function is looked for behind
	// pg_catalog.
	Path func() []string
	// Declared, if set, gives the functions of a schema that the database itself
	// has, and DefaultOf the default of a parameter of one; nil when the function
	// is another.
	Declared  func(schemaName, name string) []*types.Function
	DefaultOf func(fn *types.Function, i int) (tree.Expr, error)
	// RowName, if set, is how messages call the row type of a relation, "" for any
	// other number.
	RowName func(oid types.OID) string
	// AsRow, if set, converts a row to the row type of a relation.
	AsRow func(w *tree.WholeRow, oid types.OID) (tree.Expr, error)
}

// inputType is the type of an argument: that of its relation for a row.
func inputType(e tree.Expr) types.OID {
	if w, ok := e.(*tree.WholeRow); ok && w.Of != 0 {
		return types.OID(w.Of)
	}
	return e.Type().OID
}

// isRow tells whether a type is that of a relation's rows.
func (rs *Resolver) isRow(oid types.OID) bool { return rs.RowName != nil && rs.RowName(oid) != "" }

// functions returns the functions of a name: in a schema, or all along the path,
// of which the first counts where several take the same arguments.
func (rs *Resolver) functions(schemaName, name string) []*types.Function {
	if schemaName != "" {
		return rs.inSchema(schemaName, name)
	}
	list := rs.types.Functions(schemaName, name)
	if more := absentFunctions(name); more != nil {
		list = append(slices.Clip(list), more...)
	}
	if rs.Path == nil {
		return list
	}
	for _, s := range rs.Path() {
		if s == "pg_catalog" {
			continue
		}
		for _, fn := range rs.inSchema(s, name) {
			if !slices.ContainsFunc(list, func(f *types.Function) bool { return slices.Equal(f.Args, fn.Args) }) {
				list = append(slices.Clip(list), fn)
			}
		}
	}
	return list
}

// inSchema returns the functions of a name in a schema, the database's own too.
func (rs *Resolver) inSchema(schemaName, name string) []*types.Function {
	list := rs.types.Functions(schemaName, name)
	if rs.Declared == nil {
		return list
	}
	return append(slices.Clip(list), rs.Declared(schemaName, name)...)
}

// New returns a resolver. known tells whether PostgreSQL has a function of a
// name, so that one that is missing here is refused, not called unknown; it may
// be nil. at adds the position of an identifier to an error.
func New(c *types.Catalogue, known func(string) bool, at func(*fault.Error, string) *fault.Error) *Resolver {
	return &Resolver{types: c, known: known, at: at}
}

// Unsupported is the embedded engine's refusal.
func Unsupported(format string, args ...any) *fault.Error {
	return fault.Unsupported(format+" not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// TypeName is a type's name for messages, as format_type prints it.
func (rs *Resolver) TypeName(oid types.OID) string {
	if t := rs.types.Type(oid); t != nil {
		return t.SQLName
	}
	switch oid {
	case types.Unknown:
		return "unknown"
	case types.Record:
		return "record"
	}
	if rs.isRow(oid) {
		return rs.RowName(oid)
	}
	return "???"
}

// Literal reads text as a value of a type.
func (rs *Resolver) Literal(text string, ref types.Ref) (tree.Expr, error) {
	t := rs.types.Type(ref.OID)
	if t == nil {
		return nil, Unsupported("the type %s is", rs.knownName(ref.OID))
	}
	v, err := t.In(text, ref.Mod)
	if err != nil && t.InAt != nil && !rs.Stored && fault.Code(err) == fault.FeatureNotSupported {
		return atTransaction(t, text, ref), nil
	}
	if err != nil {
		return nil, err
	}
	return &tree.Const{Ref: ref, Value: v}, nil
}

func (rs *Resolver) knownName(oid types.OID) string {
	if oid == types.Numeric {
		return "numeric"
	}
	return rs.TypeName(oid)
}

// Number makes a numeric literal.
func (rs *Resolver) Number(text string) (tree.Expr, error) {
	oid := types.Numeric
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		if oid = types.Int8; i >= -1<<31 && i < 1<<31 {
			oid = types.Int4
		}
	}
	return rs.Literal(text, types.Of(oid))
}

// Bool is a Boolean constant.
func Bool(b bool) tree.Expr {
	return &tree.Const{Ref: types.Of(types.Bool), Value: sqlite.Bool(b)}
}
