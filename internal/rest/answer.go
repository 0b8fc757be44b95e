package rest

import (
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/raised"
	"github.com/galleyhq/galley/internal/rest/render"
)

// streamChunk is how much is written at once when more is sent than is kept back.
const streamChunk = 64 << 10

// unknown is a total that nobody asked for.
const unknown = -1

// readAnswer writes the response of a read.
type readAnswer struct {
	*api
	w     http.ResponseWriter
	r     *http.Request
	q     *request
	plan  *query.Plan
	page  grammar.Page
	total int64
	// estimated tells that the total may be wrong, so that no page is refused.
	estimated bool
	// more tells that there are rows after the page, and last is where a page of
	// CSV ends.
	more bool
	last string
}

// counts answers a read that needs no rows: HEAD, or a page of no rows.
func (a *readAnswer) counts(rows database.Rows, whole bool) error {
	var n int64
	for rows.Next() {
		n = parseCount(rows.Value(0))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if whole {
		a.total = n
		n = max(0, n-a.page.Offset)
		if a.page.Limit >= 0 {
			n = min(n, a.page.Limit)
		}
	}
	if a.q.media.Singular && n != 1 {
		return errTooManyRows(n)
	}
	if err := a.checkOffset(); err != nil {
		return err
	}
	a.headers(n)
	if a.r.Method == http.MethodHead {
		a.w.WriteHeader(a.status(n))
		return nil
	}
	return a.send(a.status(n), emptyBody(a.q.media))
}

func emptyBody(m grammar.Media) []byte {
	if m.CSV {
		return []byte("\n")
	}
	return []byte("[]")
}

// header answers HEAD of a call, whose rows were made but are not sent.
func (a *readAnswer) header(rows database.Rows) error {
	var n int64
	for rows.Next() {
		if n++; a.plan.Counted {
			a.total = parseCount(rows.Value(0))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if a.plan.Counted && a.total == unknown {
		a.total = 0
	}
	if err := a.checkOffset(); err != nil {
		return err
	}
	a.headers(n)
	status, err := raised.Response(a.w.Header(), a.q.said, a.status(n))
	if err == nil {
		a.w.WriteHeader(status)
	}
	return err
}

// rows answers with rows.
func (a *readAnswer) rows(rows database.Rows) error {
	out := a.bodies.New(a.q.media, a.plan)
	defer a.bodies.Free(out)
	for rows.Next() {
		if a.plan.Counted {
			a.total = parseCount(rows.Value(0))
		}
		if a.plan.Marked && rows.Value(1) == nil {
			continue
		}
		if a.beyond(out) {
			continue
		}
		if out.Add(rows); len(out.Buf) >= out.Limit {
			a.flush(out)
		}
		if a.q.media.CSV && out.Rows == a.page.Limit && len(a.plan.Keys) > 0 {
			a.last = a.place(rows)
		}
	}
	if err := rows.Err(); err != nil {
		if out.Streaming {
			a.abort(err)
		}
		return err
	}
	if a.plan.Counted && a.total == unknown { // no row carries the count, so there is none
		a.total = 0
	}
	return a.finish(out)
}

func (a *readAnswer) finish(out *render.Renderer) error {
	if !out.Streaming {
		a.linkNext(out)
	}
	out.End()
	if out.Streaming {
		if _, err := a.w.Write(out.Buf); err != nil {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	if a.q.media.Singular && out.Rows != 1 && !a.plan.Bare {
		return errTooManyRows(out.Rows)
	}
	if err := a.checkOffset(); err != nil {
		return err
	}
	a.headers(out.Rows)
	return a.send(a.status(out.Rows), out.Buf)
}

// flush sends what is rendered so far. The first time the status goes out, and
// from then on an error can only end the connection.
func (a *readAnswer) flush(out *render.Renderer) {
	if a.q.media.Singular { // only its first row is kept, and a second one is an error
		return
	}
	if !out.Streaming {
		n := int64(unknown)
		if a.total != unknown {
			if n = a.total - a.page.Offset; a.page.Limit >= 0 {
				n = min(n, a.page.Limit)
			}
		}
		a.headers(n)
		a.w.Header().Set("Content-Type", a.q.media.ContentType())
		a.w.WriteHeader(a.status(n))
		out.Streaming, out.Limit = true, streamChunk
	}
	if _, err := a.w.Write(out.Buf); err != nil {
		panic(http.ErrAbortHandler)
	}
	out.Buf = out.Buf[:0]
}

// abort ends the connection: a response has begun that cannot be completed, and
// a well-formed end would say that it was. That the client has left is no error.
func (a *readAnswer) abort(err error) {
	if !httpapi.ClientLeft(a.r.Context()) {
		a.Logger.Error("response aborted", "error", err)
	}
	panic(http.ErrAbortHandler)
}

func (a *readAnswer) checkOffset() error {
	if a.total == unknown || a.estimated || a.page.Offset <= a.total {
		return nil
	}
	a.w.Header().Set("Content-Range", "*/"+strconv.FormatInt(a.total, 10))
	return grammar.OutOfRange(a.page.Offset, a.total)
}

// status is 206 when rows are known to exist that the page does not have.
func (a *readAnswer) status(n int64) int {
	if a.total != unknown && n < a.total {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// headers sets the headers of a read of n rows; n is unknown when streaming
// began before the last row, and then no range is told.
func (a *readAnswer) headers(n int64) {
	h := a.w.Header()
	h.Set("Content-Location", a.contentLocation())
	if n != unknown {
		if a.q.params.After != "" { // which rows of the whole these are nobody counted
			n = 0
		}
		h.Set("Content-Range", contentRange(a.page.Offset, n, a.total))
	}
	a.q.setCommon(a.api, h, "")
	if a.r.Method == http.MethodHead {
		h.Set("Content-Type", a.q.media.ContentType())
	}
}

func (a *readAnswer) contentLocation() string {
	path := "/" + escapePath(a.q.table)
	if query := a.q.params.Canonical(); query != "" {
		return path + "?" + query
	}
	return path
}

func (a *readAnswer) send(status int, body []byte) error {
	return a.q.send(a.w, status, a.q.media.ContentType(), body)
}

func parseCount(text []byte) int64 {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return unknown
	}
	return n
}
