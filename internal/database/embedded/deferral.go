package embedded

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// deferral is what SET CONSTRAINTS has set: when foreign keys are checked, where
// that is not as they were declared. SQLite defers either those declared so or
// all of them; with all, those that are to hold at once are looked at after each
// statement that left a violation.
type deferral struct {
	all byte // d or i, as of SET CONSTRAINTS ALL; 0 for none
	by  map[uint32]bool
}

// deferred tells whether a foreign key is checked at the end of the transaction.
func (d deferral) deferred(k *catalog.Constraint) bool {
	if !k.Deferrable {
		return false
	}
	if v, ok := d.by[k.OID]; ok {
		return v
	}
	if d.all != 0 {
		return d.all == 'd'
	}
	return k.Deferred
}

// changed tells whether anything was set.
func (d deferral) changed() bool { return d.all != 0 || len(d.by) > 0 }

// set runs SET CONSTRAINTS.
func (d deferral) set(cat *catalog.Catalog, path []string, n *ast.ConstraintsSetStmt) (deferral, error) {
	next := deferral{all: d.all, by: maps.Clone(d.by)}
	if next.by == nil {
		next.by = map[uint32]bool{}
	}
	if n.Constraints == nil || len(n.Constraints.Items) == 0 {
		next.all, next.by = 'i', map[uint32]bool{}
		if n.Deferred {
			next.all = 'd'
		}
		return next, restricting(cat, next)
	}
	for _, item := range n.Constraints.Items {
		r, ok := item.(*ast.RangeVar)
		if !ok {
			return d, fault.Unsupported("this form of SET CONSTRAINTS is not supported by the embedded engine")
		}
		list, err := constraintsNamed(cat, path, r)
		if err != nil {
			return d, err
		}
		for _, k := range list {
			if !k.Deferrable {
				return d, fault.New(fault.WrongObjectType, `constraint "%s" is not deferrable`, k.Name)
			}
			next.by[k.OID] = n.Deferred
		}
	}
	return next, restricting(cat, next)
}

// constraintsNamed finds the constraints of a name in the first schema of the
// search path that has any.
func constraintsNamed(cat *catalog.Catalog, path []string, r *ast.RangeVar) ([]*catalog.Constraint, error) {
	if r.SchemaName != "" {
		if cat.Schemas[r.SchemaName] == nil {
			return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, r.SchemaName)
		}
		path = []string{r.SchemaName}
	}
	for _, schemaName := range path {
		var found []*catalog.Constraint
		for _, t := range cat.SortedTables() {
			for _, k := range t.Constraints {
				if t.Schema == schemaName && k.Name == r.RelName {
					found = append(found, k)
				}
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, fault.New(fault.UndefinedObject, `constraint "%s" does not exist`, r.RelName)
}

// restricting refuses to defer while a deferrable foreign key has the action
// RESTRICT: SQLite forgets it then.
func restricting(cat *catalog.Catalog, d deferral) error {
	for _, t := range cat.SortedTables() {
		for _, k := range t.Constraints {
			if k.Kind == catalog.ForeignKey && d.deferred(k) && !k.Deferred && (k.OnDelete == 'r' || k.OnUpdate == 'r') {
				return fault.Unsupported("SET CONSTRAINTS DEFERRED with a foreign key ON DELETE or ON UPDATE RESTRICT is not supported by the embedded engine").
					WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
			}
		}
	}
	return nil
}

// begin makes SQLite defer what it would check at once, before a statement, or no
// longer: a savepoint may have taken back what was set.
func (d deferral) begin(c *sqlite.Conn) { c.Deferring(d.changed()) }

// check raises the error of a foreign key that is violated though it is not
// deferred, after a statement.
func (d deferral) check(c *sqlite.Conn, cat *catalog.Catalog) error {
	if !d.changed() {
		return nil
	}
	return violated(c, cat, func(k *catalog.Constraint) bool { return !d.deferred(k) })
}

// violated looks for a row that violates one of the foreign keys that count,
// where SQLite knows that there is some.
func violated(c *sqlite.Conn, cat *catalog.Catalog, counts func(*catalog.Constraint) bool) error {
	if n, err := c.DeferredFKs(); err != nil || n == 0 {
		return err
	}
	tables := map[string]*catalog.Table{}
	for _, t := range cat.Tables {
		tables[t.Physical] = t
	}
	st, err := c.Prepare("PRAGMA foreign_key_check")
	if err != nil {
		return store.Translate(err)
	}
	defer st.Reset()
	for {
		more, err := st.Step()
		if err != nil || !more {
			return store.Translate(err)
		}
		t := tables[strings.Clone(st.Column(0).Text())]
		if t == nil {
			continue
		}
		if k := foreignKeyAt(t, int(st.ColumnInt(3))); k != nil && counts(k) {
			return leadsNowhere(cat, t, k)
		}
	}
}

// foreignKeyAt finds a foreign key by the number SQLite gives it: it counts from
// the last one in the table's definition, which has them by name.
func foreignKeyAt(t *catalog.Table, number int) *catalog.Constraint {
	var keys []*catalog.Constraint
	for _, k := range t.Constraints {
		if k.Kind == catalog.ForeignKey {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *catalog.Constraint) int { return cmp.Compare(b.Name, a.Name) })
	if number < 0 || number >= len(keys) {
		return nil
	}
	return keys[number]
}

// leadsNowhere is the error of a row whose foreign key leads nowhere. It does not
// show the key: the role may not be allowed to see it.
func leadsNowhere(cat *catalog.Catalog, t *catalog.Table, k *catalog.Constraint) error {
	f := fault.New(fault.ForeignKeyViolation, `insert or update on table "%s" violates foreign key constraint "%s"`, t.Name, k.Name)
	f.Schema, f.Table, f.Constraint = t.Schema, t.Name, k.Name
	if parent := cat.Tables[k.RefTable]; parent != nil {
		return f.WithDetail(`Key is not present in table "%s".`, parent.Name)
	}
	return f
}

// unviolated raises the error of a deferred foreign key that the transaction
// would violate, before it commits.
func (t *Tx) unviolated(c *sqlite.Conn) error {
	cat, err := t.db.writerCatalog(c, t.began)
	if err != nil {
		return err
	}
	return violated(c, cat, func(*catalog.Constraint) bool { return true })
}

// blamed words the error of a violated foreign key for the statement that alone
// did it: a DELETE took away what rows refer to.
func (p *plan) blamed(cat *catalog.Catalog, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.ForeignKeyViolation || p.program == nil || p.program.Command != emit.Delete {
		return err
	}
	child := cat.Table(f.Schema, f.Table)
	if child == nil || p.program.Target == nil {
		return err
	}
	out := fault.New(f.Code, `update or delete on table "%s" violates foreign key constraint "%s" on table "%s"`,
		p.program.Target.Name, f.Constraint, f.Table).WithDetail(`Key is still referenced from table "%s".`, f.Table)
	out.Schema, out.Table, out.Constraint = f.Schema, f.Table, f.Constraint
	return out
}
