// Package access tells what a role may see and do: the privileges that a statement
// needs of tables, columns and functions, and which policies of a table apply to
// whom. What the policies say is for the analysis to read.
package access

import (
	"cmp"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
)

// Bypasses tells whether no policy of a table applies to a role.
func Bypasses(c *catalog.Catalog, role string, t *catalog.Table) bool {
	if !t.RowSecurity {
		return true
	}
	r := c.Roles[role]
	if r == nil {
		return false
	}
	if r.Superuser || r.BypassRLS {
		return true
	}
	return !t.ForceRowSecurity && c.Owns(role, t.Owner)
}

// Policies lists the policies of a table for a command ('r' SELECT, 'a' INSERT, 'w'
// UPDATE, 'd' DELETE) and a role, by name.
func Policies(c *catalog.Catalog, role string, t *catalog.Table, command byte) []*catalog.Policy {
	member := c.Memberships(role)
	var out []*catalog.Policy
	for _, p := range t.Policies {
		if p.Command != '*' && p.Command != command {
			continue
		}
		if len(p.Roles) == 0 || slices.ContainsFunc(p.Roles, func(r string) bool { return member[r] }) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y *catalog.Policy) int { return cmp.Compare(x.Name, y.Name) })
	return out
}
