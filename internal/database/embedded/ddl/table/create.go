// Package table makes, changes and drops tables with their columns, constraints
// and indexes. A table is never altered by dropping it: its definition in the file
// is replaced, and values move between columns.
package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// maxColumns is PostgreSQL's limit on the columns of a table.
const maxColumns = 1600

// systemColumns cannot be the names of columns.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

// tableParts are a table being made and what its definition asks for, by kind,
// because PostgreSQL makes (and names) check constraints first, then indexes,
// then foreign keys.
type tableParts struct {
	t       *catalog.Table
	checks  []*ast.Constraint
	keys    []*ast.Constraint // primary key and unique constraints, with Keys filled in
	foreign []*ast.Constraint // with FkAttrs filled in
	columns []newColumn
	altered bool // by ALTER TABLE
	like    []*copied
}

// newColumn is a column being added, with what its default was written as.
type newColumn struct {
	number   int
	raw      ast.Node // DEFAULT
	formula  ast.Node // GENERATED ALWAYS AS
	sequence *catalog.Sequence
}

func Create(w *work.Work, n *ast.CreateStmt) error {
	if err := plainTable(n); err != nil {
		return err
	}
	q := work.NameOf(n.Relation)
	s, err := w.CreationSchema(q)
	if err != nil {
		return err
	}
	exists := w.Cat().RelationOID(s.Name, q.Name) != 0
	if exists && n.IfNotExists {
		w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
			Message: `relation "` + q.Name + `" already exists, skipping`})
		return nil
	}
	p := &tableParts{t: &catalog.Table{Schema: s.Name, Name: q.Name, Owner: w.Role, NextColumn: 1, OID: w.Draft().NewOID()}}
	p.t.Physical = naming.Physical(q.Name, uint64(p.t.OID))
	p.t.ACL = w.Cat().NewACL(w.Role, s.Name, catalog.DefaultTables)
	if err := elements(w, p, n.TableElts); err != nil {
		return err
	}
	if err := columnKeys(w, p); err != nil {
		return err
	}
	for i, c := range p.t.Columns {
		if slices.ContainsFunc(p.t.Columns[:i], func(o *catalog.Column) bool { return o.Name == c.Name }) {
			return fault.New(fault.DuplicateColumn, `column "%s" specified more than once`, c.Name)
		}
	}
	if exists {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, q.Name)
	}
	if err := w.FreeType(s.Name, q.Name); err != nil {
		return err
	}
	if len(p.t.Columns) == 0 {
		return work.Unsupported("a table without columns is")
	}
	w.Draft().AddTable(p.t)
	if err := addDefaults(w, p); err != nil {
		return err
	}
	if err := addFormulas(w, p); err != nil {
		return err
	}
	if err := addChecks(w, p); err != nil {
		return err
	}
	if err := decideKeys(w, p); err != nil {
		return err
	}
	return finishTable(w, p)
}

// finishTable makes the table in the file, with what hangs on it.
func finishTable(w *work.Work, p *tableParts) error {
	if err := addForeignKeys(w, p.t, p.foreign); err != nil {
		return err
	}
	sql, err := physical.TableSQL(w, p.t)
	if err != nil {
		return err
	}
	if err := w.Conn.Exec(sql); err != nil {
		return physical.Refused(err)
	}
	for _, i := range p.t.Indexes {
		if err := physical.BuildIndex(w, p.t, i); err != nil {
			return err
		}
	}
	for _, from := range p.like {
		if err := from.finish(w, p.t); err != nil {
			return err
		}
	}
	return nil
}

// plainTable refuses what only PostgreSQL's tables have.
func plainTable(n *ast.CreateStmt) error {
	switch {
	case n.Relation.RelPersistence == 't':
		return work.Unsupported("a temporary table is")
	case n.PartBound != nil || n.PartSpec != nil:
		return work.Unsupported("a partitioned table is")
	case len(work.Items(n.InhRelations)) > 0:
		return work.Unsupported("inheritance is")
	case n.OfTypename != nil:
		return work.Unsupported("CREATE TABLE OF is")
	case n.TableSpaceName != "", n.AccessMethod != "" && n.AccessMethod != "heap":
		return work.Unsupported("a tablespace or access method of a table is")
	}
	return storageParameters(n.Options)
}

func elements(w *work.Work, p *tableParts, list *ast.NodeList) error {
	for _, e := range work.Items(list) {
		switch e := e.(type) {
		case *ast.ColumnDef:
			if err := addColumn(w, p, e); err != nil {
				return err
			}
		case *ast.Constraint:
			if err := p.add(e, ""); err != nil {
				return err
			}
		case *ast.TableLikeClause:
			from, err := like(w, e)
			if err != nil {
				return err
			}
			p.like = append(p.like, from)
			if err := elements(w, p, ast.NewNodeList(from.elements...)); err != nil {
				return err
			}
		default:
			return work.Unsupported("%T in CREATE TABLE is", e)
		}
	}
	return nil
}

// add takes in a constraint of the table, or of a column.
func (p *tableParts) add(k *ast.Constraint, column string) error {
	c := *k
	switch k.Contype {
	case ast.CONSTR_CHECK:
		if k.Deferrable || k.Initdeferred {
			return fault.New(fault.FeatureNotSupported, "CHECK constraints cannot be marked DEFERRABLE")
		}
		p.checks = append(p.checks, &c)
	case ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE:
		if column != "" {
			c.Keys = ast.NewNodeList(ast.NewString(column))
		}
		p.keys = append(p.keys, &c)
	case ast.CONSTR_FOREIGN:
		if column != "" {
			c.FkAttrs = ast.NewNodeList(ast.NewString(column))
		}
		p.foreign = append(p.foreign, &c)
	case ast.CONSTR_EXCLUSION:
		return work.Unsupported("an exclusion constraint is")
	default:
		return work.Unsupported("this kind of constraint is")
	}
	return nil
}
