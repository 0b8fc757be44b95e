package access

import (
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// Needs are the privileges that a statement needs. They are checked last, as
// PostgreSQL does when execution starts. The zero Needs has none.
type Needs struct {
	list []*Need
	// reads are the relations whose columns are watched for their privileges.
	reads map[*tree.Rel]*Need
	// Unread is the relation whose policy is being analyzed: what the policy reads of
	// it needs no privilege.
	Unread *tree.Rel
	// Quiet tells that what is read is noted, but not needed yet.
	Quiet bool
}

// Need is a privilege that the statement needs: on a table or view as a whole
// or, where the privilege is one of columns, on those it uses.
type Need struct {
	on        Object
	role      string // who needs it: the caller, or the owner of a view
	privilege catalog.Privilege
	columns   map[int]bool // the numbers of the columns used
	listed    bool         // it is needed indeed
	// then is what is read behind a view that is written through, as soon as
	// the statement reads the view.
	then *Need
}

// Object is what privileges are about.
type Object struct {
	kind, name, owner string
	acl               catalog.ACL
	columns           []*catalog.Column
}

// Of is the table or view of a relation.
func Of(r *tree.Rel) Object {
	if v := r.View; v != nil {
		return Object{"view", v.Name, v.Owner, v.ACL, v.Columns}
	}
	t := r.Table
	return Object{"table", t.Name, t.Owner, t.ACL, t.Columns}
}

// Function is a function that is called.
func Function(f *catalog.Function) Object {
	return Object{"function", f.Name, f.Owner, f.Rights(), nil}
}

// Add notes that a role needs a privilege, on columns to be added.
func (s *Needs) Add(role string, on Object, p catalog.Privilege) *Need {
	n := &Need{on: on, role: role, privilege: p, columns: map[int]bool{}, listed: true}
	s.list = append(s.list, n)
	return n
}

// Also notes that a role needs another privilege on the same object.
func (s *Needs) Also(role string, n *Need, p catalog.Privilege) *Need { return s.Add(role, n.on, p) }

// Use adds a column by its number.
func (n *Need) Use(column int) { n.columns[column] = true }

// Watch makes reading a column of a relation a need of SELECT on it. A relation
// in FROM needs the privilege even where no column is read.
func (s *Needs) Watch(role string, r *tree.Rel, always bool) {
	s.watch(role, r, Of(r)).listed = always
}

// WatchAs makes reading a column of a relation a need of SELECT on what another
// privilege is needed on.
func (s *Needs) WatchAs(role string, r *tree.Rel, n *Need) { s.watch(role, r, n.on) }

func (s *Needs) watch(role string, r *tree.Rel, on Object) *Need {
	n := &Need{on: on, role: role, privilege: catalog.Select, columns: map[int]bool{}}
	if s.reads == nil {
		s.reads = map[*tree.Rel]*Need{}
	}
	s.reads[r] = n
	s.list = append(s.list, n)
	return n
}

// Behind makes what is read behind a view a need as soon as the view is read.
func (s *Needs) Behind(view, base *tree.Rel) { s.reads[view].then = s.reads[base] }

// need lists what is read, and what is read behind it.
func (n *Need) need() {
	for ; n != nil && !n.listed; n = n.then {
		n.listed = true
	}
}

// Read notes that a column of a relation is read.
func (s *Needs) Read(r *tree.Rel, column int) {
	n := s.reads[r]
	if n == nil || r == s.Unread || r.Columns[column].Column == nil {
		return
	}
	n.columns[r.Columns[column].Column.Number] = true
	if !s.Quiet {
		n.need()
	}
}

// systemColumn stands for the system columns of a table. No privilege on a column
// gives them.
const systemColumn = -1

// ReadSystem notes that a system column of a relation is read.
func (s *Needs) ReadSystem(r *tree.Rel) {
	if n := s.reads[r]; n != nil {
		n.columns[systemColumn] = true
		n.need()
	}
}

// IsRead tells whether the statement reads a column of a watched relation.
func (s *Needs) IsRead(r *tree.Rel) bool { return s.reads[r] != nil && s.reads[r].listed }

// Columns are the numbers of the columns that are read of a watched relation.
func (s *Needs) Columns(r *tree.Rel) map[int]bool { return s.reads[r].columns }

// Check tells which privilege a role lacks, nil when it has all.
func (s *Needs) Check(c *catalog.Catalog) error {
	// PostgreSQL checks the views that are read while it plans.
	for _, kind := range []string{"view", "table", "function"} {
		for _, n := range s.list {
			if n.listed && n.on.kind == kind && !n.granted(c) {
				return fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", n.on.kind, n.on.name)
			}
		}
	}
	return nil
}

// granted tells whether the role has what it needs: the privilege on the whole,
// or on every column it uses; on any column where it uses none.
// (ExecCheckRTEPerms in execMain.c.)
func (n *Need) granted(c *catalog.Catalog) bool {
	if c.Has(n.role, n.on.owner, n.on.acl, n.privilege) {
		return true
	}
	if n.privilege&catalog.AllOnColumn == 0 || n.columns[systemColumn] {
		return false
	}
	for _, k := range n.on.columns {
		has := c.Granted(n.role, k.ACL, n.privilege)
		switch {
		case len(n.columns) == 0 && has:
			return true
		case n.columns[k.Number] && !has:
			return false
		}
	}
	return len(n.columns) > 0
}
