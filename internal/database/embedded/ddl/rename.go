package ddl

import (
	"cmp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

func (w *work) rename(n *ast.RenameStmt) error {
	switch n.RenameType {
	case ast.OBJECT_TABLE:
		return w.renameRelation(n, "table")
	case ast.OBJECT_INDEX:
		return w.renameRelation(n, "index")
	case ast.OBJECT_SEQUENCE:
		return w.renameRelation(n, "sequence")
	case ast.OBJECT_COLUMN:
		return w.renameColumn(n)
	case ast.OBJECT_TABCONSTRAINT:
		return w.renameConstraint(n)
	case ast.OBJECT_SCHEMA:
		return w.renameSchema(n)
	case ast.OBJECT_POLICY:
		return w.renamePolicy(n)
	}
	return unsupported("this kind of RENAME is")
}

// target finds the relation of a RENAME, 0 when it is missing and may be.
func (w *work) target(n *ast.RenameStmt) (uint32, error) {
	q := fromRange(n.Relation)
	oid, err := w.find(q)
	if n.MissingOk && (oid == 0 && err == nil || fault.Code(err) == fault.InvalidSchemaName) {
		w.notice(`relation "%s" does not exist, skipping`, q.name)
		return 0, nil
	}
	if err == nil && oid == 0 {
		err = fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	return oid, err
}

// renameRelation renames a table, an index or a sequence.
func (w *work) renameRelation(n *ast.RenameStmt, kind string) error {
	oid, err := w.target(n)
	if err != nil || oid == 0 {
		return err
	}
	cat := w.cat()
	owner, i := cat.IndexByOID(oid)
	t, q := cat.Tables[oid], cat.Sequences[oid]
	var schemaName, who string
	switch {
	case t != nil && kind != "sequence":
		schemaName, who, kind = t.Schema, t.Owner, "table"
	case q != nil && kind != "index":
		schemaName, who, kind = q.Schema, q.Owner, "sequence"
	case i != nil && kind != "sequence":
		schemaName, who, kind = owner.Schema, owner.Owner, "index"
	default:
		return fault.New(fault.WrongObjectType, `"%s" is not a %s`, n.Relation.RelName, kind)
	}
	if err := w.mustOwn(who, kind, n.Relation.RelName); err != nil {
		return err
	}
	if cat.RelationOID(schemaName, n.Newname) != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Newname)
	}
	switch kind {
	case "table":
		return w.renameTable(w.draft().Table(oid), n.Newname)
	case "sequence":
		changed := *q
		changed.Name = n.Newname
		w.draft().AddSequence(&changed)
		return nil
	}
	return w.renameIndex(w.draft().Table(owner.OID), i, n.Newname)
}

// renameIndex renames an index together with its constraint.
func (w *work) renameIndex(t *catalog.Table, i *catalog.Index, name string) error {
	changed := *i
	changed.Name = name
	replaceIndex(t, &changed)
	for n, k := range t.Constraints {
		if k.Index == i.OID && k.Kind != catalog.ForeignKey {
			c := *k
			c.Name = name
			t.Constraints[n] = &c
		}
	}
	return nil
}

func (w *work) renameTable(t *catalog.Table, name string) error {
	old := t.Name
	oid := t.OID
	err := w.rewriteExpressions(oid, func(own bool, e *catalog.Expr, n ast.Node) (bool, error) {
		return w.renameTableIn(own, e, n, oid, old, name)
	})
	if err != nil {
		return err
	}
	w.draft().Table(oid).Name = name
	return nil
}

// renameTableIn replaces a table's name in an expression. Where a subquery
// leaves open whose columns a qualified name means, that is refused.
func (w *work) renameTableIn(own bool, e *catalog.Expr, n ast.Node, oid uint32, old, name string) (changed bool, err error) {
	plain := own && !hasSubquery(n)
	walk(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.RangeVar:
			if n != nil && n.RelName == old && w.resolve(e, n) == oid {
				n.RelName, changed = name, true
			}
		case *ast.ColumnRef:
			if n == nil || n.Fields == nil || len(n.Fields.Items) < 2 {
				return
			}
			at := len(n.Fields.Items) - 2
			if s, ok := n.Fields.Items[at].(*ast.String); !ok || s.SVal != old {
				return
			}
			if !plain {
				err = unsupported("renaming a table whose name a policy with a subquery uses is")
			}
			n.Fields.Items = slices.Clone(n.Fields.Items)
			n.Fields.Items[at] = ast.NewString(name)
			changed = true
		}
	})
	return changed, err
}

func (w *work) resolve(e *catalog.Expr, r *ast.RangeVar) uint32 {
	path := e.SearchPath
	if r.SchemaName != "" {
		path = []string{r.SchemaName}
	}
	for _, s := range path {
		if oid := w.cat().RelationOID(s, r.RelName); oid != 0 {
			return oid
		}
	}
	return 0
}

func (w *work) renameColumn(n *ast.RenameStmt) error {
	oid, err := w.target(n)
	if err != nil || oid == 0 {
		return err
	}
	t := w.cat().Tables[oid]
	if t == nil {
		return fault.New(fault.WrongObjectType, `"%s" is not a table`, n.Relation.RelName)
	}
	if err := w.mustOwn(t.Owner, "table", t.Name); err != nil {
		return err
	}
	c := t.Column(n.Subname)
	switch {
	case c == nil:
		return fault.New(fault.UndefinedColumn, `column "%s" does not exist`, n.Subname)
	case slices.Contains(systemColumns, n.Newname):
		return fault.New(fault.DuplicateColumn, `column name "%s" conflicts with a system column name`, n.Newname)
	case t.Column(n.Newname) != nil:
		return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, n.Newname, t.Name)
	}
	err = w.rewriteExpressions(oid, func(own bool, _ *catalog.Expr, x ast.Node) (bool, error) {
		if !slices.Contains(referenced(x), n.Subname) {
			return false, nil
		}
		if !own || hasSubquery(x) {
			return false, unsupported("renaming a column whose name a policy with a subquery uses is")
		}
		renameColumnIn(x, n.Subname, n.Newname)
		return true, nil
	})
	if err != nil {
		return err
	}
	t = w.draft().Table(oid)
	w.replaceColumn(t, c, func(c *catalog.Column) { c.Name = n.Newname })
	return nil
}

func renameColumnIn(x ast.Node, old, name string) {
	walk(x, func(n ast.Node) {
		ref, ok := n.(*ast.ColumnRef)
		if !ok || ref == nil || ref.Fields == nil {
			return
		}
		last := len(ref.Fields.Items) - 1
		if s, ok := ref.Fields.Items[last].(*ast.String); ok && s.SVal == old {
			ref.Fields.Items = slices.Clone(ref.Fields.Items)
			ref.Fields.Items[last] = ast.NewString(name)
		}
	})
}

// rewriteExpressions changes the expressions that may name a table or its
// columns: its own, and the policies of others whose subqueries read it.
func (w *work) rewriteExpressions(oid uint32, change func(own bool, e *catalog.Expr, n ast.Node) (bool, error)) error {
	for _, o := range w.cat().SortedTables() {
		own := o.OID == oid
		rewrite := func(e *catalog.Expr) (*catalog.Expr, error) {
			if e == nil {
				return nil, nil
			}
			if !own {
				tables, err := w.reads(e)
				if err != nil || !slices.Contains(tables, oid) {
					return e, err
				}
			}
			return rewriteExpr(own, e, change)
		}
		t := *o
		changed, err := rewriteTable(&t, own, rewrite)
		if err != nil {
			return err
		}
		if changed {
			w.draft().AddTable(&t)
		}
	}
	return nil
}

func rewriteExpr(own bool, e *catalog.Expr, change func(own bool, e *catalog.Expr, n ast.Node) (bool, error)) (*catalog.Expr, error) {
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	changed, err := change(own, e, node)
	if err != nil || !changed {
		return e, err
	}
	sql, err := syntax.Deparse(node)
	return &catalog.Expr{SQL: sql, SearchPath: e.SearchPath}, err
}

// rewriteTable applies rewrite to all expressions of a table, or to those of its
// policies only.
func rewriteTable(t *catalog.Table, all bool, rewrite func(*catalog.Expr) (*catalog.Expr, error)) (changed bool, err error) {
	apply := func(e *catalog.Expr) *catalog.Expr {
		if err != nil {
			return e
		}
		var out *catalog.Expr
		if out, err = rewrite(e); out != e {
			changed = true
		}
		return out
	}
	t.Policies = slices.Clone(t.Policies)
	for i, p := range t.Policies {
		c := *p
		c.Using, c.WithCheck = apply(p.Using), apply(p.WithCheck)
		t.Policies[i] = &c
	}
	if !all {
		return changed, err
	}
	t.Constraints = slices.Clone(t.Constraints)
	for i, k := range t.Constraints {
		c := *k
		c.Check = apply(k.Check)
		t.Constraints[i] = &c
	}
	t.Indexes = slices.Clone(t.Indexes)
	for i, x := range t.Indexes {
		c := *x
		c.Where = apply(x.Where)
		c.Columns = slices.Clone(x.Columns)
		for j := range c.Columns {
			c.Columns[j].Expr = apply(c.Columns[j].Expr)
		}
		t.Indexes[i] = &c
	}
	return changed, err
}

func (w *work) renameConstraint(n *ast.RenameStmt) error {
	oid, err := w.target(n)
	if err != nil || oid == 0 {
		return err
	}
	t := w.cat().Tables[oid]
	if t == nil {
		return fault.New(fault.WrongObjectType, `"%s" is not a table`, n.Relation.RelName)
	}
	if err := w.mustOwn(t.Owner, "table", t.Name); err != nil {
		return err
	}
	k := constraintNamed(t, n.Subname)
	if k == nil {
		return fault.New(fault.UndefinedObject, `constraint "%s" for table "%s" does not exist`, n.Subname, t.Name)
	}
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		if w.cat().RelationOID(t.Schema, n.Newname) != 0 {
			return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Newname)
		}
		_, i := w.cat().IndexByOID(k.Index)
		return w.renameIndex(w.draft().Table(oid), i, n.Newname)
	}
	if constraintNamed(t, n.Newname) != nil {
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, n.Newname, t.Name)
	}
	t = w.draft().Table(oid)
	c := *k
	c.Name = n.Newname
	t.Constraints[slices.Index(t.Constraints, k)] = &c
	return w.rewrite(t) // checks are tested in the order of their names
}

func (w *work) renamePolicy(n *ast.RenameStmt) error {
	t, err := w.ownTable(fromRange(n.Relation))
	if err != nil {
		return err
	}
	p := policyNamed(t, n.Subname)
	switch {
	case policyNamed(t, n.Newname) != nil:
		return fault.New(fault.DuplicateObject, `policy "%s" for table "%s" already exists`, n.Newname, t.Name)
	case p == nil:
		return fault.New(fault.UndefinedObject, `policy "%s" for table "%s" does not exist`, n.Subname, t.Name)
	}
	c := *p
	c.Name = n.Newname
	w.replacePolicy(w.draft().Table(t.OID), &c)
	return nil
}

// renameSchema renames a schema in all that names it: its objects, and the
// search paths of stored expressions. Where the text of one names it, that is
// refused.
func (w *work) renameSchema(n *ast.RenameStmt) error {
	s := w.cat().Schemas[n.Subname]
	switch {
	case s == nil:
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, n.Subname)
	case w.cat().Schemas[n.Newname] != nil:
		return fault.New(fault.DuplicateSchema, `schema "%s" already exists`, n.Newname)
	case s.Name == "auth" || s.Name == "galley" || s.Name == "public":
		return unsupported("renaming the schema %s is", s.Name)
	}
	if err := w.mustOwn(s.Owner, "schema", s.Name); err != nil {
		return err
	}
	for _, o := range w.cat().SortedTables() {
		t := *o
		_, err := rewriteTable(&t, true, func(e *catalog.Expr) (*catalog.Expr, error) { return renameSchemaIn(e, n.Subname, n.Newname) })
		if err != nil {
			return err
		}
		t.Columns = slices.Clone(t.Columns)
		for _, c := range o.Columns {
			e, err := renameSchemaIn(c.Default, n.Subname, n.Newname)
			if err != nil {
				return err
			}
			w.replaceColumn(&t, c, func(c *catalog.Column) { c.Default = e })
		}
		if t.Schema == n.Subname {
			t.Schema = n.Newname
		}
		w.draft().AddTable(&t)
	}
	for _, q := range w.cat().Sequences {
		if q.Schema == n.Subname {
			changed := *q
			changed.Schema = n.Newname
			w.draft().AddSequence(&changed)
		}
	}
	changed := *s
	changed.Name = n.Newname
	w.draft().DropSchema(s.Name)
	w.draft().AddSchema(&changed)
	return nil
}

func renameSchemaIn(e *catalog.Expr, old, name string) (*catalog.Expr, error) {
	if e == nil {
		return nil, nil
	}
	if syntax.Locate(e.SQL, old, 0) != 0 {
		return nil, unsupported("renaming a schema that a stored expression names is")
	}
	path := slices.Clone(e.SearchPath)
	for i := range path {
		if path[i] == old {
			path[i] = name
		}
	}
	return &catalog.Expr{SQL: e.SQL, SearchPath: path}, nil
}

// setSchema moves a table, with the sequences of its columns, to another schema.
func (w *work) setSchema(n *ast.AlterObjectSchemaStmt) error {
	if n.ObjectType != ast.OBJECT_TABLE {
		return unsupported("SET SCHEMA of this kind of object is")
	}
	w.Source = "" // PostgreSQL gives no positions here
	q := fromRange(n.Relation)
	if n.MissingOk {
		if oid, err := w.find(q); err == nil && oid == 0 {
			w.notice(`relation "%s" does not exist, skipping`, q.name)
			return nil
		}
	}
	t, err := w.ownTable(q)
	if err != nil {
		return err
	}
	s, err := w.creationSchema(qualified{n.NewSchema, t.Name})
	if err != nil || s.Name == t.Schema {
		return err
	}
	return w.moveToSchema(t, s.Name)
}

func (w *work) moveToSchema(t *catalog.Table, schemaName string) error {
	taken := []string{t.Name}
	for _, i := range t.Indexes {
		taken = append(taken, i.Name)
	}
	for _, q := range w.ownedSequences(t.OID, 0) {
		taken = append(taken, q.Name)
	}
	for _, name := range taken {
		if w.cat().RelationOID(schemaName, name) != 0 {
			return fault.New(fault.DuplicateTable, `relation "%s" already exists in schema "%s"`, name, schemaName)
		}
	}
	for _, o := range w.cat().SortedTables() {
		for _, p := range o.Policies {
			if reads, err := w.policyReads(p, t.OID); err != nil || reads {
				return cmp.Or[error](err, unsupported("moving a table that a policy's subquery reads is"))
			}
		}
	}
	for _, q := range w.ownedSequences(t.OID, 0) {
		changed := *q
		changed.Schema = schemaName
		w.draft().AddSequence(&changed)
	}
	w.draft().Table(t.OID).Schema = schemaName
	return nil
}

// alterOwner gives a schema to another role.
func (w *work) alterOwner(n *ast.AlterOwnerStmt) error {
	if n.ObjectType != ast.OBJECT_SCHEMA {
		return unsupported("OWNER TO for this kind of object is")
	}
	q, err := fromNode(n.Object)
	if err != nil {
		return err
	}
	s := w.cat().Schemas[q.name]
	if s == nil {
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.name)
	}
	owner, err := w.role(n.Newowner)
	if err != nil {
		return err
	}
	if err := w.mustOwn(s.Owner, "schema", s.Name); err != nil {
		return err
	}
	if err := w.superuser(`must be member of role "%s"`, owner); err != nil {
		return err
	}
	changed := *s
	changed.Owner = owner
	w.draft().AddSchema(&changed)
	return nil
}
