package rest

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

// counting says how a read counts all rows: not at all (""), "exact", "planned" or
// "estimated". The embedded engine has no estimates, and counts exactly.
func (a *api) counting(q *request) string {
	switch c := q.prefer.Count; {
	case c == "none":
		return ""
	case c != "" && a.DB.Engine() == "embedded":
		return "exact"
	default:
		return c
	}
}

// estimate is how many rows a read has without its limit, by PostgreSQL's
// statistics. An estimated count is exact up to as many rows as one answer may
// have (PostgREST documentation, "Pagination and Count").
func (a *api) estimate(r *http.Request, q *request, kind string) (int64, error) {
	counted := int64(0)
	if kind == "estimated" && a.MaxRows > 0 {
		n, err := a.countUpTo(r, q, a.MaxRows+1)
		if err != nil || n <= a.MaxRows {
			return n, err
		}
		counted = n
	}
	text, err := a.single(r, q, query.Planned, grammar.Page{Limit: -1})
	if err != nil {
		return 0, err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) == 0 {
		return 0, fault.Internal(err)
	}
	return max(counted, int64(plans[0].Plan.Rows)), nil
}

func (a *api) countUpTo(r *http.Request, q *request, limit int64) (int64, error) {
	text, err := a.single(r, q, query.CountOnly, grammar.Page{Limit: limit})
	return parseCount(text), err
}

// single runs a read whose result is one value.
func (a *api) single(r *http.Request, q *request, f query.Format, page grammar.Page) ([]byte, error) {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return nil, err
	}
	read := query.Read{Format: f}
	if err := q.fill(&read.Node); err != nil {
		return nil, err
	}
	if err := q.fillChildren(&read.Node); err != nil {
		return nil, err
	}
	limitChildren(&read.Node)
	read.Schema, read.Name, read.Limit = rel.Schema, rel.Name.Name, page.Limit >= 0
	plan, err := query.CompileRead(snap, &read)
	if err != nil {
		return nil, err
	}
	before, after := q.values, q.after
	defer func() { q.values, q.after = before, after }()
	q.values, q.after = nil, nil
	st, err := q.bindRead(plan, page, false, a.MaxRows)
	if err != nil {
		return nil, err
	}
	var out []byte
	rows, err := a.DB.Query(r.Context(), q.session, st)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		out = append(out, rows.Value(0)...)
	}
	return out, rows.Err()
}

// explain answers with the plan of a statement instead of its result (PostgREST
// documentation, "Execution plan").
func (a *api) explain(w http.ResponseWriter, r *http.Request, q *request, st database.Statement) error {
	options := append([]string{"FORMAT TEXT"}, q.media.Plan.Options...)
	if q.media.Plan.JSON {
		options[0] = "FORMAT JSON"
	}
	st.SQL = "EXPLAIN (" + strings.Join(options, ", ") + ") " + st.SQL
	rows, err := a.DB.Query(r.Context(), q.session, st)
	if err != nil {
		return err
	}
	defer rows.Close()
	var out []byte
	for rows.Next() {
		out = append(append(out, rows.Value(0)...), '\n')
	}
	if err := rows.Err(); err != nil {
		return err
	}
	q.said = nil
	return q.send(w, http.StatusOK, q.media.Plan.ContentType(q.media), out)
}
