package work

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// Name is a name with or without a schema.
type Name struct{ Schema, Name string }

// NameOf is the name of a relation.
func NameOf(r *ast.RangeVar) Name { return Name{r.SchemaName, r.RelName} }

// NameIn reads a name written as a list of parts.
func NameIn(n ast.Node) (Name, error) {
	var parts []string
	switch n := n.(type) {
	case *ast.NodeList:
		parts = Names(n)
	case *ast.String:
		parts = []string{n.SVal}
	case *ast.RangeVar:
		return NameOf(n), nil
	}
	return NameFrom(parts)
}

// NameFrom reads a name in parts.
func NameFrom(parts []string) (Name, error) {
	switch len(parts) {
	case 1:
		return Name{Name: parts[0]}, nil
	case 2:
		return Name{parts[0], parts[1]}, nil
	}
	return Name{}, Unsupported("a name of this form is")
}

// Display is how messages call an object: qualified unless the search path
// finds it.
func (w *Work) Display(schemaName, name string) string {
	oid, err := w.Find(Name{Name: name})
	if err == nil && oid != 0 && oid == w.Cat().RelationOID(schemaName, name) {
		return syntax.QuoteIdent(name)
	}
	return syntax.QuoteIdent(schemaName) + "." + syntax.QuoteIdent(name)
}

// ParseName reads a qualified name from text, as nextval('s.q') has it.
func ParseName(text string) (Name, error) {
	node, err := syntax.ParseExpr(text)
	if err != nil {
		return Name{}, err
	}
	ref, ok := node.(*ast.ColumnRef)
	if !ok {
		return Name{}, fault.New(fault.InvalidName, "invalid name syntax")
	}
	return NameFrom(Names(ref.Fields))
}

// RelationName chooses the name of an index or a sequence. The name of an index
// behind a constraint must be free among constraints as well.
func (w *Work) RelationName(schemaName, name1, name2, label string, isConstraint bool) string {
	cat := w.Cat()
	return naming.Choose(name1, name2, label, func(name string) bool {
		return cat.RelationOID(schemaName, name) != 0 || isConstraint && constraintExists(cat, schemaName, name)
	})
}

// ConstraintName chooses the name of a check or foreign key constraint.
func (w *Work) ConstraintName(schemaName, name1, name2, label string) string {
	cat := w.Cat()
	return naming.Choose(name1, name2, label, func(name string) bool { return constraintExists(cat, schemaName, name) })
}

func constraintExists(cat *catalog.Catalog, schemaName, name string) bool {
	for _, t := range cat.Tables {
		if t.Schema == schemaName && ConstraintNamed(t, name) != nil {
			return true
		}
	}
	return false
}

// ConstraintNamed finds a constraint of a table, nil when it has none of this
// name.
func ConstraintNamed(t *catalog.Table, name string) *catalog.Constraint {
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return t.Constraints[i]
}

// Quote makes a SQLite identifier.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteAll makes a list of SQLite identifiers.
func QuoteAll(list []string) string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = Quote(name)
	}
	return strings.Join(out, ", ")
}

// QuoteIdent writes a name as PostgreSQL's quote_ident does.
func QuoteIdent(name string) string { return syntax.QuoteIdent(name) }
