package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// from analyzes a FROM clause and adds its relations to the scope.
func (a *analyzer) from(s *scope, list *ast.NodeList) ([]tree.From, error) {
	var out []tree.From
	for _, n := range items(list) {
		f, err := a.fromItem(s, n)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		s.items = out
	}
	return out, nil
}

func (a *analyzer) fromItem(s *scope, n ast.Node) (tree.From, error) {
	switch n := n.(type) {
	case *ast.RangeVar:
		if c := s.cteNamed(n); c != nil {
			return a.cteRel(s, c, n)
		}
		r, err := a.tableRef(n)
		if err != nil {
			return nil, err
		}
		if err := a.secure(r); err != nil {
			return nil, err
		}
		return r, a.addRel(s, r)
	case *ast.RangeSubselect:
		return a.derived(s, n)
	case *ast.RangeFunction:
		return a.setFunction(s, n)
	case *ast.JoinExpr:
		return a.join(s, n)
	case *ast.ParenExpr:
		return a.fromItem(s, n.Expr)
	}
	return nil, unsupported("%T in FROM is", n)
}

func (a *analyzer) addRel(s *scope, r *tree.Rel) error {
	for _, other := range s.rels {
		if other.Alias == r.Alias && r.Alias != "" && !(plainName(other) && plainName(r) && schemaOf(other) != schemaOf(r)) {
			return a.at(fault.New(fault.DuplicateAlias, `table name "%s" specified more than once`, r.Alias), r.Alias)
		}
	}
	s.rels = append(s.rels, r)
	return nil
}

// plainName tells whether a relation goes by its table's own name, so that it
// may stand beside a table of the same name in another schema.
func plainName(r *tree.Rel) bool {
	return r.Table != nil && r.Table.Name == r.Alias || r.View != nil && r.View.Name == r.Alias
}

// schemaOf is the schema of a table or view.
func schemaOf(r *tree.Rel) string {
	if r.View != nil {
		return r.View.Schema
	}
	return r.Table.Schema
}

// tableRef resolves the name of a table and makes a relation of it.
func (a *analyzer) tableRef(n *ast.RangeVar) (*tree.Rel, error) {
	if n.SchemaName == catalog.ByOID && a.sources != nil {
		return a.sourceRef(n)
	}
	r, err := a.named(n)
	if err != nil {
		return nil, err
	}
	if a.freeze != nil {
		a.freeze.note(n, r)
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	return a.newRel(r)
}

// inSchema makes a relation of a table or view by name, nil when there is none.
func (a *analyzer) inSchema(schemaName, name string) *tree.Rel {
	if v := a.Catalog.View(schemaName, name); v != nil {
		return viewRel(v)
	}
	t := a.Catalog.Table(schemaName, name)
	if t == nil {
		return nil
	}
	r := &tree.Rel{Alias: t.Name, Table: t}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type, Column: c})
	}
	return r
}

// named finds a table or view along the search path and checks USAGE of its
// schema.
func (a *analyzer) named(n *ast.RangeVar) (*tree.Rel, error) {
	if n.CatalogName != "" {
		return nil, unsupported(`cross-database reference "%s.%s.%s" is`, n.CatalogName, n.SchemaName, n.RelName)
	}
	if n.SchemaName != "" {
		return a.tableIn(n.SchemaName, n.RelName)
	}
	for _, name := range a.SearchPath {
		s := a.Catalog.Schemas[name]
		if s == nil || !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
			continue
		}
		if r := a.inSchema(name, n.RelName); r != nil {
			return r, nil
		}
	}
	return nil, a.at(fault.New(fault.UndefinedTable, `relation "%s" does not exist`, n.RelName), n.RelName)
}

func (a *analyzer) tableIn(schemaName, name string) (*tree.Rel, error) {
	s := a.Catalog.Schemas[schemaName]
	if s != nil && !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
		return nil, a.at(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	if r := a.inSchema(schemaName, name); r != nil {
		return r, nil
	}
	if isSystemSchema(schemaName) {
		return nil, unsupported("the system catalogue %s.%s is", schemaName, name)
	}
	return nil, a.at(fault.New(fault.UndefinedTable, `relation "%s.%s" does not exist`, schemaName, name), schemaName)
}

func isSystemSchema(name string) bool { return name == "pg_catalog" || name == "information_schema" }

// alias renames a relation and its columns.
func (a *analyzer) alias(r *tree.Rel, n *ast.Alias) error {
	if n == nil {
		return nil
	}
	r.Alias = n.AliasName
	names := items(n.ColNames)
	if len(names) > len(r.Columns) {
		return a.at(fault.New(fault.InvalidColumnReference, `table "%s" has %d columns available but %d columns specified`,
			r.Alias, len(r.Columns), len(names)), r.Alias)
	}
	for i, name := range names {
		r.Columns[i].Name = str(name)
	}
	return nil
}

// derived analyzes a subquery in FROM. Without LATERAL it sees only the outer
// query's relations, not its neighbours.
func (a *analyzer) derived(s *scope, n *ast.RangeSubselect) (tree.From, error) {
	if n.Lateral {
		return nil, unsupported("LATERAL is")
	}
	sel, ok := n.Subquery.(*ast.SelectStmt)
	if !ok {
		return nil, unsupported("%T in FROM is", n.Subquery)
	}
	q, err := a.query(s.parent, sel)
	if err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	r := &tree.Rel{Query: q, Columns: columnsOf(q)}
	if n.Alias == nil {
		return nil, fault.New(fault.SyntaxError, "subquery in FROM must have an alias").
			WithHint("For example, FROM (SELECT ...) [AS] foo.")
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	if r, err = a.newRel(r); err != nil {
		return nil, err
	}
	return r, a.addRel(s, r)
}

// items returns the nodes of a list, which may be nil.
func items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}

// str returns the text of a String node.
func str(n ast.Node) string {
	if s, ok := n.(*ast.String); ok {
		return s.SVal
	}
	return ""
}

// names returns the texts of a list of String nodes.
func names(l *ast.NodeList) []string {
	var out []string
	for _, n := range items(l) {
		out = append(out, str(n))
	}
	return out
}
