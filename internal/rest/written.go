package rest

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/raised"
	"github.com/galleyhq/galley/internal/rest/render"
)

// locate returns the path of a row by its primary key.
func (c *change) locate(q *request, rows database.Rows, first int) string {
	var b strings.Builder
	b.WriteString("/" + escapePath(q.table))
	for i, name := range c.rel.PrimaryKey {
		b.WriteByte("?&"[min(i, 1)])
		grammar.Escape(&b, name)
		if v := rows.Value(first + i); v != nil {
			b.WriteString("=eq.")
			grammar.Escape(&b, string(v))
		} else {
			b.WriteString("=is.null")
		}
	}
	return b.String()
}

// written answers a write that was made.
func (a *api) written(w http.ResponseWriter, q *request, c *change, out *render.Renderer) error {
	h := w.Header()
	h.Set("Content-Range", c.contentRange(q))
	if c.location != "" && c.affected == 1 {
		h.Set("Location", c.location)
	}
	q.setCommon(a, h, "yes")
	if q.prefer.Return == "representation" {
		return q.send(w, c.status(), q.media.ContentType(), out.Buf)
	}
	status := http.StatusNoContent
	if c.action == query.Insert && !c.put {
		h.Set("Content-Length", "0")
		status = c.status()
	}
	status, err := raised.Response(h, q.said, status)
	if err == nil {
		w.WriteHeader(status)
	}
	return err
}

// status is 201 when rows are new: of an upsert that only changed some it is 200.
func (c *change) status() int {
	if c.action == query.Insert && (c.resolution != query.Merge || c.fresh > 0 || c.affected == 0) {
		return http.StatusCreated
	}
	return http.StatusOK
}

// contentRange tells which rows were updated; of other writes only their number
// when asked.
func (c *change) contentRange(q *request) string {
	total := int64(unknown)
	if q.prefer.Count == "exact" {
		total = c.affected
	}
	if c.action == query.Update {
		return contentRange(0, c.affected, total)
	}
	return contentRange(0, 0, total)
}
