// Package render makes the body of a response of the rows of a statement, row by
// row: an array of JSON objects, one object, CSV,
// or one value as it is.
//
//	out := bodies.New(media, plan)
//	defer bodies.Free(out)
//	for rows.Next() {
//		out.Add(rows)
//	}
//	out.End()
//	w.Write(out.Buf)
package render

import (
	"bytes"
	"encoding/hex"
	"sync"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

const (
	// bufferLimit is how much of a response is kept back so that an error can
	// still have its status.
	bufferLimit = 1 << 20
	// maxKept bounds the buffers that are kept for other responses.
	maxKept = 256 << 10
)

// Renderer renders rows into a buffer.
type Renderer struct {
	Buf       []byte
	Limit     int // flush when the buffer has this length
	Rows      int64
	Streaming bool // the response has begun

	media grammar.Media
	plan  *query.Plan
	last  int  // where the last row begins
	bare  bool // one value instead of an array
	kept  *[]byte
}

// Bodies makes renderers and keeps their buffers for reuse. Its methods may be
// called from any goroutine.
type Bodies struct{ kept sync.Pool }

// NewBodies returns Bodies without any buffer.
func NewBodies() *Bodies {
	return &Bodies{sync.Pool{New: func() any { return new([]byte) }}}
}

// New returns a renderer for the rows of a plan, which may be nil for none.
func (b *Bodies) New(m grammar.Media, plan *query.Plan) *Renderer {
	kept := b.kept.Get().(*[]byte)
	return &Renderer{media: m, plan: plan, Buf: (*kept)[:0], Limit: bufferLimit, kept: kept, bare: plan != nil && plan.Bare}
}

// Free takes back the buffer of a renderer that is not used any more.
func (b *Bodies) Free(r *Renderer) {
	if cap(r.Buf) <= maxKept {
		*r.kept = r.Buf
		b.kept.Put(r.kept)
	}
}

// Last is the last row rendered as JSON.
func (r *Renderer) Last() []byte { return r.Buf[r.last:] }

// Add renders the present row. Of a singular result only the first is kept.
func (r *Renderer) Add(rows database.Rows) {
	r.Rows++
	switch {
	case r.media.Raw != "":
		r.addRaw(rows)
	case r.media.CSV:
		r.addCSV(rows)
	case r.media.Singular || r.bare:
		if r.Rows == 1 {
			r.addObject(rows)
		}
	default:
		if r.Rows == 1 {
			r.Buf = append(r.Buf, '[')
		} else {
			r.Buf = append(r.Buf, ',')
		}
		r.addObject(rows)
	}
}

// addObject renders a row as a JSON object: made by the database, or put
// together of its values.
func (r *Renderer) addObject(rows database.Rows) {
	r.last = len(r.Buf)
	if len(r.plan.Labels) == 0 {
		v := rows.Value(r.plan.First)
		if v == nil {
			v = null
		}
		r.Buf = append(r.Buf, v...)
		return
	}
	r.Buf = append(r.Buf, '{')
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
			r.Buf = append(r.Buf, ',')
		}
		first = false
		r.Buf = append(append(r.Buf, label...), v...)
	}
	r.Buf = append(r.Buf, '}')
}

var null = []byte("null")

// addRaw renders a value as it is; NULL is nothing.
func (r *Renderer) addRaw(rows database.Rows) {
	v := rows.Value(r.plan.First)
	if !r.plan.Hex {
		r.Buf = append(r.Buf, v...)
		return
	}
	r.Buf, _ = hex.AppendDecode(r.Buf, v) // the database made these digits
}

// End completes what is rendered.
func (r *Renderer) End() {
	switch {
	case r.media.CSV:
		if r.Rows == 0 {
			r.Buf = append(r.Buf, '\n')
		}
	case r.media.Raw != "" || r.media.Singular || r.bare:
	case r.Rows == 0:
		r.Buf = append(r.Buf, '[', ']')
	default:
		r.Buf = append(r.Buf, ']')
	}
}

// addCSV renders a row as PostgREST does: PostgreSQL's text form of a composite
// value, without its parentheses, under a line of names.
func (r *Renderer) addCSV(rows database.Rows) {
	if r.Rows == 1 {
		for i, name := range r.plan.Columns {
			if i > 0 {
				r.Buf = append(r.Buf, ',')
			}
			r.Buf = append(r.Buf, name...)
		}
	}
	r.Buf = append(r.Buf, '\n')
	for i := range r.plan.Columns {
		if i > 0 {
			r.Buf = append(r.Buf, ',')
		}
		r.Buf = appendCSV(r.Buf, rows.Value(r.plan.First+i))
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
