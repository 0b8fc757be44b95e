package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

func DropIndexes(w *work.Work, n *ast.DropStmt) error {
	if n.Concurrent {
		return work.Unsupported("DROP INDEX CONCURRENTLY is")
	}
	oids, err := w.DropTargets(n, "index", func(oid uint32) (string, bool) {
		t, _ := w.Cat().IndexByOID(oid)
		if t == nil {
			return "", false
		}
		return t.Owner, true
	})
	if err != nil {
		return err
	}
	for _, oid := range work.Unique(oids) {
		if err := removeIndex(w, oid, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

func removeIndex(w *work.Work, oid uint32, cascade bool) error {
	owner, i := w.Cat().IndexByOID(oid)
	for _, k := range owner.Constraints {
		if k.Index == oid && k.Kind != catalog.ForeignKey {
			table := w.Display(owner.Schema, owner.Name)
			return fault.New(fault.DependentObjects, "cannot drop index %s because constraint %s on table %s requires it",
				w.Display(owner.Schema, i.Name), k.Name, table).
				WithHint("You can drop constraint %s on table %s instead.", k.Name, table)
		}
	}
	if err := depend.RemoveReferences(w, owner, i, cascade); err != nil {
		return err
	}
	t := w.Draft().Table(owner.OID)
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *catalog.Index) bool { return i.OID == oid })
	if i.Physical == "" {
		return nil
	}
	return w.Conn.Exec("DROP INDEX " + work.Quote(i.Physical))
}

func CreateIndex(w *work.Work, n *ast.IndexStmt) error {
	if err := plainIndex(n); err != nil {
		return err
	}
	if oid, err := w.Find(work.NameOf(n.Relation)); err == nil && w.Cat().Views[oid] != nil {
		return fault.New(fault.WrongObjectType, `cannot create index on relation "%s"`, n.Relation.RelName).
			WithDetail("This operation is not supported for views.")
	}
	t, err := w.OwnTable(work.NameOf(n.Relation))
	if err != nil {
		return err
	}
	if s := w.Cat().Schemas[t.Schema]; !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Create) {
		return fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	i := &catalog.Index{Name: n.Idxname, Unique: n.Unique, NullsNotDistinct: n.Unique && n.NullsNotDistinct}
	if i.Method, err = method(n); err != nil {
		return err
	}
	keys, err := indexKeys(w, t, i, n)
	if err != nil {
		return err
	}
	if i.NullsNotDistinct && slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool { return k.Column == 0 }) {
		return work.Unsupported("NULLS NOT DISTINCT over expressions is")
	}
	if i.Include, err = included(t, work.Items(n.IndexIncludingParams)); err != nil {
		return err
	}
	if n.Idxname != "" && w.Cat().RelationOID(t.Schema, n.Idxname) != 0 {
		if n.IfNotExists {
			w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
				Message: `relation "` + n.Idxname + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Idxname)
	}
	if i.Name == "" {
		i.Name = w.RelationName(t.Schema, t.Name, naming.Columns(naming.Distinct(append(keys, includedNames(work.Items(n.IndexIncludingParams))...))), "idx", false)
	}
	i.OID = w.Draft().NewOID()
	if i.Method != "gin" {
		i.Physical = naming.Physical(i.Name, uint64(i.OID))
	}
	t = w.Draft().Table(t.OID)
	t.Indexes = append(t.Indexes, i)
	return physical.BuildIndex(w, t, i)
}

// plainIndex refuses the indexes that are not b-trees as SQLite has them.
func plainIndex(n *ast.IndexStmt) error {
	switch {
	case n.Concurrent:
		return work.Unsupported("CREATE INDEX CONCURRENTLY is")
	case n.TableSpace != "":
		return work.Unsupported("a storage option of an index is")
	case len(work.Items(n.IndexParams)) > maxKeys:
		return fault.New(fault.TooManyColumns, "cannot use more than %d columns in an index", maxKeys)
	}
	return indexParameters(n.Options)
}

// indexKeys takes in the keys and the predicate, and returns what the keys are
// called in a generated name.
func indexKeys(w *work.Work, t *catalog.Table, i *catalog.Index, n *ast.IndexStmt) ([]string, error) {
	var out []string
	if n.WhereClause != nil {
		e, err := indexExpr(w, t, n.WhereClause, types.Of(types.Bool), work.IndexPredicate)
		if err != nil {
			return nil, err
		}
		i.Where = e
	}
	for _, p := range work.Items(n.IndexParams) {
		elem, ok := p.(*ast.IndexElem)
		if !ok {
			return nil, work.Unsupported("%T in an index is", p)
		}
		key, err := indexKey(w, t, elem, i.Method == "gin")
		if err != nil {
			return nil, err
		}
		i.Columns = append(i.Columns, key)
		name := elem.Name
		if name == "" {
			name = naming.Key(elem.Expr)
		}
		out = append(out, name)
	}
	return out, nil
}

func indexKey(w *work.Work, t *catalog.Table, elem *ast.IndexElem, gin bool) (catalog.IndexColumn, error) {
	key := catalog.IndexColumn{Desc: elem.Ordering == ast.SORTBY_DESC}
	key.NullsFirst = elem.NullsOrdering == ast.SORTBY_NULLS_FIRST || key.Desc && elem.NullsOrdering == ast.SORTBY_NULLS_DEFAULT
	var typ *types.Type
	if elem.Name != "" {
		c := t.Column(elem.Name)
		if c == nil {
			return key, fault.New(fault.UndefinedColumn, `column "%s" does not exist`, elem.Name)
		}
		key.Column, typ = c.Number, w.Types.Type(c.Type.OID)
	} else {
		e, err := indexExpr(w, t, elem.Expr, types.Ref{}, work.IndexKey)
		if err != nil {
			return key, err
		}
		_, ref, err := w.Compile.Expr(w.Cat(), t, e, types.Ref{}, work.IndexKey)
		if err != nil {
			return key, err
		}
		key.Expr, typ = e, w.Types.Type(ref.OID)
	}
	if typ == nil {
		return key, work.Unsupported("an index over a value of this type is")
	}
	if err := w.Collate(typ, work.Names(elem.Collation)); err != nil {
		return key, err
	}
	if gin {
		return key, ginKey(w, typ, work.Names(elem.Opclass))
	}
	if len(work.Items(elem.Opclass)) > 0 {
		return key, operatorClass(typ, work.Names(elem.Opclass))
	}
	return key, work.Ordered(typ)
}

// operatorClass accepts the b-tree operator classes that order as the default
// one does here.
func operatorClass(t *types.Type, parts []string) error {
	name := parts[len(parts)-1]
	if name == t.Name+"_ops" || work.IsText(t) && slices.Contains([]string{"text_ops", "varchar_ops", "text_pattern_ops", "varchar_pattern_ops"}, name) {
		return nil
	}
	return work.Unsupported("the operator class %s is", name)
}

func indexExpr(w *work.Work, t *catalog.Table, n ast.Node, want types.Ref, purpose work.Purpose) (*catalog.Expr, error) {
	if work.HasSubquery(n) {
		what := "index expression"
		if purpose == work.IndexPredicate {
			what = "index predicate"
		}
		return nil, fault.New(fault.FeatureNotSupported, "cannot use subquery in %s", what)
	}
	e, err := w.Stored(n)
	if err != nil {
		return nil, err
	}
	if _, _, err := w.Compile.Expr(w.Cat(), t, e, want, purpose); err != nil {
		return nil, w.MismatchOver(t, err, "WHERE", e)
	}
	return e, nil
}
