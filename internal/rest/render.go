package rest

import (
	"bytes"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

const (
	// bufferLimit is how much of a response is kept back so that an error can
	// still have its status.
	bufferLimit = 1 << 20
	// streamChunk is how much is written at once after that.
	streamChunk = 64 << 10
	// maxKept bounds the buffers that are kept for other requests.
	maxKept = 256 << 10
)

// renderer renders rows into a buffer.
type renderer struct {
	media     grammar.Media
	plan      *query.Plan
	buf       []byte
	limit     int // flush when the buffer has this length
	rows      int64
	streaming bool // the response has begun
	bare      bool // one value instead of an array
	kept      *[]byte
}

func (a *api) newRenderer(m grammar.Media, plan *query.Plan) *renderer {
	kept := a.bodies.Get().(*[]byte)
	return &renderer{media: m, plan: plan, buf: (*kept)[:0], limit: bufferLimit, kept: kept, bare: plan != nil && plan.Bare}
}

func (a *api) free(r *renderer) {
	if cap(r.buf) <= maxKept {
		*r.kept = r.buf
		a.bodies.Put(r.kept)
	}
}

// add renders the present row. Of a singular result only the first is kept.
func (r *renderer) add(rows database.Rows) {
	r.rows++
	switch {
	case r.media.CSV:
		r.addCSV(rows)
	case r.media.Singular || r.bare:
		if r.rows == 1 {
			r.addObject(rows)
		}
	default:
		if r.rows == 1 {
			r.buf = append(r.buf, '[')
		} else {
			r.buf = append(r.buf, ',')
		}
		r.addObject(rows)
	}
}

// addObject renders a row as a JSON object: made by the database, or put
// together of its values.
func (r *renderer) addObject(rows database.Rows) {
	if len(r.plan.Labels) == 0 {
		v := rows.Value(r.plan.First)
		if v == nil {
			v = null
		}
		r.buf = append(r.buf, v...)
		return
	}
	r.buf = append(r.buf, '{')
	first := true
	for i, label := range r.plan.Labels {
		v := rows.Value(r.plan.First + i)
		if v == nil {
			v = null
		}
		if r.media.Stripped && string(v) == "null" {
			continue
		}
		if !first {
			r.buf = append(r.buf, ',')
		}
		first = false
		r.buf = append(append(r.buf, label...), v...)
	}
	r.buf = append(r.buf, '}')
}

var null = []byte("null")

// end completes what is rendered.
func (r *renderer) end() {
	switch {
	case r.media.CSV:
		if r.rows == 0 {
			r.buf = append(r.buf, '\n')
		}
	case r.media.Singular || r.bare:
	case r.rows == 0:
		r.buf = append(r.buf, '[', ']')
	default:
		r.buf = append(r.buf, ']')
	}
}

// addCSV renders a row as PostgREST does: PostgreSQL's text form of a composite
// value, without its parentheses, under a line of names.
func (r *renderer) addCSV(rows database.Rows) {
	if r.rows == 1 {
		for i, name := range r.plan.Columns {
			if i > 0 {
				r.buf = append(r.buf, ',')
			}
			r.buf = append(r.buf, name...)
		}
	}
	r.buf = append(r.buf, '\n')
	for i := range r.plan.Columns {
		if i > 0 {
			r.buf = append(r.buf, ',')
		}
		r.buf = appendCSV(r.buf, rows.Value(r.plan.First+i))
	}
}

// appendCSV renders a value; NULL is nothing, and an empty text is quoted.
func appendCSV(dst, v []byte) []byte {
	if v == nil {
		return dst
	}
	if len(v) > 0 && !bytes.ContainsAny(v, "\"\\(), \t\n\r\v\f") {
		return append(dst, v...)
	}
	dst = append(dst, '"')
	for _, c := range v {
		if c == '"' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
