package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

func (w *work) createIndex(n *ast.IndexStmt) error {
	if err := plainIndex(n); err != nil {
		return err
	}
	t, err := w.ownTable(fromRange(n.Relation))
	if err != nil {
		return err
	}
	if s := w.cat().Schemas[t.Schema]; !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Create) {
		return fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	i := &catalog.Index{Name: n.Idxname, Unique: n.Unique}
	keys, err := w.indexKeys(t, i, n)
	if err != nil {
		return err
	}
	if n.Idxname != "" && w.cat().RelationOID(t.Schema, n.Idxname) != 0 {
		if n.IfNotExists {
			w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
				Message: `relation "` + n.Idxname + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Idxname)
	}
	if i.Name == "" {
		i.Name = w.relationName(t.Schema, t.Name, naming.Columns(naming.Distinct(keys)), "idx", false)
	}
	i.OID = w.draft().NewOID()
	i.Physical = naming.Physical(i.Name, uint64(i.OID))
	t = w.draft().Table(t.OID)
	t.Indexes = append(t.Indexes, i)
	return w.buildIndex(t, i)
}

// plainIndex refuses the indexes that are not b-trees as SQLite has them.
func plainIndex(n *ast.IndexStmt) error {
	switch {
	case n.Concurrent:
		return unsupported("CREATE INDEX CONCURRENTLY is")
	case n.AccessMethod != "" && n.AccessMethod != "btree":
		return unsupported("an index of kind %s is", n.AccessMethod)
	case n.NullsNotDistinct:
		return unsupported("NULLS NOT DISTINCT is")
	case len(items(n.IndexIncludingParams)) > 0:
		return unsupported("INCLUDE is")
	case len(items(n.Options)) > 0 || n.TableSpace != "":
		return unsupported("a storage option of an index is")
	case len(items(n.IndexParams)) > maxKeys:
		return fault.New(fault.TooManyColumns, "cannot use more than %d columns in an index", maxKeys)
	}
	return nil
}

// indexKeys takes in the keys and the predicate, and returns what the keys are
// called in a generated name.
func (w *work) indexKeys(t *catalog.Table, i *catalog.Index, n *ast.IndexStmt) ([]string, error) {
	var out []string
	if n.WhereClause != nil {
		e, err := w.indexExpr(t, n.WhereClause, types.Of(types.Bool), IndexPredicate)
		if err != nil {
			return nil, err
		}
		i.Where = e
	}
	for _, p := range items(n.IndexParams) {
		elem, ok := p.(*ast.IndexElem)
		if !ok {
			return nil, unsupported("%T in an index is", p)
		}
		key, err := w.indexKey(t, elem)
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

func (w *work) indexKey(t *catalog.Table, elem *ast.IndexElem) (catalog.IndexColumn, error) {
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
		e, err := w.indexExpr(t, elem.Expr, types.Ref{}, IndexKey)
		if err != nil {
			return key, err
		}
		_, ref, err := w.Compile.Expr(w.cat(), t, e, types.Ref{}, IndexKey)
		if err != nil {
			return key, err
		}
		key.Expr, typ = e, w.Types.Type(ref.OID)
	}
	if typ == nil {
		return key, unsupported("an index over a value of this type is")
	}
	if err := w.collate(typ, names(elem.Collation)); err != nil {
		return key, err
	}
	if len(items(elem.Opclass)) > 0 {
		return key, operatorClass(typ, names(elem.Opclass))
	}
	return key, ordered(typ)
}

// operatorClass accepts the b-tree operator classes that order as the default
// one does here.
func operatorClass(t *types.Type, parts []string) error {
	name := parts[len(parts)-1]
	if name == t.Name+"_ops" || isText(t) && slices.Contains([]string{"text_ops", "varchar_ops", "text_pattern_ops", "varchar_pattern_ops"}, name) {
		return nil
	}
	return unsupported("the operator class %s is", name)
}

func (w *work) indexExpr(t *catalog.Table, n ast.Node, want types.Ref, purpose Purpose) (*catalog.Expr, error) {
	if hasSubquery(n) {
		what := "index expression"
		if purpose == IndexPredicate {
			what = "index predicate"
		}
		return nil, fault.New(fault.FeatureNotSupported, "cannot use subquery in %s", what)
	}
	e, err := w.stored(n)
	if err != nil {
		return nil, err
	}
	if _, _, err := w.Compile.Expr(w.cat(), t, e, want, purpose); err != nil {
		return nil, w.mismatchOver(t, err, "WHERE", e)
	}
	return e, nil
}

// buildIndex makes an index in the file.
func (w *work) buildIndex(t *catalog.Table, i *catalog.Index) error {
	if i.Physical == "" {
		return nil
	}
	sql, err := w.indexSQL(t, i)
	if err != nil {
		return err
	}
	err = w.Conn.Exec(sql)
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Primary() == sqlite.CodeConstraint {
		return w.duplicateKey(t, i)
	}
	if err != nil {
		return fault.From(err)
	}
	return nil
}

func (w *work) indexSQL(t *catalog.Table, i *catalog.Index) (string, error) {
	keys, err := w.keysSQL(t, i)
	if err != nil {
		return "", err
	}
	for k := range keys {
		if i.Columns[k].Desc {
			keys[k] += " DESC"
		}
	}
	unique := ""
	if i.Unique {
		unique = "UNIQUE "
	}
	sql := fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", unique, quote(i.Physical), quote(t.Physical), strings.Join(keys, ", "))
	if i.Where == nil {
		return sql, nil
	}
	where, _, err := w.Compile.Expr(w.cat(), t, i.Where, types.Of(types.Bool), IndexPredicate)
	return sql + " WHERE " + where, err
}

func (w *work) keysSQL(t *catalog.Table, i *catalog.Index) ([]string, error) {
	var out []string
	for _, k := range i.Columns {
		if k.Column != 0 {
			out = append(out, quote(t.ColumnNumber(k.Column).Physical))
			continue
		}
		sql, ref, err := w.Compile.Expr(w.cat(), t, k.Expr, types.Ref{}, IndexKey)
		if err != nil {
			return nil, err
		}
		sql = "(" + sql + ")"
		if typ := w.Types.Type(ref.OID); typ != nil && typ.Collation != "" {
			sql += " COLLATE " + quote(typ.Collation)
		}
		out = append(out, sql)
	}
	return out, nil
}

// duplicateKey is the error of a unique index over rows that are not unique. It
// names a duplicate.
func (w *work) duplicateKey(t *catalog.Table, i *catalog.Index) error {
	e := fault.New(fault.UniqueViolation, `could not create unique index "%s"`, i.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, i.Name
	keys, err := w.keysSQL(t, i)
	if err != nil {
		return e
	}
	where := ""
	for _, k := range keys {
		where += " AND " + k + " IS NOT NULL"
	}
	if i.Where != nil {
		if sql, _, err := w.Compile.Expr(w.cat(), t, i.Where, types.Of(types.Bool), IndexPredicate); err == nil {
			where += " AND (" + sql + ")"
		}
	}
	list := strings.Join(keys, ", ")
	row, err := w.first(fmt.Sprintf("SELECT %s FROM %s WHERE 1%s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
		list, quote(t.Physical), where, list))
	if err != nil || row == nil {
		return e
	}
	labels, values := w.keyText(t, i, row)
	return e.WithDetail("Key (%s)=(%s) is duplicated.", strings.Join(labels, ", "), strings.Join(values, ", "))
}

// keyText writes the keys of an index and their values for a message.
func (w *work) keyText(t *catalog.Table, i *catalog.Index, row []sqlite.Value) (labels, values []string) {
	for n, k := range i.Columns {
		if k.Column != 0 {
			c := t.ColumnNumber(k.Column)
			labels, values = append(labels, c.Name), append(values, w.text(c.Type, row[n]))
			continue
		}
		_, ref, err := w.Compile.Expr(w.cat(), t, k.Expr, types.Ref{}, IndexKey)
		if err == nil {
			labels, values = append(labels, k.Expr.SQL), append(values, w.text(ref, row[n]))
		}
	}
	return labels, values
}

// text is the text form of a stored value.
func (w *work) text(ref types.Ref, v sqlite.Value) string {
	typ := w.Types.Type(ref.OID)
	if v.IsNull() || typ == nil {
		return "null"
	}
	return string(typ.Out(nil, v))
}
