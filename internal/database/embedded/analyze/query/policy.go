package query

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// secure makes a relation in FROM show only what the role may read.
func (a *Analyzer) secure(r *tree.Rel) error {
	a.Needs.Watch(a.Role, r, true)
	if a.Defining {
		return nil
	}
	if r.View != nil {
		return a.Expand(r)
	}
	using, err := a.Using(r, 'r')
	if err != nil {
		return err
	}
	r.Policy = using
	return nil
}

// Using returns the condition under which the role may see rows of a table for
// a command, over the columns of r; nil when it may see all of them.
// (PostgreSQL documentation, CREATE POLICY: permissive policies are combined
// with OR, restrictive ones with AND; without a permissive one nothing is
// visible.)
func (a *Analyzer) Using(r *tree.Rel, command byte) (tree.Expr, error) {
	checks, err := a.Policies(r, command, func(p *catalog.Policy) *catalog.Expr { return p.Using })
	if err != nil || checks == nil {
		return nil, err
	}
	all := make([]tree.Expr, len(checks))
	for i, c := range checks {
		all[i] = c.Expr
	}
	return resolve.And(all...), nil
}

// WithCheck returns the conditions new rows must meet.
func (a *Analyzer) WithCheck(r *tree.Rel, command byte) ([]tree.Check, error) {
	return a.Policies(r, command, func(p *catalog.Policy) *catalog.Expr {
		if p.WithCheck != nil {
			return p.WithCheck
		}
		return p.Using
	})
}

// Policies returns the permissive policies as one check, then the restrictive
// ones in the order of their names; nil when none applies to the role at all.
func (a *Analyzer) Policies(r *tree.Rel, command byte, part func(*catalog.Policy) *catalog.Expr) ([]tree.Check, error) {
	t := r.Table
	if access.Bypasses(a.Catalog, a.Role, t) {
		return nil, nil
	}
	if slices.Contains(a.guarded, t.OID) && a.Inside != nil {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded") // the function would call itself for ever
	}
	if slices.Contains(a.guarded, t.OID) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in policy for relation "%s"`, t.Name)
	}
	a.guarded = append(a.guarded, t.OID)
	defer func() { a.guarded = a.guarded[:len(a.guarded)-1] }()

	var permissive []tree.Expr
	var restrictive []tree.Check
	list := access.Policies(a.Catalog, a.Role, t, command)
	// Without a permissive policy nothing passes, and the restrictive ones are not
	// looked at, nor what they read (add_security_quals in rowsecurity.c).
	if !slices.ContainsFunc(list, func(p *catalog.Policy) bool { return p.Permissive && part(p) != nil }) {
		return []tree.Check{{Expr: resolve.Bool(false)}}, nil
	}
	for _, p := range list {
		e := part(p)
		if e == nil {
			continue
		}
		x, err := a.stored(r, e)
		if err != nil {
			return nil, err
		}
		if p.Permissive {
			permissive = append(permissive, x)
		} else {
			restrictive = append(restrictive, tree.Check{Expr: x, Policy: p.Name})
		}
	}
	return append([]tree.Check{{Expr: resolve.Or(permissive...)}}, restrictive...), nil
}
