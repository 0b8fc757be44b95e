// Package hooked performs the writes of the data APIs to tables with hooks. What
// is one statement elsewhere is several here, in one transaction: the rows as they
// are about to be written, the hooks before, the write under the caller's role and
// policies, the rows as they were written, the hooks after.
package hooked

import (
	"context"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// Write is a write to a table with hooks.
type Write struct {
	Run     *hooks.Run
	Snap    *schema.Snapshot
	Rel     *schema.Relation
	Session database.Session // of the caller
	// Query is the write as it would be compiled without hooks.
	Query query.Write
	// Payload are the values of the payload, Conditions those of the conditions, and
	// Returned whatever values stand behind these.
	Payload, Conditions, Returned []database.Arg
	// Response takes what functions say about the response.
	Response *database.Response
}

// Result is how many rows were written, and how many of them are new, which only
// an upsert tells.
type Result struct{ Affected, Fresh int64 }

// Find returns the run of the hooks of a write, nil when the table has none for it.
// A view through which a table with hooks is written is refused: the table's rules
// would be passed by.
func Find(ctx context.Context, r *hooks.Registry, rel *schema.Relation, s database.Session, a query.Action, merges bool) (*hooks.Run, error) {
	if err := r.Ready(ctx); err != nil {
		return nil, err
	}
	if r.Empty() {
		return nil, nil
	}
	operations := operationsOf(a, merges)
	if rel.Kind == schema.View {
		return nil, checkView(r, rel, operations)
	}
	chain := r.For(rel.Schema, rel.Name.Name, operations...)
	if chain == nil {
		return nil, nil
	}
	if len(rel.PrimaryKey) == 0 && (a != query.Insert || merges || chain.HasAfter(hooks.Insert)) {
		return nil, fault.Unsupported("the table %q has hooks for this write but no primary key", rel.Name.Name).
			WithHint("Give the table a primary key, by which hooks tell its rows apart.")
	}
	return chain.Begin(s), nil
}

func operationsOf(a query.Action, merges bool) []string {
	switch {
	case a == query.Update:
		return []string{hooks.Update}
	case a == query.Delete:
		return []string{hooks.Delete}
	case merges:
		return []string{hooks.Insert, hooks.Update}
	}
	return []string{hooks.Insert}
}

func checkView(r *hooks.Registry, rel *schema.Relation, operations []string) error {
	for _, col := range rel.Columns {
		if col.Source == nil || r.For(col.Source.Relation.Schema, col.Source.Relation.Name, operations...) == nil {
			continue
		}
		return fault.Unsupported("the view %q shows the table %q, which has hooks", rel.Name.Name, col.Source.Relation.Name).
			WithHint("Write to the table itself.")
	}
	return nil
}

// Do performs the write in a transaction of the caller's session. each takes the
// rows to be returned, with the plan that made them; the session is the caller's
// again when it returns without an error.
func (w *Write) Do(ctx context.Context, tx database.Tx, each func(*query.Plan, database.Rows) error) (Result, error) {
	d := &doing{Write: w, ctx: ctx, tx: tx, each: each, table: query.Quote(w.Rel.Schema) + "." + query.Quote(w.Rel.Name.Name)}
	var result Result
	var err error
	switch w.Query.Action {
	case query.Insert:
		result, err = d.insert()
	case query.Update:
		result, err = d.update()
	default:
		result, err = d.delete()
	}
	if err != nil {
		return result, err
	}
	return result, d.asCaller()
}

// doing is a write under way.
type doing struct {
	*Write
	ctx   context.Context
	tx    database.Tx
	each  func(*query.Plan, database.Rows) error
	table string // quoted

	asOwner bool // the transaction is the owner's now
	all     bool // the caller may write every column
}

// caller and owner say as whom the statements that follow run. The owner sees every
// row and column; the claims stay the caller's.
func (d *doing) asCaller() error {
	if !d.asOwner {
		return nil
	}
	d.asOwner = false
	return d.tx.SetSession(d.ctx, d.Session)
}

func (d *doing) owner() error {
	if d.asOwner || d.Session.Role == "" {
		return nil
	}
	d.asOwner = true
	s := d.Session
	s.Role = ""
	return d.tx.SetSession(d.ctx, s)
}

func (d *doing) records(sql string, args ...any) ([]database.Record, error) {
	return database.Records(d.ctx, d.tx, sql, args...)
}

// exec runs a compiled write or read. The rows go to each unless it is nil.
func (d *doing) exec(plan *query.Plan, values []database.Arg, each func(*query.Plan, database.Rows) error) (Result, error) {
	var out Result
	args, err := plan.Bind(values)
	if err != nil {
		return out, err
	}
	rows, err := d.tx.Query(d.ctx, database.Statement{SQL: plan.SQL, Args: args, Response: d.Response})
	if err != nil {
		return out, err
	}
	defer rows.Close()
	returns := len(rows.Columns()) > 0
	for rows.Next() {
		out.Affected++
		if plan.Fresh && string(rows.Value(0)) == "t" {
			out.Fresh++
		}
		if each != nil && len(plan.Columns) > 0 {
			if err := each(plan, rows); err != nil {
				return out, err
			}
		}
	}
	if !returns {
		out.Affected = TagCount(rows.Tag())
	}
	return out, rows.Err()
}

// TagCount is the number at the end of a command tag, "INSERT 0 3".
func TagCount(tag string) int64 {
	n, _ := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64)
	return n
}

// perform runs the final statement of a write: as the caller, whose policies check
// what the hooks made of the rows, or where the hooks set columns that the caller may
// not write (beyond), as the owner after the policies were checked.
func (d *doing) perform(final *query.Write, values []database.Arg, beyond []string, rows []*row) (Result, error) {
	within, err := d.mayWrite(final, beyond)
	if err != nil {
		return Result{}, err
	}
	if within {
		plan, err := query.CompileWrite(d.Snap, final)
		if err != nil {
			return Result{}, err
		}
		return d.exec(plan, append(values, d.Returned...), d.each)
	}
	if err := d.checkPolicies(final, rows); err != nil {
		return Result{}, err
	}
	if err := d.owner(); err != nil {
		return Result{}, err
	}
	bare := *final
	bare.Returning = query.ReturnNothing
	bare.Select, bare.Children, bare.Order, bare.Limit, bare.Offset = nil, nil, nil, false, false
	plan, err := query.CompileWrite(d.Snap, &bare)
	if err != nil {
		return Result{}, err
	}
	result, err := d.exec(plan, values, nil)
	if err != nil || final.Returning == query.ReturnNothing {
		return result, err
	}
	result.Affected, err = d.reread(final, rows, result.Affected)
	return result, err
}

// reread returns what a write that the owner made returns to the caller: the rows
// that he may see, which must be all.
func (d *doing) reread(final *query.Write, rows []*row, affected int64) (int64, error) {
	if err := d.asCaller(); err != nil {
		return 0, err
	}
	if len(d.Rel.PrimaryKey) == 0 {
		return 0, fault.Unsupported("rows of %q, which has no primary key, cannot be returned: a hook set columns that the caller may not write", d.Rel.Name.Name).
			WithHint("Ask for return=minimal, or give the table a primary key.")
	}
	read := query.Read{Node: final.Node, Format: final.Format}
	read.Where = []query.Cond{{Op: query.InKeys}}
	if final.Returning == query.ReturnKey {
		read.Format, read.Children, read.Select = query.Text, nil, nil
		for _, name := range d.Rel.PrimaryKey {
			read.Select = append(read.Select, query.Item{Field: query.Field{Column: name}})
		}
	}
	plan, err := query.CompileRead(d.Snap, &read)
	if err != nil {
		return 0, err
	}
	values := d.Returned
	if n := d.embeddedValues(plan); n <= len(values) { // a read takes them around its conditions
		values = append(append(append([]database.Arg{}, values[:n]...), d.keys(rows)), values[n:]...)
	}
	shown, err := d.exec(plan, values, d.each)
	if err == nil && shown.Affected < affected && !final.Limit && !final.Offset {
		err = d.violates("new row violates row-level security policy for table %q")
	}
	return shown.Affected, err
}

// embeddedValues is how many of the values behind a write's conditions belong to
// embedded relations: all but limit and offset.
func (d *doing) embeddedValues(*query.Plan) int {
	n := len(d.Returned)
	for _, bound := range []bool{d.Query.Limit, d.Query.Offset} {
		if bound {
			n--
		}
	}
	return max(0, n)
}

func (d *doing) violates(format string) error {
	return fault.New(fault.InsufficientPrivilege, format, d.Rel.Name.Name)
}
