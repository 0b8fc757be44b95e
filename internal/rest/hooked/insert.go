package hooked

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
)

// insert performs an insert or upsert.
func (d *doing) insert() (Result, error) {
	rows, err := d.given()
	if err != nil {
		return Result{}, err
	}
	if err := d.Run.CheckRows(len(rows)); err != nil {
		return Result{}, err
	}
	overriding, err := d.identities(rows)
	if err != nil {
		return Result{}, err
	}
	if err := d.preview(rows); err != nil {
		return Result{}, err
	}
	if err := d.mayRequest(); err != nil {
		return Result{}, err
	}
	fresh, existing := rows, []*row(nil)
	if d.Query.Resolution != query.Fail {
		if fresh, existing, err = d.split(rows); err != nil {
			return Result{}, err
		}
	}
	if err := d.before(hooks.Insert, fresh); err != nil {
		return Result{}, err
	}
	if err := d.before(hooks.Update, existing); err != nil {
		return Result{}, err
	}
	if d.Query.Resolution == query.Ignore {
		rows = fresh
	}
	result, err := d.store(rows, existing, overriding)
	if err != nil {
		return result, err
	}
	if result.Affected == 0 && d.Query.Matching {
		return result, nil // the caller of Do refuses it
	}
	if err := d.after(hooks.Insert, fresh); err != nil {
		return result, err
	}
	return result, d.after(hooks.Update, existing)
}

// given takes the rows out of the payload.
func (d *doing) given() ([]*row, error) {
	if d.Query.Bulk {
		return d.bulk()
	}
	left := d.Payload
	rows := make([]*row, len(d.Query.Forms))
	for i, forms := range d.Query.Forms {
		r := &row{given: values{}, defaulted: map[string]bool{}}
		for j, name := range d.Query.Columns {
			if forms[j] == query.Default {
				r.defaulted[name] = true
				continue
			}
			v, err := d.jsonOf(name, forms[j], left[0])
			if err != nil {
				return nil, err
			}
			r.given[name], left = v, left[1:]
		}
		rows[i] = r
	}
	return rows, nil
}

func (d *doing) bulk() (rows []*row, err error) {
	text, _ := d.Payload[0].Get()
	err = content.Elements([]byte(text), func(element []byte) error {
		all, err := object(element)
		if err != nil {
			return err
		}
		r := &row{given: values{}}
		for _, name := range d.Query.Columns {
			r.given[name] = null
			if v, ok := all[name]; ok {
				r.given[name] = v
			}
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// jsonOf is a value of a payload as JSON that json_to_recordset makes the same
// value of.
func (d *doing) jsonOf(column string, form query.Form, arg database.Arg) (json.RawMessage, error) {
	text, ok := arg.Get()
	col := d.Rel.Column(column)
	switch {
	case !ok:
		return null, nil
	case form == query.Converted:
		v, err := object([]byte(text))
		return v["v"], err
	case col != nil && query.IsJSON(col):
		return json.RawMessage(text), nil
	}
	quoted, err := json.Marshal(text)
	return quoted, err
}

// identities draws the identities of rows that do not say them, so that hooks see
// them. They are the owner's to draw: nobody needs a privilege for them. overriding
// tells that the statement has to say so.
func (d *doing) identities(rows []*row) (overriding bool, err error) {
	for _, col := range d.Rel.Columns {
		if col.Identity == "" {
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { _, ok := r.given[col.Name]; return ok })
		if len(missing) < len(rows) && col.Identity == "ALWAYS" || len(missing) == 0 {
			continue // the database refuses it
		}
		if err := d.owner(); err != nil {
			return false, err
		}
		drawn, err := d.records("SELECT nextval(pg_get_serial_sequence("+literal(d.table)+", "+literal(col.Name)+")) FROM generate_series(1, $1::integer)", len(missing))
		if err != nil {
			return false, err
		}
		for i, r := range missing {
			r.given[col.Name] = json.RawMessage(drawn[i].Text(0))
			delete(r.defaulted, col.Name)
		}
		overriding = overriding || col.Identity == "ALWAYS"
	}
	return overriding, d.asCaller()
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// preview has the database make typed rows of the payload, with the defaults of
// what is missing, under the caller's role.
func (d *doing) preview(rows []*row) error {
	mark := d.free("_d")
	var list, from []string
	for i, col := range d.Rel.Columns {
		name := query.Quote(col.Name)
		value := "CAST(" + query.DefaultOf(col) + " AS " + query.Unlimited(col.Type) + ")"
		said, defaulted := said(rows, col.Name)
		if said {
			from = append(from, name+" "+query.Unlimited(col.Type))
			if defaulted {
				flag := query.Quote(mark + strconv.Itoa(i))
				from = append(from, flag+" boolean")
				value = "CASE WHEN _j." + flag + " THEN " + value + " ELSE _j." + name + " END"
			} else {
				value = "_j." + name
			}
		}
		if !col.Generated && (said || col.Identity == "") {
			list = append(list, value+" AS "+name)
		}
	}
	if len(from) == 0 {
		from = append(from, query.Quote(mark)+" boolean")
	}
	r := d.free("_r")
	sql := "SELECT row_to_json(" + r + "), " + d.privileges() + " FROM (SELECT " + strings.Join(list, ", ") +
		" FROM json_to_recordset($1) AS _j(" + strings.Join(from, ", ") + ")) " + r
	found, err := d.records(sql, d.keyed(rows, func(b []byte, _ int, r *row) []byte {
		for i, col := range d.Rel.Columns {
			if v, ok := r.given[col.Name]; ok {
				b = appendMember(b, col.Name, v)
			} else if r.defaulted[col.Name] {
				b = appendMember(b, mark+strconv.Itoa(i), json.RawMessage("true"))
			}
		}
		return b
	}))
	if err != nil {
		return err
	}
	if len(found) != len(rows) {
		return fault.New(fault.InternalError, "hooks: %d rows became %d", len(rows), len(found))
	}
	for i, r := range rows {
		if r.shown, err = object([]byte(found[i].Text(0))); err != nil {
			return err
		}
		d.all = found[i].Text(1) == "t"
	}
	return nil
}

// said tells whether any row gives a value of a column, and whether some leave it to
// the default all the same.
func said(rows []*row, name string) (given, defaulted bool) {
	for _, r := range rows {
		if _, ok := r.given[name]; ok {
			given = true
		} else {
			defaulted = true
		}
	}
	return given, defaulted
}

// split finds the rows of an upsert that exist. Those to be changed are locked, and
// shown with their present values under the ones given.
func (d *doing) split(rows []*row) (fresh, existing []*row, err error) {
	if err := d.owner(); err != nil {
		return nil, nil, err
	}
	shown := func(r *row, name string) json.RawMessage { return r.shown[name] }
	found, err := d.numbered(rows, d.Query.Conflict, shown, " FOR UPDATE OF "+d.free("_t"))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range found {
		r := rows[f.Int(0)]
		r.exists = true
		if r.old, err = object([]byte(f.Text(1))); err != nil {
			return nil, nil, err
		}
		r.proposed = r.shown
		r.shown = d.over(r.old, r.proposed, d.Query.Columns)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		switch {
		case r.exists && d.Query.Resolution == query.Merge:
			existing = append(existing, r)
		case !r.exists && (d.Query.Resolution == query.Merge || !d.repeats(r, seen)):
			fresh = append(fresh, r)
		}
	}
	return fresh, existing, nil
}

// repeats tells whether a row of the request has the key of one before it, which
// stands then.
func (d *doing) repeats(r *row, seen map[string]bool) bool {
	var key strings.Builder
	for _, name := range d.Query.Conflict {
		if isNull(r.shown[name]) {
			return false
		}
		key.WriteString(strconv.Itoa(len(r.shown[name])) + ":" + string(r.shown[name]))
	}
	again := seen[key.String()]
	seen[key.String()] = true
	return again
}

// over lays the new values of columns over an old row, without what the database
// generates.
func (d *doing) over(old, now values, columns []string) values {
	out := make(values, len(old))
	for _, col := range d.Rel.Columns {
		if !col.Generated {
			out[col.Name] = old[col.Name]
		}
	}
	for _, name := range columns {
		if _, ok := out[name]; ok {
			out[name] = now[name]
		}
	}
	return out
}

// store runs the insert with the rows as the hooks left them.
func (d *doing) store(rows, existing []*row, overriding bool) (Result, error) {
	final := d.Query
	final.Bulk, final.Forms, final.Overriding = true, nil, overriding
	final.Columns = d.columns(rows)
	if d.Query.Resolution == query.Merge {
		changed := d.changedColumns(existing)
		for _, name := range d.Query.Conflict {
			if slices.Contains(changed, name) {
				return Result{}, wrong("a hook changed the column %q, by which the upsert finds the row", name)
			}
		}
		final.Merging = union(d.Query.Columns, changed)
	}
	payload := d.keyed(rows, func(b []byte, _ int, r *row) []byte {
		for _, name := range final.Columns {
			b = appendMember(b, name, r.stored(name, final.Merging))
		}
		return b
	})
	result, err := d.perform(&final, append([]database.Arg{payload}, d.conditions()...), without(final.Columns, d.Query.Columns), rows)
	if err == nil && d.Query.Resolution != query.Fail {
		err = d.checkFresh(result, rows, existing)
	}
	return result, err
}

// stored is the value of a column of a row to be inserted. A row that exists already
// is proposed as it would be without it, for the columns that it keeps.
func (r *row) stored(name string, merging []string) json.RawMessage {
	if !r.exists || slices.Contains(merging, name) {
		return r.final(name)
	}
	if v := r.proposed[name]; !isNull(v) {
		return v
	}
	if v, ok := r.old[name]; ok {
		return v
	}
	return null
}

// checkFresh refuses an upsert when another transaction made a row since the hooks
// saw that there was none. An answer in an order or with embedded rows does not tell.
func (d *doing) checkFresh(result Result, rows, existing []*row) error {
	arranged := d.Query.Returning == query.ReturnRows && (d.Query.Limit || d.Query.Offset || len(d.Query.Order)+len(d.Query.Children) > 0)
	if arranged || d.Query.Matching && result.Affected == 0 {
		return nil
	}
	written := result.Affected
	if d.Query.Resolution == query.Merge {
		written = result.Fresh
	}
	if written != int64(len(rows)-len(existing)) {
		return d.stale()
	}
	return nil
}

func (d *doing) stale() error {
	return fault.New(fault.SerializationFailure, "rows of %q changed while its hooks ran", d.Rel.Name.Name).WithHint("Repeat the request.")
}

// conditions are the values of the conditions that an insert takes: those of PUT.
func (d *doing) conditions() []database.Arg {
	if d.Query.Matching {
		return d.Conditions
	}
	return nil
}

// columns are those that an insert has to say: what the request says, what was
// shown of defaults, and what hooks set.
func (d *doing) columns(rows []*row) []string {
	changed := d.changedColumns(rows)
	out := slices.Clone(d.Query.Columns)
	for _, col := range d.Rel.Columns {
		given, _ := said(rows, col.Name)
		if !slices.Contains(out, col.Name) && (given || !col.Generated && col.Default != "" || slices.Contains(changed, col.Name)) {
			out = append(out, col.Name)
		}
	}
	return out
}

// union is never nil.
func union(a, b []string) []string { return slices.Concat([]string{}, a, without(b, a)) }

// without lists what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
