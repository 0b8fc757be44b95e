package expression

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// columnNamed resolves a column name, qualified or not, from the inside out.
func (a *Analyzer) columnNamed(s *scope.Scope, qualifier []string, name string) (tree.Expr, error) {
	if len(qualifier) > 0 {
		e, err := a.qualified(s, qualifier, name)
		if fault.Code(err) != fault.UndefinedTable {
			return e, err
		}
		if arg := a.argument(qualifier, name); arg != nil {
			return arg, nil
		}
		if row := a.argument(qualifier[:len(qualifier)-1], qualifier[len(qualifier)-1]); row != nil && IsRow(row) {
			if x, failed := a.field(row, name); failed == nil {
				return x, nil
			}
		}
		return e, err
	}
	for at := s; at != nil; at = at.Parent {
		found, err := a.Unqualified(at, name)
		if found != nil || err != nil {
			return found, err
		}
	}
	if columns := s.Join([]string{name}); columns != nil {
		return a.joinRow(columns)
	}
	for at := s; at != nil; at = at.Parent {
		for _, r := range at.Rels {
			if r.Alias == name {
				return a.wholeRow(r), nil
			}
		}
	}
	if arg := a.argument(nil, name); arg != nil {
		return arg, nil
	}
	if s.HasTable() && isSystemColumn(name) {
		return nil, resolve.Unsupported("the system column %s is", name)
	}
	return nil, a.At(fault.New(fault.UndefinedColumn, `column "%s" does not exist`, name), name)
}

// Unqualified is the column of a name among those that FROM shows, nil for none.
func (a *Analyzer) Unqualified(s *scope.Scope, name string) (tree.Expr, error) {
	return a.oneNamed(s.All(), name)
}

// oneNamed is the column of a name, nil for none; there must not be two.
func (a *Analyzer) oneNamed(columns []scope.Column, name string) (tree.Expr, error) {
	var found *scope.Column
	for _, c := range columns {
		if c.Name != name {
			continue
		}
		if found != nil {
			return nil, a.At(fault.New(fault.AmbiguousColumn, `column reference "%s" is ambiguous`, name), name)
		}
		found = &c
	}
	if found == nil {
		return nil, nil
	}
	return a.Column(*found), nil
}

func (a *Analyzer) qualified(s *scope.Scope, qualifier []string, name string) (tree.Expr, error) {
	if columns := s.Join(qualifier); columns != nil {
		if found, err := a.oneNamed(columns, name); found != nil || err != nil {
			return found, err
		}
		return nil, a.At(fault.New(fault.UndefinedColumn, `column %s.%s does not exist`, qualifier[0], name), qualifier[0])
	}
	r, err := a.rel(s, qualifier)
	if err != nil {
		return nil, err
	}
	for i, c := range r.Columns {
		if c.Name == name {
			return a.Ref(r, i), nil
		}
	}
	if r.Table != nil && isSystemColumn(name) {
		return nil, resolve.Unsupported("the system column %s is", name)
	}
	if e, ok, err := a.computed(s, r, name); ok {
		return e, err
	}
	return nil, a.At(fault.New(fault.UndefinedColumn, `column %s.%s does not exist`, strings.Join(qualifier, "."), name), qualifier[0])
}

// isSystemColumn tells whether PostgreSQL gives every table a column of the name.
func isSystemColumn(name string) bool {
	return slices.Contains([]string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}, name)
}

// rel resolves the name of a relation in FROM.
func (a *Analyzer) rel(s *scope.Scope, qualifier []string) (*tree.Rel, error) {
	name := qualifier[len(qualifier)-1]
	for at := s; at != nil; at = at.Parent {
		var found *tree.Rel
		for _, r := range at.Rels {
			if r.Alias != name || len(qualifier) > 1 && (!r.HasOwnName() || r.Schema() != qualifier[0]) {
				continue
			}
			if found != nil {
				return nil, a.At(fault.New("42P09", `table reference "%s" is ambiguous`, name), name)
			}
			found = r
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, a.At(s.Missing(name), name)
}

// computed is t.f where f is no column but a function of rows: f(t) (PostgreSQL
// documentation, section 38.5.3).
func (a *Analyzer) computed(s *scope.Scope, r *tree.Rel, name string) (e tree.Expr, ok bool, err error) {
	of := r.RowOID()
	if of == 0 {
		return nil, false, nil
	}
	for _, path := range a.SearchPath {
		for _, f := range a.Catalog.FunctionsNamed(path, name) {
			if len(f.Args) != 1 || f.Args[0].Relation != of {
				continue
			}
			if a.Freeze != nil || a.Stored && a.Inside == nil { // what depends on it would not be found
				return nil, true, resolve.Unsupported("a function written as a column, in an expression of the catalogue, is")
			}
			e, err := a.Function("", name, []tree.Expr{a.wholeRow(r)})
			e, err = a.routine(s, &ast.FuncCall{}, e, err)
			if call, f := a.Called(e); err == nil && f != nil && call != nil {
				err = outsideFrom(name)
			}
			return e, true, err
		}
	}
	return nil, false, nil
}

func (a *Analyzer) columnRef(s *scope.Scope, n *ast.ColumnRef) (tree.Expr, error) {
	if IsStar(n) {
		return a.rowStar(s, n)
	}
	if column, subscripts := splitSubscripts(n); len(subscripts) > 0 {
		e, err := a.columnRef(s, column)
		if err != nil {
			return nil, err
		}
		return a.subscripts(s, e, subscripts)
	}
	path := syntax.Names(n.Fields)
	if len(path) > 3 {
		return nil, fault.New(fault.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(path, "."))
	}
	if s.Clause == "DEFAULT" || s.Clause == "VALUES" && len(s.Rels) == 0 && s.Parent == nil {
		if s.Clause == "DEFAULT" {
			return nil, fault.New(fault.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
		}
	}
	return a.columnNamed(s, path[:len(path)-1], path[len(path)-1])
}

// isNew reads t.xmax = 0 in RETURNING of an INSERT, by which a row that was
// inserted is told from one that existed; nil for anything else.
func (a *Analyzer) isNew(s *scope.Scope, n *ast.A_Expr) tree.Expr {
	ref, ok := n.Lexpr.(*ast.ColumnRef)
	if a.Fresh == nil || s.Clause != "RETURNING" || a.Fresh.View != nil || !ok || n.Kind != ast.AEXPR_OP || !slices.Equal(syntax.Names(n.Name), []string{"="}) {
		return nil
	}
	path := syntax.Names(ref.Fields)
	k, ok := n.Rexpr.(*ast.A_Const)
	if !ok || path[len(path)-1] != "xmax" || len(path) > 2 || len(path) == 2 && path[0] != a.Fresh.Alias {
		return nil
	}
	if zero, ok := k.Val.(*ast.Integer); !ok || zero.IVal != 0 {
		return nil
	}
	a.Needs.ReadSystem(a.Fresh)
	return &tree.IsNew{}
}

// Column is a column that FROM shows as a value.
func (a *Analyzer) Column(c scope.Column) tree.Expr {
	if c.Merged != nil {
		return c.Merged
	}
	return a.Ref(c.Rel, c.Index)
}

// Ref is a column of a relation as a value. Every reference by name is made
// here, so that privileges and views see it.
func (a *Analyzer) Ref(r *tree.Rel, i int) tree.Expr {
	a.Needs.Read(r, i)
	if list := a.Shown[r]; list != nil {
		return list[i]
	}
	return &tree.Column{Ref: r.Columns[i].Type, Rel: r, Index: i}
}

// Show puts expressions behind the columns of a relation.
func (a *Analyzer) Show(r *tree.Rel, exprs []tree.Expr) {
	if a.Shown == nil {
		a.Shown = map[*tree.Rel][]tree.Expr{}
	}
	a.Shown[r] = exprs
}
