package rest

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/render"
	"github.com/galleyhq/galley/internal/schema"
)

// paged tells whether a read asks for one page of a list, whose answer may then
// name the next one: its order is completed by the primary key for that.
func (q *request) paged(r *http.Request, page grammar.Page) bool {
	return r.Method == http.MethodGet && page.Limit > 0 && page.Limit < math.MaxInt64 && !q.media.Singular &&
		(q.params.Limit != nil || q.params.Order != "" || rangeHeader(r) != "")
}

// begin reads the place that a page begins after.
func (q *request) begin(rel *schema.Relation) (err error) {
	if q.params.After == "" {
		return nil
	}
	var order []query.Order
	if q.params.Order != "" {
		if order, err = grammar.ParseOrder(q.params.Order); err != nil {
			return err
		}
	}
	order, ok := query.UniqueOrder(rel, order)
	if !ok {
		return fault.New("PGRST100", "a page of this list cannot begin after a row").
			WithDetail("It has no unique order: that needs a table with a primary key, sorted by columns of its own.").WithStatus(http.StatusBadRequest)
	}
	values, err := grammar.ParseAfter(q.params.After, len(order))
	if err == nil {
		q.after = []query.Cond{query.After(rel, order, values)}
	}
	return err
}

// place is where a page ends: what the present row has in the columns by which the
// rows are ordered. Of JSON it is read from what was rendered, once it is known that
// there is a next row.
func (a *readAnswer) place(rows database.Rows) string {
	list := make([]*string, len(a.plan.Keys))
	for i, key := range a.plan.Keys {
		if v := rows.Value(a.plan.First + slices.Index(a.plan.Columns, key)); v != nil {
			text := string(v)
			list[i] = &text
		}
	}
	text, _ := json.Marshal(list) // strings always have a JSON form
	return string(text)
}

// beyond tells whether the present row is the one after the page, which a page that
// may have a next one is read with. It does not belong to the answer.
func (a *readAnswer) beyond(out *render.Renderer) bool {
	if len(a.plan.Keys) == 0 || out.Rows < a.page.Limit {
		return false
	}
	a.more = true
	return true
}

// linkNext names the next page in a header (RFC 8288). An answer that is sent while
// it is made has none, since its headers go out before its end is known.
func (a *readAnswer) linkNext(out *render.Renderer) {
	if !a.more {
		return
	}
	after, ok := a.last, true
	if !a.q.media.CSV {
		after, ok = grammar.After(out.Last(), a.plan.Keys)
	}
	if ok {
		a.w.Header().Set("Link", "<"+a.r.URL.EscapedPath()+"?"+a.q.params.Next(after, a.page.Limit)+`>; rel="next"`)
	}
}
