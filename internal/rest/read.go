package rest

import (
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

// read answers GET and HEAD.
func (a *api) read(w http.ResponseWriter, r *http.Request, q *request) error {
	page, err := grammar.NewPage(q.params.Limit, q.params.Offset, rangeHeader(r), a.MaxRows)
	if err != nil {
		return err
	}
	kind := a.counting(q)
	counted := kind == "exact"
	head := r.Method == http.MethodHead || counted && page.Limit == 0
	plan, err := a.readPlan(r, q, page, head)
	if err != nil {
		return err
	}
	st, err := q.bindRead(plan, page, head && counted, a.MaxRows)
	if err != nil {
		return err
	}
	st.Rollback = a.rollsBack(q)
	if q.media.Plan != nil {
		return a.explain(w, r, q, st)
	}
	answer := readAnswer{api: a, w: w, r: r, q: q, plan: plan, page: page, total: unknown}
	if kind == "planned" || kind == "estimated" {
		answer.estimated = true
		if answer.total, err = a.estimate(r, q, kind); err != nil {
			return err
		}
	}
	rows, err := a.DB.Query(r.Context(), q.session, st)
	if err != nil {
		return err
	}
	defer rows.Close()
	if head {
		return answer.counts(rows, counted)
	}
	return answer.rows(rows)
}

// rangeHeader returns the Range header of a GET; other methods have none.
func rangeHeader(r *http.Request) string {
	if r.Method != http.MethodGet {
		return ""
	}
	return header(r, "Range")
}

// readPlan returns the plan for a read, from the cache when its shape is known.
func (a *api) readPlan(r *http.Request, q *request, page grammar.Page, head bool) (*query.Plan, error) {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return nil, err
	}
	counted := a.counting(q) == "exact"
	limit, offset := page.Limit >= 0, page.Offset > 0
	if head && counted {
		limit, offset = false, false
	}
	if err := q.begin(rel); err != nil {
		return nil, err
	}
	paged, whole := q.paged(r, page) && !head, head && counted
	if whole {
		q.after = nil
	}
	q.beginShape('R', snap.Version)
	q.mark(head, counted, limit, offset, q.media.CSV, q.media.Stripped, paged)
	q.shape = query.AppendShape(q.shape, q.params.Where)
	q.shape = query.AppendShape(q.shape, q.after)
	q.embedShape()
	if plan, ok := a.plans.Get(q.shape); ok {
		return plan, nil
	}
	read := query.Read{Format: format(q.media), Count: counted && !head, Paged: paged, After: q.after}
	if err := q.fill(&read.Node); err != nil {
		return nil, err
	}
	if err := q.fillChildren(&read.Node); err != nil {
		return nil, err
	}
	limitChildren(&read.Node)
	read.Schema, read.Name = rel.Schema, rel.Name.Name
	read.Limit, read.Offset = limit, offset
	if head {
		read.Format = query.CountOnly
	}
	plan, err := query.CompileRead(snap, &read)
	if err == nil {
		a.plans.Put(q.shape, plan)
	}
	return plan, err
}

func format(m grammar.Media) query.Format {
	switch {
	case m.CSV:
		return query.Text
	case m.Stripped:
		return query.StrippedJSON
	}
	return query.JSON
}

// bindRead collects the values of a read. A count of everything takes neither
// limit nor offset.
func (q *request) bindRead(plan *query.Plan, page grammar.Page, whole bool, maxRows int64) (database.Statement, error) {
	q.bindEmbedded(plan, maxRows)
	q.values = query.Values(q.values, q.params.Where)
	q.values = query.Values(q.values, q.after)
	if page.Limit >= 0 && !whole {
		limit := page.Limit
		if len(plan.Keys) > 0 { // one row more tells whether there is a next page
			limit++
		}
		q.values = append(q.values, number(limit))
	}
	if page.Offset > 0 && !whole {
		q.values = append(q.values, number(page.Offset))
	}
	args, err := plan.Bind(q.values)
	return database.Statement{SQL: plan.SQL, Args: args, ReadOnly: true}, err
}

func number(n int64) database.Arg { return database.Text(strconv.FormatInt(n, 10)) }
