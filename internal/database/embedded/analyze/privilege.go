package analyze

import (
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// need is a privilege that the statement needs: on a table or view as a whole
// or, where the privilege is one of columns, on those it uses.
type need struct {
	on        object
	role      string // who needs it: the caller, or the owner of a view
	privilege catalog.Privilege
	columns   map[int]bool // the numbers of the columns used
	listed    bool         // it is needed indeed
	// then is what is read behind a view that is written through, as soon as
	// the statement reads the view.
	then *need
}

// object is what privileges are about.
type object struct {
	kind, name, owner string
	acl               catalog.ACL
	columns           []*catalog.Column
}

func tableObject(t *catalog.Table) object {
	return object{"table", t.Name, t.Owner, t.ACL, t.Columns}
}

func viewObject(v *catalog.View) object {
	return object{"view", v.Name, v.Owner, v.ACL, v.Columns}
}

func relObject(r *tree.Rel) object {
	if r.View != nil {
		return viewObject(r.View)
	}
	return tableObject(r.Table)
}

// need notes that the present role needs a privilege, on columns to be added.
func (a *analyzer) need(on object, p catalog.Privilege) *need {
	n := &need{on: on, role: a.Role, privilege: p, columns: map[int]bool{}, listed: true}
	a.needed = append(a.needed, n)
	return n
}

// watch makes reading a column of a relation a need of SELECT on it. A relation
// in FROM needs the privilege even where no column is read.
func (a *analyzer) watch(r *tree.Rel, always bool) {
	n := &need{on: relObject(r), role: a.Role, privilege: catalog.Select, columns: map[int]bool{}}
	if a.reads == nil {
		a.reads = map[*tree.Rel]*need{}
	}
	a.reads[r] = n
	a.needed = append(a.needed, n)
	n.listed = always
}

func (a *analyzer) list(n *need) {
	for ; n != nil && !n.listed; n = n.then {
		n.listed = true
	}
}

// mark notes that a column of a relation is read. What a policy of the relation
// itself reads needs no privilege.
func (a *analyzer) mark(r *tree.Rel, column int) {
	n := a.reads[r]
	if n == nil || r == a.unread || r.Columns[column].Column == nil {
		return
	}
	n.columns[r.Columns[column].Column.Number] = true
	if !a.quiet {
		a.list(n)
	}
}

// isRead tells whether the statement reads a column of a watched relation.
func (a *analyzer) isRead(r *tree.Rel) bool { return a.reads[r] != nil && a.reads[r].listed }

// ref is a column of a relation as a value. Every reference by name is made
// here, so that privileges and views see it.
func (a *analyzer) ref(r *tree.Rel, i int) tree.Expr {
	a.mark(r, i)
	if list := a.shown[r]; list != nil {
		return list[i]
	}
	return &tree.Column{Ref: r.Columns[i].Type, Rel: r, Index: i}
}

// wholeRow is a relation as a value.
func (a *analyzer) wholeRow(r *tree.Rel) tree.Expr {
	if r.Functions != nil && r.Functions.Scalar() {
		return a.ref(r, 0) // rows of values are no records
	}
	w := &tree.WholeRow{Rel: r}
	for i := range r.Columns {
		a.mark(r, i)
		if list := a.shown[r]; list != nil {
			w.Fields = append(w.Fields, tree.Output{Name: r.Columns[i].Name, Expr: list[i]})
		}
	}
	if a.freeze != nil {
		a.freeze.whole[r] = true
	}
	return w
}

func (a *analyzer) checkNeeds() error {
	// PostgreSQL checks the views that are read while it plans.
	for _, kind := range []string{"view", "table"} {
		for _, n := range a.needed {
			if n.listed && n.on.kind == kind && !a.granted(n) {
				return fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", n.on.kind, n.on.name)
			}
		}
	}
	return nil
}

// granted tells whether the role has what it needs: the privilege on the whole,
// or on every column it uses; on any column where it uses none.
// (ExecCheckRTEPerms in execMain.c.)
func (a *analyzer) granted(n *need) bool {
	if a.Catalog.Has(n.role, n.on.owner, n.on.acl, n.privilege) {
		return true
	}
	if n.privilege&catalog.AllOnColumn == 0 {
		return false
	}
	for _, c := range n.on.columns {
		has := a.Catalog.Granted(n.role, c.ACL, n.privilege)
		switch {
		case len(n.columns) == 0 && has:
			return true
		case n.columns[c.Number] && !has:
			return false
		}
	}
	return len(n.columns) > 0
}
