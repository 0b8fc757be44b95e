package physical

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// BuildIndex makes an index in the file.
func BuildIndex(w *work.Work, t *catalog.Table, i *catalog.Index) error {
	if i.Physical == "" {
		return nil
	}
	sql, err := indexSQL(w, t, i)
	if err != nil {
		return err
	}
	err = w.Conn.Exec(sql)
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Primary() == sqlite.CodeConstraint {
		return duplicateKey(w, t, i)
	}
	if err != nil && fault.Code(err) == "" {
		return Refused(err)
	}
	return err
}

func indexSQL(w *work.Work, t *catalog.Table, i *catalog.Index) (string, error) {
	keys, err := keysSQL(w, t, i)
	if err != nil {
		return "", err
	}
	for k := range keys {
		if i.Columns[k].Desc {
			keys[k] += " DESC"
		}
	}
	if i.NullsNotDistinct {
		keys = nullsAlike(w, t, i, keys)
	}
	unique := ""
	if i.Unique {
		unique = "UNIQUE "
	}
	sql := fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", unique, work.Quote(i.Physical), work.Quote(t.Physical), strings.Join(keys, ", "))
	if i.Where == nil {
		return sql, nil
	}
	where, _, err := w.Compile.Expr(w.Cat(), t, i.Where, types.Of(types.Bool), work.IndexPredicate)
	return sql + " WHERE " + where, err
}

func keysSQL(w *work.Work, t *catalog.Table, i *catalog.Index) ([]string, error) {
	var out []string
	for _, k := range i.Columns {
		if k.Column != 0 {
			out = append(out, work.Quote(t.ColumnNumber(k.Column).Physical))
			continue
		}
		sql, ref, err := w.Compile.Expr(w.Cat(), t, k.Expr, types.Ref{}, work.IndexKey)
		if err != nil {
			return nil, err
		}
		sql = "(" + sql + ")"
		if typ := w.Types.Type(ref.OID); typ != nil && typ.Collation != "" {
			sql += " COLLATE " + work.Quote(typ.Collation)
		}
		out = append(out, sql)
	}
	return out, nil
}

// nullsAlike makes keys under which SQLite takes two NULLs for the same: whether
// the key is NULL, and a constant in its place.
func nullsAlike(w *work.Work, t *catalog.Table, i *catalog.Index, keys []string) []string {
	var out []string
	for n, k := range i.Columns {
		sql := strings.TrimSuffix(keys[n], " DESC")
		value := "ifnull(" + sql + ", 0)"
		if collation := w.Types.Type(t.ColumnNumber(k.Column).Type.OID).Collation; collation != "" {
			value += " COLLATE " + work.Quote(collation)
		}
		out = append(out, "("+sql+" IS NULL)", value)
	}
	return out
}

// duplicateKey is the error of a unique index over rows that are not unique. It
// names a duplicate.
func duplicateKey(w *work.Work, t *catalog.Table, i *catalog.Index) error {
	e := fault.New(fault.UniqueViolation, `could not create unique index "%s"`, i.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, i.Name
	keys, err := keysSQL(w, t, i)
	if err != nil {
		return e
	}
	where := ""
	for _, k := range keys {
		if i.NullsNotDistinct {
			break
		}
		where += " AND " + k + " IS NOT NULL"
	}
	if i.Where != nil {
		if sql, _, err := w.Compile.Expr(w.Cat(), t, i.Where, types.Of(types.Bool), work.IndexPredicate); err == nil {
			where += " AND (" + sql + ")"
		}
	}
	list := strings.Join(keys, ", ")
	row, err := w.First(fmt.Sprintf("SELECT %s FROM %s WHERE 1%s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
		list, work.Quote(t.Physical), where, list))
	if err != nil || row == nil {
		return e
	}
	labels, values := keyText(w, t, i, row)
	return e.WithDetail("Key (%s)=(%s) is duplicated.", strings.Join(labels, ", "), strings.Join(values, ", "))
}

// keyText writes the keys of an index and their values for a message.
func keyText(w *work.Work, t *catalog.Table, i *catalog.Index, row []sqlite.Value) (labels, values []string) {
	for n, k := range i.Columns {
		if k.Column != 0 {
			c := t.ColumnNumber(k.Column)
			labels, values = append(labels, c.Name), append(values, w.Text(c.Type, row[n]))
			continue
		}
		_, ref, err := w.Compile.Expr(w.Cat(), t, k.Expr, types.Ref{}, work.IndexKey)
		if err == nil {
			labels, values = append(labels, k.Expr.SQL), append(values, w.Text(ref, row[n]))
		}
	}
	return labels, values
}
