package rest

import (
	"errors"
	"net/http"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/hooked"
	"github.com/galleyhq/galley/internal/rest/payload"
	"github.com/galleyhq/galley/internal/rest/render"
	"github.com/galleyhq/galley/internal/schema"
)

// maxReturned bounds what a write returns: its rows are all read before the
// status is known.
const maxReturned = 256 << 20

// insert answers POST.
func (a *api) insert(w http.ResponseWriter, r *http.Request, q *request) error {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return err
	}
	body, err := readPayload(r, false)
	if err != nil {
		return err
	}
	p, err := payload.ForInsert(rel, body, q.body())
	if err != nil {
		return err
	}
	c := &change{action: query.Insert, rel: rel, snap: snap, payload: p}
	if err := c.resolve(q); err != nil {
		return err
	}
	return a.write(w, r, q, c)
}

// update answers PATCH.
func (a *api) update(w http.ResponseWriter, r *http.Request, q *request) error {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return err
	}
	q.merged = q.prefer.Patch == "merge"
	patch := q.merged || content.IsMergePatch(header(r, "Content-Type"))
	body, err := readPayload(r, patch)
	if err != nil {
		return err
	}
	p, err := payload.ForUpdate(rel, body, q.body(), patch)
	if err != nil {
		return err
	}
	return a.write(w, r, q, &change{action: query.Update, rel: rel, snap: snap, payload: p})
}

// delete answers DELETE.
func (a *api) delete(w http.ResponseWriter, r *http.Request, q *request) error {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return err
	}
	return a.write(w, r, q, &change{action: query.Delete, rel: rel, snap: snap, payload: &payload.Payload{}})
}

// readPayload reads the body of a write; patch tells that it is a merge patch.
func readPayload(r *http.Request, patch bool) (*content.Body, error) {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	return content.Parse(header(r, "Content-Type"), body, patch)
}

// body is what a request says of its body.
func (q *request) body() payload.Request {
	return payload.Request{Params: &q.params, MissingDefault: q.prefer.Missing == "default"}
}

// change is one write.
type change struct {
	action  query.Action
	rel     *schema.Relation
	snap    *schema.Snapshot
	payload *payload.Payload
	page    grammar.Page

	resolution query.Resolution
	conflict   []string // the columns that tell which rows exist already
	put        bool

	affected int64
	fresh    int64 // rows of an upsert that are new
	location string
}

func (a *api) write(w http.ResponseWriter, r *http.Request, q *request, c *change) (err error) {
	if q.params.After != "" {
		return fault.New("PGRST100", "the after parameter is for reading only").WithStatus(http.StatusBadRequest)
	}
	if c.page, err = grammar.NewPage(q.params.Limit, q.params.Offset, "", 0); err != nil {
		return err
	}
	plan, err := a.writePlan(q, c)
	if err != nil {
		return err
	}
	run, err := hooked.Find(r.Context(), a.Hooks, c.rel, q.session, c.action, c.resolution == query.Merge)
	if err != nil {
		return err
	}
	if q.media.Plan != nil && plan != nil {
		st, err := q.bindWrite(c, plan)
		if err != nil {
			return err
		}
		st.Rollback = a.rollsBack(q)
		return a.explain(w, r, q, st)
	}
	if run != nil && !c.empty() {
		return a.writeHooked(w, r, q, c, run, plan)
	}
	out := a.bodies.New(q.media, plan)
	defer a.bodies.Free(out)
	if !c.empty() {
		if err := a.perform(r, q, c, plan, out); err != nil {
			return err
		}
	} else if err := q.checkAffected(0); err != nil {
		return err
	}
	out.End()
	return a.written(w, q, c, out)
}

// empty tells whether there is nothing to write.
func (c *change) empty() bool {
	return c.action == query.Insert && c.payload.Rows == 0 || c.action == query.Update && len(c.payload.Columns) == 0
}

// returning is what is needed of the rows written.
func (q *request) returning(c *change) query.Returning {
	switch {
	case q.prefer.Return == "representation":
		return query.ReturnRows
	case q.prefer.Return == "headers-only" && c.action == query.Insert && len(c.rel.PrimaryKey) > 0:
		return query.ReturnKey
	}
	return query.ReturnNothing
}

// writePlan returns the plan for a write, from the cache when its shape is
// known; nil when there is nothing to write.
func (a *api) writePlan(q *request, c *change) (*query.Plan, error) {
	returning := q.returning(c)
	q.beginShape("IUD"[c.action], c.snap.Version)
	q.mark(q.media.CSV, q.media.Stripped, c.page.Limit >= 0, c.page.Offset > 0, returning == query.ReturnRows, returning == query.ReturnKey)
	q.mark(c.resolution == query.Merge, c.resolution == query.Ignore, c.put)
	q.shape = query.AppendName(q.shape, q.params.OnConflict)
	q.shape = c.payload.AppendShape(q.shape)
	q.shape = query.AppendShape(q.shape, q.params.Where)
	q.embedShape()
	if plan, ok := a.plans.Get(q.shape); ok {
		return plan, nil
	}
	write, err := q.writeOf(c)
	if err != nil || c.empty() {
		return nil, err
	}
	plan, err := query.CompileWrite(c.snap, write)
	if err == nil {
		a.plans.Put(q.shape, plan)
	}
	return plan, err
}

// writeOf is what a write asks for.
func (q *request) writeOf(c *change) (*query.Write, error) {
	write := &query.Write{Action: c.action, Columns: c.payload.Columns, Forms: c.payload.Forms, Bulk: c.payload.Bulk,
		Resolution: c.resolution, Conflict: c.conflict, Matching: c.put, Returning: q.returning(c), Format: format(q.media)}
	if err := q.fill(&write.Node); err != nil {
		return nil, err
	}
	if err := q.fillChildren(&write.Node); err != nil {
		return nil, err
	}
	limitChildren(&write.Node)
	if write.Returning != query.ReturnRows { // PostgREST reads the select list, and ignores it
		write.Select, write.Children = nil, nil
	}
	if c.action == query.Insert && !c.put {
		write.Where = nil
	}
	write.Limit, write.Offset = c.page.Limit >= 0, c.page.Offset > 0
	return write, nil
}

// bindWrite collects the values of a write.
func (q *request) bindWrite(c *change, plan *query.Plan) (database.Statement, error) {
	q.values = append(q.values, c.payload.Values...)
	q.values = append(q.values, q.conditionValues(c)...)
	q.bindReturned(c, plan)
	q.said = &database.Response{}
	args, err := plan.Bind(q.values)
	return database.Statement{SQL: plan.SQL, Args: args, Response: q.said}, err
}

// conditionValues are the values of the conditions of a write.
func (q *request) conditionValues(c *change) []database.Arg {
	if c.action == query.Insert && !c.put {
		return nil
	}
	return query.Values(nil, q.params.Where)
}

// bindReturned collects the values of what a write returns.
func (q *request) bindReturned(c *change, plan *query.Plan) {
	if q.returning(c) != query.ReturnRows {
		return
	}
	q.bindEmbedded(plan, 0)
	if c.page.Limit >= 0 {
		q.values = append(q.values, number(c.page.Limit))
	}
	if c.page.Offset > 0 {
		q.values = append(q.values, number(c.page.Offset))
	}
}

// errUndo ends a transaction in rollback after it did what was asked.
var errUndo = errors.New("rest: the transaction ends in rollback")

// perform runs a write. One whose result may still be refused runs in a
// transaction, to be undone then; any other is one statement.
func (a *api) perform(r *http.Request, q *request, c *change, plan *query.Plan, out *render.Renderer) error {
	st, err := q.bindWrite(c, plan)
	if err != nil {
		return err
	}
	ctx, undo := r.Context(), a.rollsBack(q)
	if !q.checksAffected(c) && !c.put {
		st.Rollback = undo
		rows, err := a.DB.Query(ctx, q.session, st)
		return c.collect(q, plan, out, rows, err)
	}
	err = database.InTx(ctx, a.DB, q.session, database.TxOptions{}, func(tx database.Tx) error {
		rows, err := tx.Query(ctx, st)
		if err := c.collect(q, plan, out, rows, err); err != nil {
			return err
		}
		return a.endsWell(q, c)
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// checksAffected tells whether the number of rows written decides if the write
// stands.
func (q *request) checksAffected(c *change) bool {
	return q.media.Singular || c.action != query.Insert && q.maxAffected() >= 0
}

func (q *request) maxAffected() int64 {
	if q.prefer.Handling != "strict" {
		return -1
	}
	return q.prefer.MaxAffected
}

func (q *request) checkAffected(n int64) error {
	if q.media.Singular && n != 1 {
		return errTooManyRows(n)
	}
	if limit := q.maxAffected(); limit >= 0 && n > limit {
		return errMaxAffected(n)
	}
	return nil
}
