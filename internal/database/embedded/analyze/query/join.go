package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// join analyzes a join; its condition sees both sides.
func (a *Analyzer) join(s *scope.Scope, n *ast.JoinExpr) (tree.From, error) {
	first := len(s.Rels)
	left, err := a.fromItem(s, n.Larg)
	if err != nil {
		return nil, err
	}
	middle := len(s.Rels)
	before := s.Items
	s.Items = append(slices.Clip(before), left) // what a function on the right sees
	right, err := a.fromItem(s, n.Rarg)
	s.Items = before
	if err != nil {
		return nil, err
	}
	j := &tree.Join{Left: left, Right: right}
	if j.Kind, err = joinKind(n.Jointype); err != nil {
		return nil, err
	}
	if err := a.lateral(j.Kind, s.Rels[first:middle], s.Rels[middle:]); err != nil {
		return nil, err
	}
	markNullable(j.Kind, s.Rels[first:middle], s.Rels[middle:])
	on := &scope.Scope{Parent: s.Parent, Rels: s.Rels[first:], Beside: s.Rels[:first], Items: []tree.From{left, right}, Joins: s.Joins, CTEs: s.CTEs, Clause: "JOIN/ON"}
	switch {
	case n.IsNatural || len(syntax.Items(n.UsingClause)) > 0:
		err = a.joinUsing(s, on, j, n)
	case n.Quals != nil:
		j.On, err = a.Boolean(on, n.Quals, "JOIN/ON")
	}
	if err == nil && j.Kind == tree.Full {
		err = a.fullJoin(j.On, s.Rels[first:middle], s.Rels[middle:])
	}
	if err != nil || n.Alias == nil {
		return j, err
	}
	return j, a.aliasJoin(s, j, n.Alias, s.Rels[first:])
}

// fullJoin refuses the conditions of FULL JOIN that PostgreSQL has no plan for:
// it wants an equality between the sides, unless the condition is constant.
func (a *Analyzer) fullJoin(on tree.Expr, left, right []*tree.Rel) error {
	list := []tree.Expr{on}
	if l, ok := on.(*tree.Logic); ok && l.Op == tree.And {
		list = l.Args
	}
	constant := true
	for _, e := range list {
		c, ok := e.(*tree.Call)
		constant = constant && !reads(e, left) && !reads(e, right)
		if !ok || !a.Types.IsOperator(c.Function, "=") {
			continue
		}
		x, y := c.Args[0], c.Args[1]
		if reads(x, left) && !reads(x, right) && reads(y, right) && !reads(y, left) ||
			reads(x, right) && !reads(x, left) && reads(y, left) && !reads(y, right) {
			return nil
		}
	}
	if constant {
		return nil
	}
	return fault.New(fault.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
}

// reads tells whether an expression uses one of some relations.
func reads(e tree.Expr, rels []*tree.Rel) bool {
	return e != nil && tree.Any(e, func(x tree.Expr) bool { return tree.IsOf(x, rels) })
}

// joinUsing joins by columns that both sides have. Each pair becomes one column,
// which comes first (PostgreSQL documentation, section 7.2.1.1).
func (a *Analyzer) joinUsing(s, on *scope.Scope, j *tree.Join, n *ast.JoinExpr) error {
	left, right := s.Shown(j.Left), s.Shown(j.Right)
	names := syntax.Names(n.UsingClause)
	if n.IsNatural {
		names = sharedNames(left, right)
	}
	var merged []scope.Column
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return a.At(fault.New(fault.DuplicateColumn, `column name "%s" appears more than once in USING clause`, name), name)
		}
		l, err := a.sideColumn(left, name, "left")
		if err != nil {
			return err
		}
		r, err := a.sideColumn(right, name, "right")
		if err != nil {
			return err
		}
		equal, err := a.Operator("=", a.Column(l), a.Column(r))
		if err != nil {
			return err
		}
		j.On = resolve.And(j.On, equal)
		m, err := a.merge(j.Kind, l, r)
		if err != nil {
			return err
		}
		merged = append(merged, m)
	}
	isMerged := func(c scope.Column) bool { return slices.Contains(names, c.Name) }
	columns := slices.Concat(merged, slices.DeleteFunc(left, isMerged), slices.DeleteFunc(right, isMerged))
	s.Note(j, columns)
	on.Joins = s.Joins
	if n.JoinUsingAlias != nil {
		return a.nameJoin(s, n.JoinUsingAlias.AliasName, merged)
	}
	return nil
}

func sharedNames(left, right []scope.Column) []string {
	var out []string
	for _, l := range left {
		if slices.ContainsFunc(right, func(r scope.Column) bool { return r.Name == l.Name }) {
			out = append(out, l.Name)
		}
	}
	return out
}

func (a *Analyzer) sideColumn(list []scope.Column, name, side string) (scope.Column, error) {
	i := slices.IndexFunc(list, func(c scope.Column) bool { return c.Name == name })
	if i < 0 {
		return scope.Column{}, a.At(fault.New(fault.UndefinedColumn, `column "%s" specified in USING clause does not exist in %s table`, name, side), name)
	}
	if slices.ContainsFunc(list[i+1:], func(c scope.Column) bool { return c.Name == name }) {
		return scope.Column{}, a.At(fault.New(fault.AmbiguousColumn, `common column name "%s" appears more than once in %s table`, name, side), name)
	}
	return list[i], nil
}

// merge makes one column of two: the side that an outer join keeps, for FULL
// whichever is not NULL, of the type that both have in common.
func (a *Analyzer) merge(kind tree.JoinKind, l, r scope.Column) (scope.Column, error) {
	sides := []tree.Expr{a.Column(l), a.Column(r)}
	ref, err := a.Common(sides, "JOIN/USING")
	if err != nil {
		return scope.Column{}, err
	}
	out := make([]tree.Expr, len(sides))
	for i, e := range sides {
		if out[i], err = a.Coerce(e, ref, types.Implicit); err != nil {
			return scope.Column{}, err
		}
	}
	m := scope.Column{Name: l.Name}
	switch {
	case kind == tree.Full:
		m.Merged = &tree.Coalesce{Ref: ref, Args: out}
	case kind == tree.Right, kind == tree.Inner && out[0] != sides[0] && out[1] == sides[1]:
		m.Merged = out[1]
	default:
		m.Merged = out[0]
	}
	return m, nil
}

// aliasJoin gives a join a name, which hides those of its relations.
func (a *Analyzer) aliasJoin(s *scope.Scope, j *tree.Join, n *ast.Alias, rels []*tree.Rel) error {
	columns := slices.Clone(s.Shown(j))
	given := syntax.Names(n.ColNames)
	if len(given) > len(columns) {
		return a.At(fault.New(fault.InvalidColumnReference, `join expression "%s" has %d columns available but %d columns specified`,
			n.AliasName, len(columns), len(given)), n.AliasName)
	}
	for i, name := range given {
		columns[i].Name = name
	}
	for _, r := range rels {
		r.Alias = "" // no name is empty
	}
	s.Note(j, columns)
	return a.nameJoin(s, n.AliasName, columns)
}

func (a *Analyzer) nameJoin(s *scope.Scope, name string, columns []scope.Column) error {
	if !s.NameJoin(name, columns) {
		return a.At(fault.New(fault.DuplicateAlias, `table name "%s" specified more than once`, name), name)
	}
	return nil
}

func joinKind(t ast.JoinType) (tree.JoinKind, error) {
	switch t {
	case ast.JOIN_INNER:
		return tree.Inner, nil
	case ast.JOIN_LEFT:
		return tree.Left, nil
	case ast.JOIN_RIGHT:
		return tree.Right, nil
	case ast.JOIN_FULL:
		return tree.Full, nil
	}
	return "", resolve.Unsupported("the join type %v is", t)
}

func markNullable(kind tree.JoinKind, left, right []*tree.Rel) {
	if kind == tree.Left || kind == tree.Full {
		for _, r := range right {
			r.Nullable = true
		}
	}
	if kind == tree.Right || kind == tree.Full {
		for _, r := range left {
			r.Nullable = true
		}
	}
}
