package table

import (
	"fmt"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// copied are the columns and constraints that LIKE takes from another table, and
// the indexes to be made of the new one.
type copied struct {
	elements []ast.Node
	indexes  []string // with %s for the new table
	comments map[string]string
}

// like reads LIKE: it writes what is copied as a definition and reads that.
func like(w *work.Work, n *ast.TableLikeClause) (*copied, error) {
	oid, err := w.Relation(work.NameOf(n.Relation))
	if err != nil {
		return nil, w.At(fault.From(err), n.Relation.RelName)
	}
	t := w.Cat().Tables[oid]
	if t == nil {
		return nil, work.Unsupported("LIKE of anything but a table is")
	}
	if !w.Catalog.Has(w.Role, t.Owner, t.ACL, catalog.Select) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for table %s", t.Name)
	}
	has := func(option ast.TableLikeOption) bool {
		return n.Options&option != 0 || n.Options&ast.CREATE_TABLE_LIKE_ALL != 0
	}
	out := &copied{comments: map[string]string{}}
	var parts []string
	for _, c := range t.Columns {
		sql, err := likeColumn(w, c, has)
		if err != nil {
			return nil, err
		}
		parts = append(parts, sql)
		if c.Comment != "" && has(ast.CREATE_TABLE_LIKE_COMMENTS) {
			out.comments[c.Name] = c.Comment
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == catalog.Check && has(ast.CREATE_TABLE_LIKE_CONSTRAINTS) {
			parts = append(parts, fmt.Sprintf("CONSTRAINT %s CHECK (%s)", work.Quote(k.Name), k.Check.SQL))
		}
	}
	if has(ast.CREATE_TABLE_LIKE_INDEXES) {
		keys, err := out.likeIndexes(t)
		if err != nil {
			return nil, err
		}
		parts = append(parts, keys...)
	}
	parsed, err := syntax.Parse("CREATE TABLE x (" + strings.Join(parts, ", ") + ")")
	if err != nil {
		return nil, err
	}
	made, ok := parsed.Node.(*ast.CreateStmt)
	if !ok {
		return nil, work.Unsupported("LIKE of this table is")
	}
	out.elements = work.Items(made.TableElts)
	return out, nil
}

// likeColumn writes the definition of a column.
func likeColumn(w *work.Work, c *catalog.Column, has func(ast.TableLikeOption) bool) (string, error) {
	sql := work.Quote(c.Name) + " " + w.FormatType(c.Type)
	if c.NotNull {
		sql += " NOT NULL"
	}
	switch {
	case c.Generated != nil:
		if has(ast.CREATE_TABLE_LIKE_GENERATED) {
			sql += " GENERATED ALWAYS AS (" + c.Generated.SQL + ") STORED"
		}
	case c.Identity != 0:
		if has(ast.CREATE_TABLE_LIKE_IDENTITY) {
			sql += likeIdentity(c, w.Cat().Sequences[c.Sequence])
		}
	case c.Default != nil:
		if has(ast.CREATE_TABLE_LIKE_DEFAULTS) {
			sql += " DEFAULT (" + c.Default.SQL + ")"
		}
	case c.Sequence != 0:
		s := w.Cat().Sequences[c.Sequence]
		if has(ast.CREATE_TABLE_LIKE_DEFAULTS) && s != nil {
			name := work.QuoteIdent(s.Schema) + "." + work.QuoteIdent(s.Name)
			sql += " DEFAULT nextval('" + strings.ReplaceAll(name, "'", "''") + "')"
		}
	}
	return sql, nil
}

func likeIdentity(c *catalog.Column, s *catalog.Sequence) string {
	when := "ALWAYS"
	if c.Identity == 'd' {
		when = "BY DEFAULT"
	}
	cycle := ""
	if s.Cycle {
		cycle = " CYCLE"
	}
	return fmt.Sprintf(" GENERATED %s AS IDENTITY (START WITH %d INCREMENT BY %d MINVALUE %d MAXVALUE %d%s)",
		when, s.Start, s.Increment, s.Min, s.Max, cycle)
}

// likeIndexes writes the keys of the table, and notes its other indexes.
func (out *copied) likeIndexes(t *catalog.Table) ([]string, error) {
	var keys []string
	for _, i := range t.Indexes {
		if i.Method != "" || len(i.Include) > 0 || i.NullsNotDistinct {
			return nil, work.Unsupported("LIKE … INCLUDING INDEXES of a table with an index of this kind is")
		}
		var list []string
		for _, k := range i.Columns {
			list = append(list, likeKey(t, k))
		}
		kind := ""
		for _, k := range t.Constraints {
			if k.Index == i.OID && k.Kind != catalog.ForeignKey {
				kind = map[catalog.ConstraintKind]string{catalog.PrimaryKey: "PRIMARY KEY", catalog.Unique: "UNIQUE"}[k.Kind]
			}
		}
		if kind != "" {
			keys = append(keys, kind+" ("+strings.Join(list, ", ")+")")
			continue
		}
		unique, where := "", ""
		if i.Unique {
			unique = "UNIQUE "
		}
		if i.Where != nil {
			where = " WHERE " + i.Where.SQL
		}
		out.indexes = append(out.indexes, "CREATE "+unique+"INDEX ON %s ("+strings.Join(list, ", ")+")"+where)
	}
	return keys, nil
}

func likeKey(t *catalog.Table, k catalog.IndexColumn) string {
	if k.Column == 0 {
		return ordering("("+k.Expr.SQL+")", k)
	}
	return ordering(work.Quote(t.ColumnNumber(k.Column).Name), k)
}

// ordering adds to a key of an index how it sorts, where that is not the default.
func ordering(sql string, k catalog.IndexColumn) string {
	if k.Desc {
		sql += " DESC"
	}
	switch {
	case k.NullsFirst && !k.Desc:
		sql += " NULLS FIRST"
	case !k.NullsFirst && k.Desc:
		sql += " NULLS LAST"
	}
	return sql
}

// finish makes the indexes and comments of a table made like another.
func (out *copied) finish(w *work.Work, t *catalog.Table) error {
	for _, sql := range out.indexes {
		parsed, err := syntax.Parse(strings.Replace(sql, "%s", work.Quote(t.Schema)+"."+work.Quote(t.Name), 1))
		if err != nil {
			return err
		}
		n, ok := parsed.Node.(*ast.IndexStmt)
		if !ok {
			return work.Unsupported("LIKE of this index is")
		}
		if err := CreateIndex(w, n); err != nil {
			return err
		}
	}
	if len(out.comments) == 0 {
		return nil
	}
	made := w.Draft().Table(t.OID)
	for _, c := range made.Columns {
		if text := out.comments[c.Name]; text != "" {
			w.ReplaceColumn(made, c, func(c *catalog.Column) { c.Comment = text })
		}
	}
	return nil
}
