package hooked

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
)

// update performs an update: the rows it touches are locked under the caller's
// policies, and written by their keys.
func (d *doing) update() (Result, error) {
	if err := d.mayRequest(); err != nil {
		return Result{}, err
	}
	rows, err := d.lock()
	if err != nil {
		return Result{}, err
	}
	if rows, err = d.old(rows, ""); err != nil {
		return Result{}, err
	}
	for _, r := range rows {
		r.shown = d.over(r.old, r.proposed, d.Query.Columns)
	}
	if err := d.before(hooks.Update, rows); err != nil {
		return Result{}, err
	}
	result, err := d.change(rows)
	if err != nil {
		return result, err
	}
	return result, d.after(hooks.Update, rows)
}

// lock reads the keys and new values of the rows that the request names. The keys
// stand in old until all of it is read.
func (d *doing) lock() ([]*row, error) {
	plan, err := query.CompileLock(d.Snap, &d.Query)
	if err != nil {
		return nil, err
	}
	args, err := plan.Bind(append(slices.Clone(d.Payload), d.Conditions...))
	if err != nil {
		return nil, err
	}
	result, err := d.tx.Query(d.ctx, database.Statement{SQL: plan.SQL, Args: args})
	if err != nil {
		return nil, err
	}
	defer result.Close()
	var rows []*row
	for result.Next() {
		r := &row{old: values{}}
		if text := result.Value(0); text != nil {
			if r.proposed, err = object(text); err != nil {
				return nil, err
			}
		}
		for i, name := range d.Rel.PrimaryKey {
			if r.old[name], err = json.Marshal(string(result.Value(i + 1))); err != nil {
				return nil, err
			}
		}
		if err := d.Run.CheckRows(len(rows) + 1); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, result.Err()
}

// old reads rows by their keys, with all columns; those that are gone are left out.
func (d *doing) old(rows []*row, tail string) ([]*row, error) {
	if err := d.owner(); err != nil {
		return nil, err
	}
	found, err := d.numbered(rows, d.Rel.PrimaryKey, func(r *row, name string) json.RawMessage { return r.old[name] }, tail)
	if err != nil {
		return nil, err
	}
	kept := make([]*row, 0, len(rows))
	for _, f := range found {
		r := rows[f.Int(0)]
		if r.old, err = object([]byte(f.Text(1))); err != nil {
			return nil, err
		}
		kept = append(kept, r)
	}
	return kept, d.asCaller()
}

// change runs the update of rows: the columns that hooks changed row by row, the
// others as the request says them.
func (d *doing) change(rows []*row) (Result, error) {
	final := d.Query
	final.Where, final.Columns, final.Forms = nil, nil, [][]query.Form{nil}
	changed := d.changedColumns(rows)
	var payload []database.Arg
	left := d.Payload
	for i, name := range d.Query.Columns {
		form := d.Query.Forms[0][i]
		if form == query.Default {
			if col := d.Rel.Column(name); col.Default != "" && !col.Generated && !slices.Contains(changed, name) {
				changed = append(changed, name) // what the hooks saw of a default is what is stored
				continue
			}
		}
		kept := !slices.Contains(changed, name)
		if kept {
			final.Columns, final.Forms[0] = append(final.Columns, name), append(final.Forms[0], form)
		}
		if form != query.Default {
			if kept {
				payload = append(payload, left[0])
			}
			left = left[1:]
		}
	}
	final.Rowwise = changed
	if len(changed) == 0 {
		final.Where = []query.Cond{{Op: query.InKeys}}
		payload = append(payload, d.oldKeys(rows))
	} else {
		payload = append(payload, d.rowwise(rows, changed))
	}
	result, err := d.perform(&final, payload, without(changed, d.Query.Columns), rows)
	if err == nil && !d.Query.Limit && !d.Query.Offset && result.Affected < int64(len(rows)) {
		err = d.stale()
	}
	return result, err
}

// rowwise is the value of query.Write.Rowwise.
func (d *doing) rowwise(rows []*row, columns []string) database.Arg {
	return d.keyed(rows, func(b []byte, _ int, r *row) []byte {
		b = d.appendKey(b, func(name string) json.RawMessage { return r.old[name] })
		for i, name := range columns {
			b = appendMember(b, query.ValueName(i), r.final(name))
		}
		return b
	})
}

// delete performs a delete: the rows that the caller sees are locked, those that
// his policies let him delete are shown to the hooks, and deleted by their keys.
func (d *doing) delete() (Result, error) {
	if err := d.mayRequest(); err != nil {
		return Result{}, err
	}
	rows, err := d.lock()
	if err != nil {
		return Result{}, err
	}
	if rows, err = d.old(rows, " FOR UPDATE OF "+d.free("_t")); err != nil {
		return Result{}, err
	}
	if rows, err = d.deletable(rows); err != nil {
		return Result{}, err
	}
	if err := d.before(hooks.Delete, rows); err != nil {
		return Result{}, err
	}
	final := d.Query
	final.Where = append(slices.Clone(d.Query.Where), query.Cond{Op: query.InKeys})
	plan, err := query.CompileWrite(d.Snap, &final)
	if err != nil {
		return Result{}, err
	}
	bound := append(slices.Clone(d.Conditions), d.oldKeys(rows))
	result, err := d.exec(plan, append(bound, d.Returned...), d.each)
	if err != nil {
		return result, err
	}
	if !d.Query.Limit && !d.Query.Offset && result.Affected < int64(len(rows)) {
		return result, d.stale()
	}
	return result, d.after(hooks.Delete, rows)
}

// deletable leaves out the rows that the policies for DELETE hide from the caller.
func (d *doing) deletable(rows []*row) ([]*row, error) {
	if !d.Rel.RowSecurity || len(rows) == 0 {
		return rows, nil
	}
	hidden, err := d.refused(rows, func(r *row) values { return r.old }, d.condition("DELETE", false))
	if err != nil {
		return nil, err
	}
	for _, i := range hidden {
		rows[i] = nil
	}
	return slices.DeleteFunc(rows, func(r *row) bool { return r == nil }), nil
}

// number is the JSON of a row's place.
func number(i int) json.RawMessage { return json.RawMessage(strconv.Itoa(i)) }
