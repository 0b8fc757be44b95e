package rest

import (
	"errors"
	"net/http"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/hooked"
	"github.com/galleyhq/galley/internal/rest/render"
)

// writeHooked answers a write to a table with hooks; plan is that of the same write
// without them.
func (a *api) writeHooked(w http.ResponseWriter, r *http.Request, q *request, c *change, run *hooks.Run, plan *query.Plan) error {
	write, err := q.writeOf(c)
	if err != nil {
		return err
	}
	q.bindReturned(c, plan)
	q.said = &database.Response{}
	h := &hooked.Write{Run: run, Snap: c.snap, Rel: c.rel, Session: q.session, Query: *write, Payload: c.payload.values,
		Conditions: q.conditionValues(c), Returned: q.values, Response: q.said}
	var out *render.Renderer
	defer func() {
		if out != nil {
			a.bodies.Free(out)
		}
	}()
	each := func(p *query.Plan, rows database.Rows) error {
		if out == nil {
			out = a.bodies.New(q.media, p)
		}
		return c.take(q, p, out, rows)
	}
	err = database.InTx(r.Context(), a.DB, q.session, database.TxOptions{}, func(tx database.Tx) error {
		result, err := h.Do(r.Context(), tx, each)
		if err != nil {
			return err
		}
		c.affected, c.fresh = result.Affected, result.Fresh
		return a.endsWell(q, c)
	})
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	if out == nil {
		out = a.bodies.New(q.media, plan)
	}
	out.End()
	return a.written(w, q, c, out)
}

// endsWell tells how the transaction of a write ends that was made: nil for its
// commit.
func (a *api) endsWell(q *request, c *change) error {
	if q.checksAffected(c) || c.put {
		if err := q.checkAffected(c.affected); err != nil {
			return err
		}
	}
	if c.put && c.affected == 0 {
		return errKeyMismatch()
	}
	if a.rollsBack(q) {
		return errUndo
	}
	return nil
}
