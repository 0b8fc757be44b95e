package catalog

import "maps"

// Privilege is a set of privileges (PostgreSQL documentation, table 5.1).
type Privilege uint16

// The privileges.
const (
	Select Privilege = 1 << iota
	Insert
	Update
	Delete
	Truncate
	References
	Trigger
	Usage
	Create
	Execute

	AllOnColumn   = Select | Insert | Update | References
	AllOnTable    = Select | Insert | Update | Delete | Truncate | References | Trigger
	AllOnSequence = Select | Update | Usage
	AllOnSchema   = Usage | Create
)

// Public is the pseudo-role every role belongs to.
const Public = "public"

// ACL maps a role, or Public, to what it was granted.
type ACL map[string]Privilege

// Grant returns a copy in which role has p as well.
func (a ACL) Grant(role string, p Privilege) ACL {
	out := maps.Clone(a)
	if out == nil {
		out = ACL{}
	}
	out[role] |= p
	return out
}

// Revoke returns a copy in which role no longer has p.
func (a ACL) Revoke(role string, p Privilege) ACL {
	out := maps.Clone(a)
	if out[role] &^= p; out[role] == 0 {
		delete(out, role)
	}
	return out
}

// Memberships returns the role itself and every role it is a member of,
// directly or not.
func (c *Catalog) Memberships(role string) map[string]bool {
	seen := map[string]bool{role: true, Public: true}
	for queue := []string{role}; len(queue) > 0; queue = queue[1:] {
		r := c.Roles[queue[0]]
		if r == nil {
			continue
		}
		for _, m := range r.MemberOf {
			if !seen[m] {
				seen[m] = true
				queue = append(queue, m)
			}
		}
	}
	return seen
}

// Has tells whether a role holds all of the privileges p on an object with the
// given owner and ACL, by itself, through a role it is a member of, as owner or
// as superuser.
func (c *Catalog) Has(role, owner string, acl ACL, p Privilege) bool {
	if r := c.Roles[role]; r == nil || r.Superuser {
		return r != nil
	}
	member := c.Memberships(role)
	if member[owner] {
		return true
	}
	var got Privilege
	for grantee, granted := range acl {
		if member[grantee] {
			got |= granted
		}
	}
	return got&p == p
}

// Granted tells whether an ACL alone grants a role all of the privileges p, by
// itself or through a role it is a member of.
func (c *Catalog) Granted(role string, acl ACL, p Privilege) bool {
	var got Privilege
	if len(acl) > 0 {
		member := c.Memberships(role)
		for grantee, granted := range acl {
			if member[grantee] {
				got |= granted
			}
		}
	}
	return got&p == p
}

// Owns tells whether a role may alter an object of the given owner.
func (c *Catalog) Owns(role, owner string) bool {
	r := c.Roles[role]
	return r != nil && (r.Superuser || c.Memberships(role)[owner])
}
