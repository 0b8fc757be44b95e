package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

func (w *work) drop(n *ast.DropStmt) error {
	switch n.RemoveType {
	case ast.OBJECT_TABLE:
		return w.dropTables(n)
	case ast.OBJECT_INDEX:
		return w.dropIndexes(n)
	case ast.OBJECT_SEQUENCE:
		return w.dropSequences(n)
	case ast.OBJECT_SCHEMA:
		return w.dropSchemas(n)
	case ast.OBJECT_POLICY:
		return w.dropPolicy(n)
	}
	return w.dropMissing(n)
}

// dropMissing handles DROP … IF EXISTS of kinds of objects that cannot exist
// here: there is nothing to drop.
func (w *work) dropMissing(n *ast.DropStmt) error {
	kinds := map[ast.ObjectType]string{ast.OBJECT_VIEW: "view", ast.OBJECT_MATVIEW: "materialized view", ast.OBJECT_TYPE: "type"}
	kind := kinds[n.RemoveType]
	if kind == "" || !n.MissingOk || n.RemoveType == ast.OBJECT_TYPE {
		return unsupported("this kind of DROP is")
	}
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return err
		}
		oid, err := w.find(q)
		if err == nil && oid != 0 {
			return fault.New(fault.WrongObjectType, `"%s" is not a %s`, q.name, kind)
		}
		w.notice(`%s "%s" does not exist, skipping`, kind, q.name)
	}
	return nil
}

// targets resolves the objects of a DROP; those missing are noticed or refused.
func (w *work) targets(n *ast.DropStmt, kind string, owner func(oid uint32) (string, bool)) ([]uint32, error) {
	var out []uint32
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return nil, err
		}
		if q.schema != "" && w.cat().Schemas[q.schema] == nil && n.MissingOk {
			w.notice(`schema "%s" does not exist, skipping`, q.schema)
			continue
		}
		oid, err := w.find(q)
		if err != nil {
			return nil, err
		}
		if oid == 0 {
			if !n.MissingOk {
				code := fault.UndefinedTable
				if kind == "index" {
					code = fault.UndefinedObject
				}
				return nil, fault.New(code, `%s "%s" does not exist`, kind, q)
			}
			w.notice(`%s "%s" does not exist, skipping`, kind, q.name)
			continue
		}
		who, ok := owner(oid)
		if !ok {
			return nil, w.wrongKind(oid, kind, q.name)
		}
		if err := w.mustOwn(who, kind, q.name); err != nil {
			return nil, err
		}
		out = append(out, oid)
	}
	return out, nil
}

// unique leaves out what is named twice.
func unique(oids []uint32) []uint32 {
	var out []uint32
	for _, oid := range oids {
		if !slices.Contains(out, oid) {
			out = append(out, oid)
		}
	}
	return out
}

func (w *work) wrongKind(oid uint32, kind, name string) error {
	article, is := "a", "TABLE"
	if kind == "index" {
		article = "an"
	}
	switch {
	case w.cat().Sequences[oid] != nil:
		is = "SEQUENCE"
	case w.cat().Tables[oid] == nil:
		is = "INDEX"
	}
	verb := "a"
	if is == "INDEX" {
		verb = "an"
	}
	return fault.New(fault.WrongObjectType, `"%s" is not %s %s`, name, article, kind).
		WithHint("Use DROP %s to remove %s %s.", is, verb, strings.ToLower(is))
}

func (w *work) dropTables(n *ast.DropStmt) error {
	oids, err := w.targets(n, "table", func(oid uint32) (string, bool) {
		t := w.cat().Tables[oid]
		if t == nil {
			return "", false
		}
		return t.Owner, true
	})
	if err != nil || len(oids) == 0 {
		return err
	}
	return w.removeTables(unique(oids), len(oids), n.Behavior == ast.DropCascade)
}

// dependent is an object that stands in the way of a DROP.
type dependent struct {
	table      *catalog.Table // that it belongs to
	constraint *catalog.Constraint
	policy     *catalog.Policy
	on         string // what it depends on
}

func (d dependent) oid() uint32 {
	if d.policy != nil {
		return d.policy.OID
	}
	return d.constraint.OID
}

// inOrder sorts dependents as PostgreSQL reports them: by age.
func inOrder(list []dependent) []dependent {
	slices.SortStableFunc(list, func(a, b dependent) int { return cmp.Compare(a.oid(), b.oid()) })
	return list
}

func (w *work) describe(d dependent) string {
	if d.policy != nil {
		return fmt.Sprintf("policy %s on table %s", d.policy.Name, w.display(d.table.Schema, d.table.Name))
	}
	return fmt.Sprintf("constraint %s on table %s", d.constraint.Name, w.display(d.table.Schema, d.table.Name))
}

// removeTables drops tables together with what depends on them. named is how
// many the statement named.
func (w *work) removeTables(oids []uint32, named int, cascade bool) error {
	for _, oid := range oids {
		if err := w.settled(w.cat().Tables[oid], "DROP TABLE"); err != nil {
			return err
		}
	}
	dependents, err := w.dependents(oids)
	if err != nil {
		return err
	}
	if err := w.refuseDependents(dependents, cascade, named); err != nil {
		return err
	}
	for _, d := range dependents {
		if err := w.removeDependent(d); err != nil {
			return err
		}
	}
	for _, oid := range oids {
		if err := w.detach(oid, oids); err != nil {
			return err
		}
	}
	for _, oid := range oids {
		if err := w.removeTable(oid); err != nil {
			return err
		}
	}
	return nil
}

// dependents finds the foreign keys and policies of other tables that lead to
// the tables.
func (w *work) dependents(oids []uint32) ([]dependent, error) {
	var out []dependent
	cat := w.cat()
	for _, oid := range oids {
		target := cat.Tables[oid]
		on := "table " + w.display(target.Schema, target.Name)
		before := len(out)
		for _, r := range cat.References(oid) {
			if !slices.Contains(oids, r.Table.OID) {
				out = append(out, dependent{table: r.Table, constraint: r.Constraint, on: on})
			}
		}
		for _, t := range cat.SortedTables() {
			if slices.Contains(oids, t.OID) {
				continue
			}
			for _, p := range t.Policies {
				reads, err := w.policyReads(p, oid)
				if err != nil {
					return nil, err
				}
				if reads {
					out = append(out, dependent{table: t, policy: p, on: on})
				}
			}
		}
		inOrder(out[before:])
	}
	return out, nil
}

func (w *work) policyReads(p *catalog.Policy, oid uint32) (bool, error) {
	for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
		tables, err := w.reads(e)
		if err != nil || slices.Contains(tables, oid) {
			return err == nil, err
		}
	}
	return false, nil
}

// refuseDependents is RESTRICT: an error that lists what depends on the objects;
// or CASCADE: a notice that lists what goes with them.
func (w *work) refuseDependents(list []dependent, cascade bool, targets int) error {
	if len(list) == 0 {
		return nil
	}
	var lines, objects []string
	for _, d := range list {
		lines = append(lines, w.describe(d)+" depends on "+d.on)
		objects = append(objects, "drop cascades to "+w.describe(d))
	}
	if cascade {
		if len(objects) == 1 {
			w.notice("%s", objects[0])
			return nil
		}
		w.notice("drop cascades to %d other objects", len(objects))
		w.notices[len(w.notices)-1].Detail = strings.Join(objects, "\n")
		return nil
	}
	e := fault.New(fault.DependentObjects, "cannot drop %s because other objects depend on it", list[0].on)
	if targets > 1 {
		e = fault.New(fault.DependentObjects, "cannot drop desired object(s) because other objects depend on them")
	}
	return e.WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

func (w *work) removeDependent(d dependent) error {
	t := w.draft().Table(d.table.OID)
	if d.policy != nil {
		t.Policies = slices.DeleteFunc(t.Policies, func(p *catalog.Policy) bool { return p.OID == d.policy.OID })
		return nil
	}
	t.Constraints = slices.DeleteFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.OID == d.constraint.OID })
	return w.rewrite(t)
}

// detach removes the foreign keys of a table that lead to tables being dropped,
// itself among them: dropping those would otherwise act on its rows.
func (w *work) detach(oid uint32, oids []uint32) error {
	leads := func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignKey && slices.Contains(oids, k.RefTable)
	}
	if !slices.ContainsFunc(w.cat().Tables[oid].Constraints, leads) {
		return nil
	}
	t := w.draft().Table(oid)
	t.Constraints = slices.DeleteFunc(t.Constraints, leads)
	return w.rewrite(t)
}

func (w *work) removeTable(oid uint32) error {
	t := w.cat().Tables[oid]
	if err := w.Conn.Exec("DROP TABLE " + quote(t.Physical)); err != nil {
		return fault.From(err)
	}
	for _, s := range w.cat().Sequences {
		if s.OwnerTable == oid {
			if err := w.removeSequence(s.OID); err != nil {
				return err
			}
		}
	}
	w.draft().DropTable(oid)
	return nil
}

func (w *work) removeSequence(oid uint32) error {
	w.draft().DropSequence(oid)
	return w.run("DELETE FROM galley_sequence WHERE oid = ?1", sqlite.Int(int64(oid)))
}

func (w *work) dropIndexes(n *ast.DropStmt) error {
	if n.Concurrent {
		return unsupported("DROP INDEX CONCURRENTLY is")
	}
	oids, err := w.targets(n, "index", func(oid uint32) (string, bool) {
		t, _ := w.cat().IndexByOID(oid)
		if t == nil {
			return "", false
		}
		return t.Owner, true
	})
	if err != nil {
		return err
	}
	for _, oid := range unique(oids) {
		if err := w.removeIndex(oid, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) removeIndex(oid uint32, cascade bool) error {
	owner, i := w.cat().IndexByOID(oid)
	for _, k := range owner.Constraints {
		if k.Index == oid && k.Kind != catalog.ForeignKey {
			table := w.display(owner.Schema, owner.Name)
			return fault.New(fault.DependentObjects, "cannot drop index %s because constraint %s on table %s requires it",
				w.display(owner.Schema, i.Name), k.Name, table).
				WithHint("You can drop constraint %s on table %s instead.", k.Name, table)
		}
	}
	if err := w.removeReferences(owner, i, cascade); err != nil {
		return err
	}
	t := w.draft().Table(owner.OID)
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *catalog.Index) bool { return i.OID == oid })
	if i.Physical == "" {
		return nil
	}
	return w.Conn.Exec("DROP INDEX " + quote(i.Physical))
}

// removeReferences removes the foreign keys that rely on an index.
func (w *work) removeReferences(t *catalog.Table, i *catalog.Index, cascade bool) error {
	var list []dependent
	for _, r := range w.cat().References(t.OID) {
		if r.Constraint.Index == i.OID {
			list = append(list, dependent{table: r.Table, constraint: r.Constraint, on: "index " + w.display(t.Schema, i.Name)})
		}
	}
	if err := w.refuseDependents(inOrder(list), cascade, 1); err != nil {
		return err
	}
	for _, d := range list {
		if err := w.removeDependent(d); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) dropSequences(n *ast.DropStmt) error {
	oids, err := w.targets(n, "sequence", func(oid uint32) (string, bool) {
		s := w.cat().Sequences[oid]
		if s == nil {
			return "", false
		}
		return s.Owner, true
	})
	if err != nil {
		return err
	}
	for _, oid := range unique(oids) {
		for _, t := range w.cat().SortedTables() {
			if i := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Sequence == oid }); i >= 0 {
				return w.sequenceInUse(t, t.Columns[i], oid, n.Behavior == ast.DropCascade)
			}
		}
		if err := w.removeSequence(oid); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) sequenceInUse(t *catalog.Table, c *catalog.Column, oid uint32, cascade bool) error {
	s := w.cat().Sequences[oid]
	name, table := w.display(s.Schema, s.Name), w.display(t.Schema, t.Name)
	switch {
	case c.Identity != 0:
		return fault.New(fault.DependentObjects, "cannot drop sequence %s because column %s of table %s requires it", name, c.Name, table).
			WithHint("You can drop column %s of table %s instead.", c.Name, table)
	case cascade:
		return unsupported("DROP SEQUENCE … CASCADE of a serial column's sequence is")
	}
	return fault.New(fault.DependentObjects, "cannot drop sequence %s because other objects depend on it", name).
		WithDetail("default value for column %s of table %s depends on sequence %s", c.Name, table, name).
		WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// truncate empties tables, none of whose foreign keys act on other tables.
func (w *work) truncate(n *ast.TruncateStmt) error {
	var oids []uint32
	for _, o := range items(n.Relations) {
		r, ok := o.(*ast.RangeVar)
		if !ok {
			return unsupported("%T in TRUNCATE is", o)
		}
		t, err := w.table(fromRange(r))
		if err != nil {
			return err
		}
		if err := w.mayTruncate(t); err != nil {
			return err
		}
		if !slices.Contains(oids, t.OID) {
			oids = append(oids, t.OID)
		}
	}
	oids, err := w.withReferencing(oids, n.Behavior == ast.DropCascade)
	if err != nil {
		return err
	}
	for _, oid := range oids {
		if err := w.settled(w.cat().Tables[oid], "TRUNCATE"); err != nil {
			return err
		}
		if err := w.empty(oid, n.RestartSeqs); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) mayTruncate(t *catalog.Table) error {
	if w.Catalog.Has(w.Role, t.Owner, t.ACL, catalog.Truncate) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", t.Name)
}

// withReferencing adds the tables that reference others of the list, or refuses
// when they are not named.
func (w *work) withReferencing(oids []uint32, cascade bool) ([]uint32, error) {
	for i := 0; i < len(oids); i++ {
		for _, r := range w.cat().References(oids[i]) {
			if slices.Contains(oids, r.Table.OID) {
				continue
			}
			if !cascade {
				parent := w.cat().Tables[oids[i]]
				return nil, fault.New(fault.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail(`Table "%s" references "%s".`, r.Table.Name, parent.Name).
					WithHint(`Truncate table "%s" at the same time, or use TRUNCATE ... CASCADE.`, r.Table.Name)
			}
			w.notice(`truncate cascades to table "%s"`, r.Table.Name)
			if err := w.mayTruncate(r.Table); err != nil {
				return nil, err
			}
			oids = append(oids, r.Table.OID)
		}
	}
	return oids, nil
}

// empty removes the rows of a table. Foreign keys between the truncated tables
// must not act meanwhile, so the table is emptied without its definition
// referring to them.
func (w *work) empty(oid uint32, restart bool) error {
	t := w.cat().Tables[oid]
	if len(w.cat().References(oid)) > 0 {
		if err := w.withoutReferences(oid, func() error { return w.Conn.Exec("DELETE FROM " + quote(t.Physical)) }); err != nil {
			return err
		}
	} else if err := w.Conn.Exec("DELETE FROM " + quote(t.Physical)); err != nil {
		return fault.From(err)
	}
	if !restart {
		return nil
	}
	for _, s := range w.cat().Sequences {
		if s.OwnerTable == oid {
			if err := w.setSequence(s, s.Start, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutReferences runs do while no foreign key leads to a table.
func (w *work) withoutReferences(oid uint32, do func() error) error {
	var tables []*catalog.Table
	for _, r := range w.cat().References(oid) {
		if !slices.Contains(tables, r.Table) {
			tables = append(tables, r.Table)
		}
	}
	for _, t := range tables {
		bare := *t
		bare.Constraints = slices.DeleteFunc(slices.Clone(t.Constraints), func(k *catalog.Constraint) bool {
			return k.Kind == catalog.ForeignKey && k.RefTable == oid
		})
		if err := w.rewrite(&bare); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return fault.From(err)
	}
	for _, t := range tables {
		if err := w.rewrite(t); err != nil {
			return err
		}
	}
	return nil
}
