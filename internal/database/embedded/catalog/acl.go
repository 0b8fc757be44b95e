package catalog

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/galleyhq/galley/internal/fault"
)

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

// Grant is an item of an ACL: what one role was given by another.
type Grant struct {
	Grantee    string
	Grantor    string
	Privileges Privilege
	Options    Privilege `json:",omitempty"` // those it may grant on
}

// ACL is an access control list. nil is the default: the owner has all rights
// and nobody else any. One that is not nil names the owner's rights too.
type ACL []Grant

// OwnerACL is the default written out.
func OwnerACL(owner string, all Privilege) ACL { return ACL{{owner, owner, all, 0}} }

// With adds what the owner grants to a role.
func (a ACL) With(owner, role string, p Privilege) ACL {
	out, _ := a.change(Grant{role, owner, p, 0}, true, owner, false)
	return out
}

// UnmarshalJSON reads an ACL. In files of the first format it is an object of
// grantees; their grantor is filled in by adopt.
func (a *ACL) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '{' {
		return json.Unmarshal(text, (*[]Grant)(a))
	}
	var old map[string]Privilege
	if err := json.Unmarshal(text, &old); err != nil {
		return err
	}
	for _, role := range slices.Sorted(maps.Keys(old)) {
		*a = append(*a, Grant{Grantee: role, Privileges: old[role]})
	}
	return nil
}

// adopt completes an ACL of the first format, where the owner's own rights were
// understood and everything was granted by the owner.
func (a ACL) adopt(owner string, all Privilege) ACL {
	if len(a) == 0 || a[0].Grantor != "" {
		return a
	}
	out := ACL{}
	if all != 0 {
		out = OwnerACL(owner, all)
	}
	for _, g := range a {
		if g.Grantor = owner; g.Grantee != owner {
			out = append(out, g)
		}
	}
	return out
}

// Of is what an ACL grants to a role by name.
func (a ACL) Of(role string) Privilege {
	var out Privilege
	for _, g := range a {
		if g.Grantee == role {
			out |= g.Privileges
		}
	}
	return out
}

// Names tells whether the ACL grants something to a role, or was granted by it.
func (a ACL) Names(role string) bool {
	return slices.ContainsFunc(a, func(g Grant) bool { return g.Grantee == role || g.Grantor == role })
}

// Reowned is the ACL of an object that passes from one owner to another: the new
// one takes the old one's place (aclnewowner).
func (a ACL) Reowned(old, owner string) ACL {
	if a == nil || old == owner {
		return a
	}
	out := ACL{}
	for _, g := range a {
		if g.Grantee == old {
			g.Grantee = owner
		}
		if g.Grantor == old {
			g.Grantor = owner
		}
		i := slices.IndexFunc(out, func(o Grant) bool { return o.Grantee == g.Grantee && o.Grantor == g.Grantor })
		if i < 0 {
			out = append(out, g)
			continue
		}
		out[i].Privileges |= g.Privileges
		out[i].Options |= g.Options
	}
	return out
}

// Without is the ACL without anything granted to a role, or by it.
func (a ACL) Without(role string) ACL {
	if !a.Names(role) {
		return a
	}
	out := ACL{}
	for _, g := range a {
		if g.Grantee != role && g.Grantor != role {
			out = append(out, g)
		}
	}
	return out
}

// Change is GRANT (add) or REVOKE of one item, in a copy. What others granted
// with a grant option that is revoked goes with it where cascade allows; 2BP01
// where it does not. (aclupdate in acl.c.)
func (a ACL) Change(item Grant, add bool, owner string, cascade bool) (ACL, error) {
	if add && item.Options != 0 {
		if err := a.circular(item, owner); err != nil {
			return nil, err
		}
	}
	return a.change(item, add, owner, cascade)
}

func (a ACL) change(item Grant, add bool, owner string, cascade bool) (ACL, error) {
	out := slices.Clone(a)
	if out == nil {
		out = ACL{}
	}
	i := slices.IndexFunc(out, func(g Grant) bool { return g.Grantee == item.Grantee && g.Grantor == item.Grantor })
	if i < 0 {
		out = append(out, Grant{Grantee: item.Grantee, Grantor: item.Grantor})
		i = len(out) - 1
	}
	before := out[i].Options
	if add {
		out[i].Privileges |= item.Privileges
		out[i].Options |= item.Options
	} else {
		out[i].Privileges &^= item.Privileges
		out[i].Options &^= item.Options
	}
	lost := before &^ out[i].Options
	if out[i].Privileges|out[i].Options == 0 {
		out = slices.Delete(out, i, i+1)
	}
	if lost == 0 || item.Grantee == Public {
		return out, nil
	}
	return out.revokeFrom(item.Grantee, lost, owner, cascade)
}

// revokeFrom revokes what a role granted by options that it has lost.
func (a ACL) revokeFrom(grantor string, lost Privilege, owner string, cascade bool) (ACL, error) {
	if grantor == owner {
		return a, nil
	}
	if lost &^= a.options(grantor, owner); lost == 0 {
		return a, nil
	}
	for _, g := range a {
		if g.Grantor != grantor || g.Privileges&lost == 0 {
			continue
		}
		if !cascade {
			return nil, fault.New(fault.DependentObjects, "dependent privileges exist").WithHint("Use CASCADE to revoke them too.")
		}
		next, err := a.change(Grant{g.Grantee, g.Grantor, lost, lost}, false, owner, cascade)
		if err != nil {
			return nil, err
		}
		return next.revokeFrom(grantor, lost, owner, cascade)
	}
	return a, nil
}

// options are the grant options a role holds by itself. The owner has all.
func (a ACL) options(role, owner string) Privilege {
	if role == owner {
		return ^Privilege(0)
	}
	var out Privilege
	for _, g := range a {
		if g.Grantee == role {
			out |= g.Options
		}
	}
	return out
}

// circular refuses grant options that would come back to their own grantor
// (check_circularity).
func (a ACL) circular(item Grant, owner string) error {
	if item.Grantor == owner {
		return nil
	}
	rest := a
	for {
		i := slices.IndexFunc(rest, func(g Grant) bool { return g.Grantee == item.Grantee && g.Options != 0 })
		if i < 0 {
			break
		}
		g := rest[i]
		next, err := rest.change(Grant{g.Grantee, g.Grantor, 0, g.Options}, false, owner, true)
		if err != nil {
			return err
		}
		rest = next
	}
	if item.Options&^rest.options(item.Grantor, owner) != 0 {
		return fault.New("0LP01", "grant options cannot be granted back to your own grantor")
	}
	return nil
}

// Grantor chooses as whom a role grants privileges on an object, and tells which
// of them it may grant: as the owner if it can, else as the role it is a member
// of that may grant most (select_best_grantor).
func (c *Catalog) Grantor(role, owner string, acl ACL, p Privilege) (grantor string, may Privilege) {
	if r := c.Roles[role]; role == owner || r != nil && r.Superuser {
		return owner, p
	}
	grantor, may = role, acl.options(role, owner)&p
	for _, other := range c.membershipOrder(role) {
		switch got := acl.options(other, owner) & p; {
		case got == p:
			return other, p
		case bits(got) > bits(may):
			grantor, may = other, got
		}
	}
	return grantor, may
}

func bits(p Privilege) int {
	n := 0
	for ; p != 0; p &= p - 1 {
		n++
	}
	return n
}

// membershipOrder lists a role and those whose privileges it has, the nearest
// first.
func (c *Catalog) membershipOrder(role string) []string {
	out := []string{role}
	for i := 0; i < len(out); i++ {
		r := c.Roles[out[i]]
		if r == nil || r.NoInherit {
			continue
		}
		for _, m := range r.MemberOf {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// Memberships returns the role itself and every role whose privileges it has:
// those it is a member of, directly or not, as far as it inherits.
func (c *Catalog) Memberships(role string) map[string]bool {
	seen := map[string]bool{Public: true}
	for _, m := range c.membershipOrder(role) {
		seen[m] = true
	}
	return seen
}

// IsMember tells whether a role is a member of another, inheriting or not, so
// that it may become it. A superuser may become any.
func (c *Catalog) IsMember(role, of string) bool {
	if r := c.Roles[role]; r != nil && r.Superuser {
		return true
	}
	return c.isMember(role, of)
}

func (c *Catalog) isMember(role, of string) bool {
	seen := []string{role}
	for i := 0; i < len(seen); i++ {
		if seen[i] == of {
			return true
		}
		if r := c.Roles[seen[i]]; r != nil {
			for _, m := range r.MemberOf {
				if !slices.Contains(seen, m) {
					seen = append(seen, m)
				}
			}
		}
	}
	return false
}

// Has tells whether a role holds all of the privileges p on an object with the
// given owner and ACL, by itself, through a role it is a member of, as owner or
// as superuser.
func (c *Catalog) Has(role, owner string, acl ACL, p Privilege) bool {
	if r := c.Roles[role]; r == nil || r.Superuser {
		return r != nil
	}
	if acl == nil {
		return c.Memberships(role)[owner]
	}
	return c.Granted(role, acl, p)
}

// HasAny tells whether a role holds at least one of the privileges, or may
// grant one.
func (c *Catalog) HasAny(role, owner string, acl ACL, p Privilege) bool {
	if r := c.Roles[role]; r == nil || r.Superuser {
		return r != nil
	}
	member := c.Memberships(role)
	return member[owner] || slices.ContainsFunc(acl, func(g Grant) bool { return member[g.Grantee] && (g.Privileges|g.Options)&p != 0 })
}

// MayGrant tells whether a role may grant all of the privileges p.
func (c *Catalog) MayGrant(role, owner string, acl ACL, p Privilege) bool {
	if r := c.Roles[role]; r == nil || r.Superuser {
		return r != nil
	}
	member := c.Memberships(role)
	if member[owner] {
		return true
	}
	var got Privilege
	for _, g := range acl {
		if member[g.Grantee] {
			got |= g.Options
		}
	}
	return got&p == p
}

// MayGrant tells whether some of the roles may grant all of the privileges p by
// the ACL alone.
func (a ACL) MayGrant(roles map[string]bool, p Privilege) bool {
	var got Privilege
	for _, g := range a {
		if roles[g.Grantee] {
			got |= g.Options
		}
	}
	return got&p == p
}

// IsAdmin tells whether a role has the admin option on another, itself or
// through the roles it is a member of.
func (c *Catalog) IsAdmin(role, of string) bool {
	if r := c.Roles[role]; r != nil && r.Superuser {
		return true
	}
	for name, r := range c.Roles {
		if slices.Contains(r.AdminOf, of) && c.isMember(role, name) {
			return true
		}
	}
	return false
}

// Granted tells whether an ACL alone grants a role all of the privileges p, by
// itself or through a role it is a member of.
func (c *Catalog) Granted(role string, acl ACL, p Privilege) bool {
	if len(acl) == 0 {
		return p == 0
	}
	member := c.Memberships(role)
	var got Privilege
	for _, g := range acl {
		if member[g.Grantee] {
			got |= g.Privileges
		}
	}
	return got&p == p
}

// Owns tells whether a role may alter an object of the given owner.
func (c *Catalog) Owns(role, owner string) bool {
	r := c.Roles[role]
	return r != nil && (r.Superuser || c.Memberships(role)[owner])
}
