package hooked

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// The privileges that a write needs are checked before its hooks run, by statements
// that touch no row: the database says what is missing in its own words.

// privileges is the expression that tells whether whoever runs the statement may write every column.
func (d *doing) privileges() string {
	var all []string
	for _, p := range d.rights() {
		all = append(all, "has_table_privilege("+literal(d.table)+", '"+p+"')")
	}
	return strings.Join(all, " AND ")
}

// rights are the privileges that the write takes.
func (d *doing) rights() []string {
	switch {
	case d.Query.Action == query.Update:
		return []string{"UPDATE"}
	case d.Query.Action == query.Delete:
		return []string{"DELETE"}
	case d.Query.Resolution == query.Merge:
		return []string{"INSERT", "UPDATE"}
	}
	return []string{"INSERT"}
}

// mayRequest refuses what the caller may not write by himself.
func (d *doing) mayRequest() error {
	if d.Query.Action != query.Insert { // whose preview told it already
		found, err := d.records("SELECT " + d.privileges())
		if err != nil {
			return err
		}
		d.all = found[0].Text(0) == "t"
	}
	if d.all {
		return nil
	}
	sql := ""
	switch d.Query.Action {
	case query.Update:
		var set []string
		for _, name := range d.Query.Columns {
			set = append(set, query.Quote(name)+" = NULL")
		}
		sql = "UPDATE " + d.table + " SET " + strings.Join(set, ", ") + " WHERE false"
	case query.Delete:
		sql = "DELETE FROM " + d.table + " WHERE false"
	default:
		if len(d.Query.Columns) == 0 {
			return d.mayInsertAny()
		}
		sql = d.emptyInsert()
	}
	_, err := d.records(sql)
	return err
}

// emptyInsert is the insert of the request without rows.
func (d *doing) emptyInsert() string {
	var columns, nulls, set []string
	for _, name := range d.Query.Columns {
		columns, nulls = append(columns, query.Quote(name)), append(nulls, "NULL::"+d.Rel.Column(name).Type)
		set = append(set, query.Quote(name)+" = EXCLUDED."+query.Quote(name))
	}
	sql := "INSERT INTO " + d.table + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(nulls, ", ") + " WHERE false"
	if d.Query.Resolution == query.Fail {
		return sql
	}
	var keys []string
	for _, name := range d.Query.Conflict {
		keys = append(keys, query.Quote(name))
	}
	sql += " ON CONFLICT (" + strings.Join(keys, ", ") + ") DO "
	if d.Query.Resolution == query.Ignore {
		return sql + "NOTHING"
	}
	return sql + "UPDATE SET " + strings.Join(set, ", ")
}

func (d *doing) mayInsertAny() error {
	found, err := d.records("SELECT has_any_column_privilege(" + literal(d.table) + ", 'INSERT')")
	if err == nil && found[0].Text(0) != "t" {
		err = fault.New(fault.InsufficientPrivilege, "permission denied for table %s", d.Rel.Name.Name)
	}
	return err
}

// mayWrite tells whether the caller could write the columns too that hooks set
// beyond what the request says.
func (d *doing) mayWrite(final *query.Write, beyond []string) (bool, error) {
	if d.all {
		return true, nil
	}
	var all []string
	for _, name := range beyond {
		if d.Query.Action == query.Insert {
			all = append(all, d.column(name, "INSERT"))
		}
		if d.Query.Action == query.Update || slices.Contains(final.Merging, name) {
			all = append(all, d.column(name, "UPDATE"))
		}
	}
	if len(all) == 0 {
		return true, nil
	}
	if err := d.asCaller(); err != nil {
		return false, err
	}
	found, err := d.records("SELECT " + strings.Join(all, " AND "))
	return err == nil && found[0].Text(0) == "t", err
}

func (d *doing) column(name, privilege string) string {
	return "has_column_privilege(" + literal(d.table) + ", " + literal(name) + ", '" + privilege + "')"
}

// checkPolicies checks the policies of the table for rows that the owner is about to
// write in the place of the caller, as the database would for the caller (PostgreSQL
// documentation, "CREATE POLICY", "Policies Applied by Command Type").
func (d *doing) checkPolicies(final *query.Write, rows []*row) error {
	if !d.Rel.RowSecurity {
		return nil
	}
	if err := d.asCaller(); err != nil {
		return err
	}
	const failed = "new row violates row-level security policy for table %q"
	if d.Query.Action == query.Update {
		return d.checkNew(rows, failed)
	}
	if err := d.must(rows, (*row).inserted, d.condition("INSERT", true), failed); err != nil {
		return err
	}
	existing := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return !r.exists })
	if len(existing) == 0 || final.Resolution != query.Merge {
		return nil
	}
	for _, command := range []string{"UPDATE", "SELECT"} {
		if err := d.must(existing, func(r *row) values { return r.old }, d.condition(command, false),
			"new row violates row-level security policy (USING expression) for table %q"); err != nil {
			return err
		}
	}
	return d.checkNew(existing, failed)
}

// checkNew checks rows as an update leaves them: they must stay visible too, since
// the update reads them.
func (d *doing) checkNew(rows []*row, failed string) error {
	if err := d.must(rows, (*row).updated, d.condition("UPDATE", true), failed); err != nil {
		return err
	}
	return d.must(rows, (*row).updated, d.condition("SELECT", false), failed)
}

// inserted is a row as it is proposed for insertion.
func (r *row) inserted() values {
	if !r.exists {
		return r.updated()
	}
	return r.proposed
}

// updated is a row as it is to be.
func (r *row) updated() values {
	out := values{}
	for _, source := range []values{r.shown, r.given, r.changed} {
		for name, v := range source {
			out[name] = v
		}
	}
	return out
}

func (d *doing) must(rows []*row, of func(*row) values, condition, failed string) error {
	bad, err := d.refused(rows, of, condition)
	if err == nil && len(bad) > 0 {
		err = d.violates(failed)
	}
	return err
}

// refused lists the rows that a condition on them is not true of, while row-level
// security is active for the caller. The rows go by the table's name, as the
// expressions of policies know them, with what the database generates computed.
func (d *doing) refused(rows []*row, of func(*row) values, condition string) ([]int, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	n, alias := d.free("_n"), query.Quote(d.Rel.Name.Name)
	list, from := []string{alias + "." + n}, []string{n + " integer"}
	for _, col := range d.Rel.Columns {
		name := query.Quote(col.Name)
		if col.Generated {
			list = append(list, "CAST(("+col.Default+") AS "+col.Type+") AS "+name)
			continue
		}
		list, from = append(list, alias+"."+name), append(from, name+" "+col.Type)
	}
	arg := d.keyed(rows, func(b []byte, i int, r *row) []byte {
		b = appendMember(b, n, number(i))
		v := of(r)
		for _, col := range d.Rel.Columns {
			if !col.Generated {
				b = appendMember(b, col.Name, v[col.Name])
			}
		}
		return b
	})
	found, err := d.records("SELECT "+alias+"."+n+" FROM (SELECT "+strings.Join(list, ", ")+" FROM json_to_recordset($1) AS "+alias+"("+
		strings.Join(from, ", ")+")) AS "+alias+" WHERE CASE WHEN row_security_active("+literal(d.table)+
		") THEN NOT coalesce(("+condition+"), false) ELSE false END", arg)
	var out []int
	for _, f := range found {
		out = append(out, int(f.Int(0)))
	}
	return out, err
}

// condition is what the policies for a command come to: one of the permissive ones
// and all of the restrictive ones must hold.
func (d *doing) condition(command string, check bool) string {
	permissive, restrictive := "false", "true"
	for i := range d.Rel.Policies {
		p := &d.Rel.Policies[i]
		if p.Command != command && p.Command != "ALL" {
			continue
		}
		text := p.Using
		if check && p.WithCheck != "" {
			text = p.WithCheck
		}
		if text == "" {
			text = "true"
		}
		if p.Permissive {
			permissive += " OR " + applied(p, text, "false")
		} else {
			restrictive += " AND " + applied(p, text, "true")
		}
	}
	return "(" + permissive + ") AND (" + restrictive + ")"
}

// applied is the expression of a policy for the roles it is for, and otherwise what
// it comes to for any other role.
func applied(p *schema.Policy, text, otherwise string) string {
	if slices.Contains(p.Roles, "public") {
		return "(" + text + ")"
	}
	roles := make([]string, len(p.Roles))
	for i, name := range p.Roles {
		roles[i] = "pg_has_role(" + literal(name) + ", 'USAGE')"
	}
	return "(CASE WHEN " + strings.Join(roles, " OR ") + " THEN (" + text + ") ELSE " + otherwise + " END)"
}
