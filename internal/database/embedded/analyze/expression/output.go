package expression

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/label"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// Targets analyzes the list of a SELECT or RETURNING.
func (a *Analyzer) Targets(s *scope.Scope, list *ast.NodeList) ([]tree.Output, error) {
	var out []tree.Output
	for _, n := range syntax.Items(list) {
		t, ok := n.(*ast.ResTarget)
		if !ok {
			return nil, resolve.Unsupported("%T in a select list is", n)
		}
		if ref, ok := t.Val.(*ast.ColumnRef); ok && IsStar(ref) {
			cols, err := a.star(s, ref)
			if err != nil {
				return nil, err
			}
			out = append(out, cols...)
			continue
		}
		e, err := a.Expr(s, t.Val)
		if err != nil {
			return nil, err
		}
		name := t.Name
		if name == "" {
			name = a.Label(t.Val)
		}
		out = append(out, tree.Output{Name: name, Expr: e})
	}
	return out, nil
}

// IsStar tells that a reference to columns is * or t.*.
func IsStar(n *ast.ColumnRef) bool {
	f := syntax.Items(n.Fields)
	_, ok := f[len(f)-1].(*ast.A_Star)
	return ok
}

// star expands * and t.*.
func (a *Analyzer) star(s *scope.Scope, n *ast.ColumnRef) ([]tree.Output, error) {
	fields := syntax.Items(n.Fields)
	columns := s.All()
	if len(fields) > 1 {
		var qualifier []string
		for _, f := range fields[:len(fields)-1] {
			qualifier = append(qualifier, syntax.Str(f))
		}
		if columns = s.Join(qualifier); columns == nil {
			r, err := a.rel(s, qualifier)
			if err != nil {
				return nil, err
			}
			columns = s.Shown(r)
		}
	} else if len(s.Rels) == 0 {
		return nil, fault.New(fault.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	out := make([]tree.Output, len(columns))
	for i, c := range columns {
		out[i] = tree.Output{Name: c.Name, Expr: a.Column(c)}
	}
	return out, nil
}

// Label is the name of an output without an alias.
func (a *Analyzer) Label(n ast.Node) string {
	name, _ := label.Of(n, a.scalarNames)
	return name
}

// SettleOutputs gives outputs of unknown type the type text.
func (a *Analyzer) SettleOutputs(list []tree.Output) error {
	for i, o := range list {
		e, err := a.Settle(o.Expr)
		if err != nil {
			return err
		}
		list[i].Expr = e
	}
	return nil
}
