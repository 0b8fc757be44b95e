package table

import (
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// setIdentity handles ALTER COLUMN … SET GENERATED, RESTART and SET of an option
// of the sequence.
func setIdentity(w *work.Work, t *catalog.Table, c *catalog.Column, def ast.Node) error {
	if c.Identity == 0 {
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is not an identity column`, c.Name, t.Name)
	}
	list, _ := def.(*ast.NodeList)
	options := ast.NewNodeList()
	seen := false
	for _, o := range work.Items(list) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return work.Unsupported("%T as an option of an identity column is", o)
		}
		if d.Defname != "generated" {
			options.Append(d)
			continue
		}
		if seen {
			return fault.New(fault.SyntaxError, "conflicting or redundant options")
		}
		when, ok := d.Arg.(*ast.Integer)
		if !ok {
			return work.Unsupported("this form of SET GENERATED is")
		}
		seen = true
		c = w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Identity = byte(when.IVal) })
	}
	if len(options.Items) == 0 {
		return nil
	}
	return sequence.Change(w, w.Cat().Sequences[c.Sequence], options)
}

// alterConstraint handles ALTER CONSTRAINT, which changes when a foreign key is
// checked.
func alterConstraint(w *work.Work, t *catalog.Table, def ast.Node) error {
	n, ok := def.(*ast.Constraint)
	if !ok {
		return work.Unsupported("this form of ALTER CONSTRAINT is")
	}
	k := work.ConstraintNamed(t, n.Conname)
	switch {
	case k == nil:
		return fault.New(fault.UndefinedObject, `constraint "%s" of relation "%s" does not exist`, n.Conname, t.Name)
	case k.Kind != catalog.ForeignKey:
		return fault.New(fault.WrongObjectType, `constraint "%s" of relation "%s" is not a foreign key constraint`, n.Conname, t.Name)
	}
	changed := *k
	changed.Deferrable, changed.Deferred = n.Deferrable || n.Initdeferred, n.Initdeferred
	t.Constraints[slices.Index(t.Constraints, k)] = &changed
	return physical.Rewrite(w, t)
}

// replicaIdentity keeps which columns of an old row are published.
func replicaIdentity(t *catalog.Table, def ast.Node) error {
	n, ok := def.(*ast.ReplicaIdentityStmt)
	if !ok || n.IdentityType == ast.REPLICA_IDENTITY_INDEX {
		return work.Unsupported("REPLICA IDENTITY USING INDEX is")
	}
	t.ReplicaIdentity = byte(n.IdentityType)
	return nil
}

// storageOption handles what is about PostgreSQL's storage only. It is checked
// and has no effect; what would have one is refused.
func storageOption(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	switch cmd.Subtype {
	case ast.AT_SetLogged, ast.AT_SetUnLogged, ast.AT_DropCluster, ast.AT_DropOids, ast.AT_EnableTrigUser, ast.AT_DisableTrigUser:
		return nil // as it is anyway
	case ast.AT_EnableTrig, ast.AT_DisableTrig, ast.AT_EnableReplicaTrig, ast.AT_EnableAlwaysTrig:
		return fault.New(fault.UndefinedObject, `trigger "%s" for table "%s" does not exist`, cmd.Name, t.Name)
	case ast.AT_EnableRule, ast.AT_DisableRule, ast.AT_EnableReplicaRule, ast.AT_EnableAlwaysRule:
		return fault.New(fault.UndefinedObject, `rule "%s" for relation "%s" does not exist`, cmd.Name, t.Name)
	case ast.AT_EnableTrigAll:
		return nil
	case ast.AT_DisableTrigAll:
		return work.Unsupported("DISABLE TRIGGER ALL, which would turn off foreign keys, is")
	case ast.AT_SetAccessMethod:
		if cmd.Name == "heap" {
			return nil
		}
	case ast.AT_SetRelOptions, ast.AT_ResetRelOptions:
		list, _ := cmd.Def.(*ast.NodeList)
		return storageParameters(list)
	}
	return work.Unsupported("this form of ALTER TABLE is")
}

// storageParameters checks the storage parameters of a table, which change no
// answer.
func storageParameters(list *ast.NodeList) error {
	for _, o := range work.Items(list) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return work.Unsupported("this storage parameter is")
		}
		switch {
		case d.Defname == "fillfactor" && d.Arg != nil:
			n, err := strconv.Atoi(optionText(d.Arg))
			if err != nil {
				return fault.New(fault.InvalidParameter, `invalid value for integer option "fillfactor": %s`, optionText(d.Arg))
			}
			if n < 10 || n > 100 {
				return fault.New(fault.InvalidParameter, `value %d out of bounds for option "fillfactor"`, n).
					WithDetail(`Valid values are between "10" and "100".`)
			}
		case d.Defname == "fillfactor", d.Defname == "autovacuum_enabled" && d.Defnamespace == "":
		case strings.HasPrefix(d.Defname, "autovacuum_"), strings.HasPrefix(d.Defname, "toast"), d.Defname == "parallel_workers",
			d.Defname == "log_autovacuum_min_duration", d.Defname == "user_catalog_table", strings.HasPrefix(d.Defname, "vacuum_"):
			return work.Unsupported("the storage parameter %s is", d.Defname)
		default:
			return fault.New(fault.InvalidParameter, `unrecognized parameter "%s"`, d.Defname)
		}
	}
	return nil
}

func optionText(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Integer:
		return strconv.Itoa(n.IVal)
	case *ast.Float:
		return n.FVal
	case *ast.String:
		return n.SVal
	}
	return ""
}

// constraintUsing makes a primary key or unique constraint of an index that is
// there already.
func constraintUsing(w *work.Work, t *catalog.Table, k *ast.Constraint) error {
	at := slices.IndexFunc(t.Indexes, func(i *catalog.Index) bool { return i.Name == k.Indexname })
	if at < 0 {
		return missingIndex(w, t, k.Indexname)
	}
	i := *t.Indexes[at]
	if err := fitForKey(t, &i); err != nil {
		return err
	}
	kind, what := catalog.Unique, "unique"
	if k.Contype == ast.CONSTR_PRIMARY {
		what = "primary key"
	}
	for n, key := range i.Columns {
		if slices.ContainsFunc(i.Columns[:n], func(o catalog.IndexColumn) bool { return o.Column == key.Column }) {
			return fault.New(fault.DuplicateColumn, `column "%s" appears twice in %s constraint`, t.ColumnNumber(key.Column).Name, what)
		}
	}
	if k.Contype == ast.CONSTR_PRIMARY {
		kind = catalog.PrimaryKey
		if t.PrimaryKey() != nil {
			return multiplePrimaryKeys(t)
		}
	}
	name := k.Conname
	switch {
	case name == "":
		name = i.Name
	case name != i.Name:
		w.Notice(`ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "%s" to "%s"`, i.Name, name)
	}
	if name != i.Name && w.Cat().RelationOID(t.Schema, name) != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, name)
	}
	if work.ConstraintNamed(t, name) != nil {
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, name, t.Name)
	}
	c := &catalog.Constraint{OID: w.Draft().NewOID(), Name: name, Kind: kind, Index: i.OID}
	for _, key := range i.Columns {
		c.Columns = append(c.Columns, key.Column)
		column := t.ColumnNumber(key.Column)
		if kind == catalog.PrimaryKey && !column.NotNull {
			if err := setNotNull(w, t, column); err != nil {
				return err
			}
		}
	}
	i.Name = name
	t.Indexes[at] = &i
	t.Constraints = append(t.Constraints, c)
	return nil
}

func missingIndex(w *work.Work, t *catalog.Table, name string) error {
	if o, _ := w.Cat().IndexByOID(w.Cat().RelationOID(t.Schema, name)); o != nil {
		return fault.New(fault.ObjectNotInPrerequisite, `index "%s" does not belong to table "%s"`, name, t.Name)
	}
	return fault.New(fault.UndefinedObject, `index "%s" does not exist`, name)
}

// fitForKey refuses an index that cannot stand behind a constraint
// (transformIndexConstraint in parse_utilcmd.c).
func fitForKey(t *catalog.Table, i *catalog.Index) error {
	const detail = "Cannot create a primary key or unique constraint using such an index."
	for _, k := range t.Constraints {
		if k.Index == i.OID && k.Kind != catalog.ForeignKey {
			return fault.New(fault.ObjectNotInPrerequisite, `index "%s" is already associated with a constraint`, i.Name)
		}
	}
	switch {
	case !i.Unique:
		return fault.New(fault.WrongObjectType, `"%s" is not a unique index`, i.Name).WithDetail(detail)
	case slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool { return k.Column == 0 }):
		return fault.New(fault.WrongObjectType, `index "%s" contains expressions`, i.Name).WithDetail(detail)
	case i.Where != nil:
		return fault.New(fault.WrongObjectType, `"%s" is a partial index`, i.Name).WithDetail(detail)
	}
	for n, k := range i.Columns {
		if k.Desc || k.NullsFirst {
			return fault.New(fault.WrongObjectType, `index "%s" column number %d does not have default sorting behavior`, i.Name, n+1).
				WithDetail(detail)
		}
	}
	return nil
}
