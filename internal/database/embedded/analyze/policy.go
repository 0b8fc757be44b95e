package analyze

import (
	"cmp"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// secure makes a relation in FROM show only what the role may read.
func (a *analyzer) secure(r *tree.Rel) error {
	a.watch(r, true)
	if a.defining {
		return nil
	}
	if r.View != nil {
		return a.expand(r)
	}
	using, err := a.using(r, 'r')
	if err != nil {
		return err
	}
	r.Policy = using
	return nil
}

// bypasses tells whether no policy of a table applies to the role.
func (a *analyzer) bypasses(t *catalog.Table) bool {
	if !t.RowSecurity {
		return true
	}
	role := a.Catalog.Roles[a.Role]
	if role == nil {
		return false
	}
	if role.Superuser || role.BypassRLS {
		return true
	}
	return !t.ForceRowSecurity && a.Catalog.Owns(a.Role, t.Owner)
}

// using returns the condition under which the role may see rows of a table for
// a command, over the columns of r; nil when it may see all of them.
// (PostgreSQL documentation, CREATE POLICY: permissive policies are combined
// with OR, restrictive ones with AND; without a permissive one nothing is
// visible.)
func (a *analyzer) using(r *tree.Rel, command byte) (tree.Expr, error) {
	checks, err := a.policies(r, command, func(p *catalog.Policy) *catalog.Expr { return p.Using })
	if err != nil || checks == nil {
		return nil, err
	}
	all := make([]tree.Expr, len(checks))
	for i, c := range checks {
		all[i] = c.Expr
	}
	return and(all...), nil
}

// withCheck returns the conditions new rows must meet.
func (a *analyzer) withCheck(r *tree.Rel, command byte) ([]tree.Check, error) {
	return a.policies(r, command, func(p *catalog.Policy) *catalog.Expr {
		if p.WithCheck != nil {
			return p.WithCheck
		}
		return p.Using
	})
}

// policies returns the permissive policies as one check, then the restrictive
// ones in the order of their names; nil when none applies to the role at all.
func (a *analyzer) policies(r *tree.Rel, command byte, part func(*catalog.Policy) *catalog.Expr) ([]tree.Check, error) {
	t := r.Table
	if a.bypasses(t) {
		return nil, nil
	}
	if slices.Contains(a.guarded, t.OID) && a.routines.frame != nil {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded") // the function would call itself for ever
	}
	if slices.Contains(a.guarded, t.OID) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in policy for relation "%s"`, t.Name)
	}
	a.guarded = append(a.guarded, t.OID)
	defer func() { a.guarded = a.guarded[:len(a.guarded)-1] }()

	var permissive []tree.Expr
	var restrictive []tree.Check
	list := a.applicable(t, command)
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
	return append([]tree.Check{{Expr: or(permissive...)}}, restrictive...), nil
}

// applicable lists the policies for a command and the role, by name.
func (a *analyzer) applicable(t *catalog.Table, command byte) []*catalog.Policy {
	member := a.Catalog.Memberships(a.Role)
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

// and joins conditions; nil when there is none.
func and(list ...tree.Expr) tree.Expr { return combine(tree.And, nil, list) }

// or joins conditions; false when there is none.
func or(list ...tree.Expr) tree.Expr { return combine(tree.Or, resolve.Bool(false), list) }

func combine(op tree.LogicOp, none tree.Expr, list []tree.Expr) tree.Expr {
	list = slices.DeleteFunc(slices.Clone(list), func(e tree.Expr) bool { return e == nil })
	switch len(list) {
	case 0:
		return none
	case 1:
		return list[0]
	}
	return &tree.Logic{Op: op, Args: list}
}

// stored analyzes an expression of the catalogue over the columns of a
// relation, as a condition. Its names mean what they meant when it was made,
// whatever the caller's search path is.
func (a *analyzer) stored(r *tree.Rel, e *catalog.Expr) (tree.Expr, error) {
	return a.storedExpr(r, e, types.Of(types.Bool), "POLICY")
}

// noSubqueries says why an expression of a clause may hold no subquery.
var noSubqueries = map[string]string{
	"DEFAULT":           "cannot use subquery in DEFAULT expression",
	generationClause:    "cannot use subquery in column generation expression",
	"CHECK":             "cannot use subquery in check constraint",
	"index expressions": "cannot use subquery in index expression",
	"index predicates":  "cannot use subquery in index predicate",
	"USING":             "cannot use subquery in transform expression",
}

func (a *analyzer) storedExpr(r *tree.Rel, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, error) {
	node, err := syntax.ParseExpr(e.Meant())
	if err != nil {
		return nil, err
	}
	s := &scope{clause: clause, noSubqueries: noSubqueries[clause]}
	if r != nil {
		s.rels = []*tree.Rel{r}
		if source := e.Source(r.Table.OID); source != nil && !a.knows(r, source) {
			return a.storedUnder(s, r, e, want, source)
		}
		if e.Sources == nil && r.Alias != r.Table.Name {
			return a.storedAliased(s, r, e, want)
		}
	}
	defer a.enter(a.Role, e, r)()
	x, err := a.expr(s, node)
	if err != nil {
		return nil, err
	}
	if want.OID == 0 {
		return a.Settle(x)
	}
	return a.Assign(x, want, func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type %s, not type %s", clause, a.TypeName(want.OID), a.TypeName(x.Type().OID))
	})
}

// storedAliased analyzes the expression as if the relation went by its table's
// own name, which is what the expression calls it.
func (a *analyzer) storedAliased(s *scope, r *tree.Rel, e *catalog.Expr, want types.Ref) (tree.Expr, error) {
	alias, columns := r.Alias, r.Columns
	r.Alias = r.Table.Name
	r.Columns = make([]tree.RelColumn, len(columns))
	for i, c := range columns {
		r.Columns[i] = tree.RelColumn{Name: c.Column.Name, Type: c.Type, Column: c.Column}
	}
	defer func() { r.Alias, r.Columns = alias, columns }()
	s.rels = []*tree.Rel{r}
	return a.storedExpr(r, e, want, s.clause)
}

// Expr analyzes a stored expression over the columns of a table, nil for none.
// want is the type it is assigned to, or the zero Ref. It returns the relation
// whose columns the expression uses.
func Expr(c Context, t *catalog.Table, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, *tree.Rel, error) {
	a := newAnalyzer(c)
	a.defining = true
	var r *tree.Rel
	if t != nil {
		r = &tree.Rel{Alias: t.Name, Table: t}
		for _, col := range t.Columns {
			r.Columns = append(r.Columns, tree.RelColumn{Name: col.Name, Type: col.Type, Column: col})
		}
		if _, err := a.newRel(r); err != nil {
			return nil, nil, err
		}
	}
	x, err := a.storedExpr(r, e, want, clause)
	if err != nil {
		return nil, nil, err
	}
	if len(a.params) > 0 {
		return nil, nil, fault.New(fault.UndefinedParameter, "there is no parameter $1")
	}
	return x, r, nil
}

// Bypasses tells whether no policy of a table applies to a role.
func Bypasses(c *catalog.Catalog, role string, t *catalog.Table) bool {
	a := newAnalyzer(Context{Catalog: c, Role: role})
	return a.bypasses(t)
}

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

// systemColumn stands for the system columns of a table. No privilege on a column
// gives them.
const systemColumn = -1

// readSystem notes that a system column of a relation is read.
func (a *analyzer) readSystem(r *tree.Rel) {
	if n := a.reads[r]; n != nil {
		n.columns[systemColumn] = true
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
	if r.Functions != nil && r.Functions.Scalar() || a.routines.scalars[r] {
		return a.ref(r, 0) // rows of values are no records
	}
	w := &tree.WholeRow{Rel: r, Of: rowTypeOf(r)}
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
	for _, kind := range []string{"view", "table", "function"} {
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
	if n.privilege&catalog.AllOnColumn == 0 || n.columns[systemColumn] {
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
