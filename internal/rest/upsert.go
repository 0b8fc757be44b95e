package rest

import (
	"net/http"
	"slices"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/payload"
)

// resolve decides what an insert does about rows that exist already: what
// Prefer: resolution says, by the columns of on_conflict or the primary key. A
// relation without either is inserted into (PostgREST documentation, "Upsert").
func (c *change) resolve(q *request) (err error) {
	if q.prefer.Resolution == "" {
		return nil
	}
	c.conflict = c.rel.PrimaryKey
	if q.params.HasOnConflict && q.params.OnConflict != "" {
		if c.conflict, err = grammar.ParseColumns(q.params.OnConflict); err != nil {
			return err
		}
	}
	if len(c.conflict) == 0 {
		return nil
	}
	q.resolved, c.resolution = true, query.Ignore
	if q.prefer.Resolution == "merge-duplicates" {
		c.resolution = query.Merge
	}
	return nil
}

// put answers PUT: the row that the filters name by its primary key becomes that
// of the body.
func (a *api) put(w http.ResponseWriter, r *http.Request, q *request) error {
	rel, snap, err := a.relation(r, q)
	if err != nil {
		return err
	}
	if q.params.Limit != nil || q.params.Offset != nil {
		return fault.New("PGRST114", "limit/offset querystring parameters are not allowed for PUT").WithStatus(http.StatusBadRequest)
	}
	if !namesKey(q.params.Where, rel.PrimaryKey) {
		return fault.New("PGRST105", "Filters must include all and only primary key columns with 'eq' operators").
			WithStatus(http.StatusMethodNotAllowed)
	}
	body, err := readPayload(r, false)
	if err != nil {
		return err
	}
	p, err := payload.ForPut(body, q.body())
	if err != nil {
		return err
	}
	if len(p.Columns) == 0 { // and so no key
		return errKeyMismatch()
	}
	return a.write(w, r, q, &change{action: query.Insert, rel: rel, snap: snap, payload: p,
		resolution: query.Merge, conflict: rel.PrimaryKey, put: true})
}

// namesKey tells whether conditions compare each column of a key, and nothing
// else, with one value.
func namesKey(conds []query.Cond, key []string) bool {
	if len(key) == 0 || len(conds) != len(key) {
		return false
	}
	var named []string
	for _, c := range conds {
		if c.Op != query.Eq || c.Not || c.Quantifier != query.Single || len(c.Field.Path) > 0 || slices.Contains(named, c.Field.Column) {
			return false
		}
		named = append(named, c.Field.Column)
	}
	for _, name := range key {
		if !slices.Contains(named, name) {
			return false
		}
	}
	return true
}
