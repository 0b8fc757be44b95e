package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// Function is a function in SQL. As in PostgreSQL the names of its body are
// looked up when it is called.
type Function struct {
	OID    uint32
	Schema string
	Name   string
	Owner  string

	Args []Argument
	// Columns are those of RETURNS TABLE, or the OUT parameters.
	Columns []ResultColumn `json:",omitempty"`
	// Result is the type of a value; 0 when Relation or Columns tell of the result.
	Result types.OID `json:",omitempty"`
	// Relation is the table or view whose rows it returns.
	Relation uint32 `json:",omitempty"`
	Set      bool   `json:",omitempty"`
	// OneRow tells that it says ROWS 1, which the data APIs go by.
	OneRow bool `json:",omitempty"`

	Volatility      byte // pg_proc.provolatile
	Strict          bool `json:",omitempty"`
	SecurityDefiner bool `json:",omitempty"`
	// SearchPath is that of SET search_path, nil for the caller's.
	SearchPath []string `json:",omitempty"`
	Body       string

	ACL     ACL
	Comment string
}

// Argument is an argument of a call.
type Argument struct {
	Name     string
	Type     types.OID
	Default  *Expr `json:",omitempty"`
	Variadic bool  `json:",omitempty"`
	// Relation is the table or view whose row it is; Type is record then.
	Relation uint32 `json:",omitempty"`
}

// TypeOID is its type, or the OID of the relation whose row it is: they are
// numbered together, so either tells functions of a name apart.
func (a Argument) TypeOID() types.OID {
	if a.Relation != 0 {
		return types.OID(a.Relation)
	}
	return a.Type
}

// ResultColumn is a column of the rows that a function returns.
type ResultColumn struct {
	Name string
	Type types.OID
	// InOut tells that it is an argument as well.
	InOut bool `json:",omitempty"`
}

// ArgTypes are the types of the arguments, which tell functions of a name apart.
func (f *Function) ArgTypes() []types.OID {
	out := make([]types.OID, len(f.Args))
	for i, a := range f.Args {
		out[i] = a.TypeOID()
	}
	return out
}

// Takes tells whether the function takes or returns rows of a relation.
func (f *Function) Takes(relation uint32) bool {
	return f.Relation == relation || slices.ContainsFunc(f.Args, func(a Argument) bool { return a.Relation == relation })
}

// RowName is how messages call the row type of a relation, "" when there is none of
// the OID.
func (c *Catalog) RowName(oid types.OID) string {
	if name := c.relationName(uint32(oid)); name != nil {
		return syntax.QuoteIdent(name.Name)
	}
	return ""
}

// Rights is the ACL with the built-in one written out: anybody may call.
func (f *Function) Rights() ACL {
	if f.ACL == nil {
		return DefaultFunctions.Builtin(f.Owner)
	}
	return f.ACL
}

// SortedFunctions lists all functions in the order of their OIDs.
func (c *Catalog) SortedFunctions() []*Function {
	out := make([]*Function, 0, len(c.Functions))
	for _, oid := range slices.Sorted(maps.Keys(c.Functions)) {
		out = append(out, c.Functions[oid])
	}
	return out
}

// FunctionsNamed lists the functions of a name in a schema.
func (c *Catalog) FunctionsNamed(schemaName, name string) []*Function {
	if len(c.Functions) == 0 {
		return nil
	}
	return slices.DeleteFunc(c.SortedFunctions(), func(f *Function) bool { return f.Schema != schemaName || f.Name != name })
}

// AddFunction adds or replaces a function, and gives it an OID unless it has one.
func (d *Draft) AddFunction(f *Function) {
	if f.OID == 0 {
		f.OID = d.NewOID()
	}
	d.next.Functions[f.OID], d.changed[f.OID] = f, f
}

// DropFunction removes a function.
func (d *Draft) DropFunction(oid uint32) {
	delete(d.next.Functions, oid)
	d.drop(oid)
}

// functions lists the functions as the rest of Galley sees them.
func (c *Catalog) functions(known *types.Catalogue) []*schema.Function {
	list := c.SortedFunctions()
	slices.SortStableFunc(list, func(a, b *Function) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name, b.Name))
	})
	var out []*schema.Function
	for _, f := range list {
		out = append(out, c.function(f, known))
	}
	return out
}

func (c *Catalog) function(f *Function, known *types.Catalogue) *schema.Function {
	out := &schema.Function{Name: schema.Name{Schema: f.Schema, Name: f.Name}, Comment: f.Comment, Volatility: string(f.Volatility)}
	for _, a := range f.Args {
		title, name := typeTitle(known, a.Type)
		row := c.relationName(a.Relation)
		if row != nil {
			title, name = quotedName(*row), row.Name
		}
		out.Args = append(out.Args, schema.Argument{Name: a.Name, Type: title, TypeName: name,
			Optional: a.Default != nil, Variadic: a.Variadic, Relation: row})
	}
	out.Result.Set, out.Result.One = f.Set, f.Set && f.OneRow
	for i, k := range f.Columns {
		title, name := typeTitle(known, k.Type)
		out.Result.Columns = append(out.Result.Columns, &schema.Column{Name: k.Name, Type: title, TypeName: name, Position: i + 1})
	}
	switch name := c.relationName(f.Relation); {
	case name != nil:
		out.Result.Relation = name
		out.Result.Type, out.Result.TypeName = quotedName(*name), name.Name
	case len(f.Columns) == 1 && f.Result == 0:
		out.Result.Type, out.Result.TypeName = typeTitle(known, f.Columns[0].Type)
	case len(f.Columns) > 1:
		out.Result.Type, out.Result.TypeName = "record", "record"
	case f.Result == types.Void:
		out.Result.Void, out.Result.Type, out.Result.TypeName = true, "void", "void"
	default:
		out.Result.Type, out.Result.TypeName = typeTitle(known, f.Result)
	}
	return out
}

func (c *Catalog) relationName(oid uint32) *schema.Name {
	if t := c.Tables[oid]; t != nil {
		return &schema.Name{Schema: t.Schema, Name: t.Name}
	}
	if v := c.Views[oid]; v != nil {
		return &schema.Name{Schema: v.Schema, Name: v.Name}
	}
	return nil
}

// quotedName is how format_type writes a row type.
func quotedName(n schema.Name) string {
	if n.Schema == "public" {
		return syntax.QuoteIdent(n.Name)
	}
	return syntax.QuoteIdent(n.Schema) + "." + syntax.QuoteIdent(n.Name)
}

func typeTitle(known *types.Catalogue, oid types.OID) (title, name string) {
	if t := known.Type(oid); t != nil {
		return known.Format(types.Of(oid)), t.Name
	}
	return "", ""
}
