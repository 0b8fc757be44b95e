package ddl

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// qualified is a name with or without a schema.
type qualified struct{ schema, name string }

func (q qualified) String() string {
	if q.schema == "" {
		return q.name
	}
	return q.schema + "." + q.name
}

func fromRange(r *ast.RangeVar) qualified { return qualified{r.SchemaName, r.RelName} }

// fromNode reads a name written as a list of parts.
func fromNode(n ast.Node) (qualified, error) {
	var parts []string
	switch n := n.(type) {
	case *ast.NodeList:
		parts = names(n)
	case *ast.String:
		parts = []string{n.SVal}
	case *ast.RangeVar:
		return fromRange(n), nil
	}
	return fromParts(parts)
}

func fromParts(parts []string) (qualified, error) {
	switch len(parts) {
	case 1:
		return qualified{name: parts[0]}, nil
	case 2:
		return qualified{parts[0], parts[1]}, nil
	}
	return qualified{}, unsupported("a name of this form is")
}

// usable lists the schemas of the search path that exist and that the role may
// look into.
func (w *work) usable() []*catalog.Schema {
	var out []*catalog.Schema
	for _, name := range w.SearchPath {
		if name == "$user" {
			name = w.Role
		}
		if s := w.Catalog.Schemas[name]; s != nil && w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Usage) {
			out = append(out, s)
		}
	}
	return out
}

// schema returns a schema the role may look into.
func (w *work) schema(name string) (*catalog.Schema, error) {
	s := w.cat().Schemas[name]
	if s == nil {
		return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, name)
	}
	if !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Usage) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", name)
	}
	return s, nil
}

// creationSchema is where a new object goes.
func (w *work) creationSchema(q qualified) (*catalog.Schema, error) {
	var s *catalog.Schema
	switch {
	case q.schema != "":
		if s = w.cat().Schemas[q.schema]; s == nil {
			return nil, w.at(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.schema), q.schema)
		}
	default:
		found := w.usable()
		if len(found) == 0 {
			return nil, w.at(fault.New(fault.InvalidSchemaName, "no schema has been selected to create in"), q.name)
		}
		s = found[0]
	}
	if !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Create) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	return s, nil
}

// find returns the OID of a relation, 0 when there is none.
func (w *work) find(q qualified) (uint32, error) {
	cat := w.cat()
	if q.schema != "" {
		if _, err := w.schema(q.schema); err != nil {
			return 0, err
		}
		return cat.RelationOID(q.schema, q.name), nil
	}
	for _, s := range w.usable() {
		if oid := cat.RelationOID(s.Name, q.name); oid != 0 {
			return oid, nil
		}
	}
	return 0, nil
}

// relation returns the OID of a relation that must exist.
func (w *work) relation(q qualified) (uint32, error) {
	oid, err := w.find(q)
	if err == nil && oid == 0 {
		err = fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	return oid, err
}

// table returns a table that must exist.
func (w *work) table(q qualified) (*catalog.Table, error) {
	oid, err := w.relation(q)
	if err != nil {
		return nil, err
	}
	t := w.cat().Tables[oid]
	if t == nil {
		return nil, fault.New(fault.WrongObjectType, `"%s" is not a table`, q.name)
	}
	return t, nil
}

// ownTable returns a table that the role may alter.
func (w *work) ownTable(q qualified) (*catalog.Table, error) {
	t, err := w.table(q)
	if err != nil {
		return nil, err
	}
	return t, w.mustOwn(t.Owner, "table", t.Name)
}

func (w *work) mustOwn(owner, kind, name string) error {
	if w.Catalog.Owns(w.Role, owner) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "must be owner of %s %s", kind, name)
}

// display is how messages call an object: qualified unless the search path
// finds it.
func (w *work) display(schemaName, name string) string {
	oid, err := w.find(qualified{name: name})
	if err == nil && oid != 0 && oid == w.cat().RelationOID(schemaName, name) {
		return syntax.QuoteIdent(name)
	}
	return syntax.QuoteIdent(schemaName) + "." + syntax.QuoteIdent(name)
}

// role resolves a role of the statement; public is allowed where the statement
// allows it.
func (w *work) role(n ast.Node) (string, error) {
	spec, ok := n.(*ast.RoleSpec)
	if !ok {
		return "", unsupported("this form of a role is")
	}
	switch spec.Roletype {
	case ast.ROLESPEC_CURRENT_ROLE, ast.ROLESPEC_CURRENT_USER:
		return w.Role, nil
	case ast.ROLESPEC_PUBLIC:
		return catalog.Public, nil
	case ast.ROLESPEC_CSTRING:
		if w.cat().Roles[spec.Rolename] == nil {
			return "", fault.New(fault.UndefinedObject, `role "%s" does not exist`, spec.Rolename)
		}
		return spec.Rolename, nil
	}
	return "", unsupported("SESSION_USER is")
}

func (w *work) roles(l *ast.NodeList) ([]string, error) {
	var out []string
	for _, n := range items(l) {
		r, err := w.role(n)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// referenced lists the column references of an expression by their last name,
// each once, in order; those of its subqueries too.
func referenced(n ast.Node) []string {
	var out []string
	walk(n, func(n ast.Node) {
		if ref, ok := n.(*ast.ColumnRef); ok && ref != nil {
			if parts := names(ref.Fields); len(parts) > 0 && !slices.Contains(out, parts[len(parts)-1]) {
				out = append(out, parts[len(parts)-1])
			}
		}
	})
	return out
}

func refersTo(n ast.Node) bool { return len(referenced(n)) > 0 }

// hasSubquery tells whether an expression holds a query of its own.
func hasSubquery(n ast.Node) bool {
	found := false
	walk(n, func(n ast.Node) {
		if s, ok := n.(*ast.SubLink); ok && s != nil {
			found = true
		}
	})
	return found
}

func walk(n ast.Node, visit func(ast.Node)) {
	if n == nil {
		return
	}
	ast.Rewrite(n, func(c *ast.Cursor) bool {
		visit(c.Node())
		return true
	}, nil)
}

// columnsOf lists the columns of a table that an expression without subqueries
// uses.
func columnsOf(t *catalog.Table, n ast.Node) []*catalog.Column {
	var out []*catalog.Column
	for _, name := range referenced(n) {
		if c := t.Column(name); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// uses tells whether a stored expression uses a column of its own table.
func uses(e *catalog.Expr, column string) (bool, error) {
	if e == nil {
		return false, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return false, err
	}
	return slices.Contains(referenced(node), column), nil
}

// reads lists the tables that the subqueries of a stored expression read.
func (w *work) reads(e *catalog.Expr) ([]uint32, error) {
	if e == nil {
		return nil, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	cat := w.cat()
	var out []uint32
	walk(node, func(n ast.Node) {
		r, ok := n.(*ast.RangeVar)
		if !ok || r == nil {
			return
		}
		path := e.SearchPath
		if r.SchemaName != "" {
			path = []string{r.SchemaName}
		}
		for _, s := range path {
			if oid := cat.RelationOID(s, r.RelName); oid != 0 {
				out = append(out, oid)
				return
			}
		}
	})
	return out, nil
}

// columnPolicies lists the policies that use a column: those of its table, and
// those of other tables whose subqueries read it. Where a subquery leaves open
// whose column a name means, that is refused.
func (w *work) columnPolicies(t *catalog.Table, c *catalog.Column) ([]dependent, error) {
	var out []dependent
	for _, o := range w.cat().SortedTables() {
		for _, p := range o.Policies {
			used, err := w.policyUses(o, p, t, c)
			if err != nil {
				return nil, err
			}
			if used {
				out = append(out, dependent{table: o, policy: p})
			}
		}
	}
	return out, nil
}

func (w *work) policyUses(o *catalog.Table, p *catalog.Policy, t *catalog.Table, c *catalog.Column) (bool, error) {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		named, err := uses(e, c.Name)
		if err != nil {
			return false, err
		}
		if !named {
			continue
		}
		node, err := syntax.ParseExpr(e.SQL)
		if err != nil {
			return false, err
		}
		if !hasSubquery(node) {
			if o.OID == t.OID {
				return true, nil
			}
			continue
		}
		tables, err := w.reads(e)
		if err != nil {
			return false, err
		}
		if o.OID == t.OID || slices.Contains(tables, t.OID) {
			return false, unsupported("changing a column whose name a policy with a subquery uses is")
		}
	}
	return false, nil
}

// parseName reads a qualified name from text, as nextval('s.q') has it.
func parseName(text string) (qualified, error) {
	node, err := syntax.ParseExpr(text)
	if err != nil {
		return qualified{}, err
	}
	ref, ok := node.(*ast.ColumnRef)
	if !ok {
		return qualified{}, fault.New(fault.InvalidName, "invalid name syntax")
	}
	return fromParts(names(ref.Fields))
}

// relationName chooses the name of an index or a sequence. The name of an index
// behind a constraint must be free among constraints as well.
func (w *work) relationName(schemaName, name1, name2, label string, isConstraint bool) string {
	cat := w.cat()
	return naming.Choose(name1, name2, label, func(name string) bool {
		return cat.RelationOID(schemaName, name) != 0 || isConstraint && constraintExists(cat, schemaName, name)
	})
}

// constraintName chooses the name of a check or foreign key constraint.
func (w *work) constraintName(schemaName, name1, name2, label string) string {
	cat := w.cat()
	return naming.Choose(name1, name2, label, func(name string) bool { return constraintExists(cat, schemaName, name) })
}

func constraintExists(cat *catalog.Catalog, schemaName, name string) bool {
	for _, t := range cat.Tables {
		if t.Schema == schemaName && constraintNamed(t, name) != nil {
			return true
		}
	}
	return false
}

func constraintNamed(t *catalog.Table, name string) *catalog.Constraint {
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return t.Constraints[i]
}

// quote makes a SQLite identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(list []string) string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = quote(name)
	}
	return strings.Join(out, ", ")
}
