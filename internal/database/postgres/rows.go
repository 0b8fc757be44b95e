package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// rows stream a result from the connection.
type rows struct {
	ctx      context.Context
	exchange *exchange
	reader   *pgconn.ResultReader
	prepared *prepared // the statement, nil where it is not prepared
	types    *typeNames
	// hold keeps one row back, so that the last one is delivered only after the
	// commit behind it succeeded.
	hold bool
	// readOnly tells that the rest may be cancelled when nobody wants it.
	readOnly bool
	finished func(error)

	columns []database.Column
	values  [][]byte
	next    *heldRow
	spare   *heldRow
	primed  bool
	closing bool
	done    bool
	tag     string
	err     error
}

// heldRow is a copy of a row.
type heldRow struct {
	buffer []byte
	values [][]byte
}

func (h *heldRow) set(values [][]byte) {
	h.buffer, h.values = h.buffer[:0], h.values[:0]
	size := 0
	for _, v := range values {
		size += len(v)
	}
	if cap(h.buffer) < size || h.buffer == nil {
		h.buffer = make([]byte, 0, size+64)
	}
	for _, v := range values {
		if v == nil {
			h.values = append(h.values, nil)
			continue
		}
		start := len(h.buffer)
		h.buffer = append(h.buffer, v...)
		h.values = append(h.values, h.buffer[start:len(h.buffer):len(h.buffer)])
	}
}

// Columns implements database.Rows.
func (r *rows) Columns() []database.Column {
	if r.columns == nil {
		r.describe()
	}
	return r.columns
}

func (r *rows) describe() {
	if r.prepared != nil && r.prepared.columns != nil {
		r.columns = r.prepared.columns
		return
	}
	fields := r.reader.FieldDescriptions()
	r.columns = make([]database.Column, len(fields))
	for i, f := range fields {
		name, err := r.types.name(r.ctx, f.DataTypeOID)
		if err != nil && r.err == nil {
			r.err = err
		}
		r.columns[i] = database.Column{Name: f.Name, Type: name}
	}
	if r.prepared != nil && r.err == nil {
		r.prepared.columns = r.columns
	}
}

// Next implements database.Rows.
func (r *rows) Next() bool {
	r.Columns()
	switch {
	case r.done:
		return false
	case r.err != nil: // a column's type could not be found out
		r.end()
		return false
	case !r.hold:
		return r.stream()
	case !r.primed:
		r.primed = true
		if !r.reader.NextRow() {
			r.end()
			return false
		}
		r.next, r.spare = &heldRow{}, &heldRow{}
		r.next.set(r.reader.Values())
	}
	return r.shift()
}

func (r *rows) stream() bool {
	if r.reader.NextRow() {
		r.values = r.reader.Values()
		return true
	}
	r.values = nil
	r.end()
	return false
}

// shift delivers the row kept back after fetching the one behind it.
func (r *rows) shift() bool {
	if r.next == nil {
		r.values, r.done = nil, true
		return false
	}
	present := r.next
	if r.reader.NextRow() {
		r.next, r.spare = r.spare, present
		r.next.set(r.reader.Values())
	} else {
		r.next = nil
		if r.end(); r.err != nil {
			r.values = nil
			return false
		}
		r.done = false // one row is still to be delivered
	}
	r.values = present.values
	return true
}

// end reads what comes after the last row, the commit included.
func (r *rows) end() {
	if r.done || r.finished == nil {
		return
	}
	r.done = true
	tag, err := r.reader.Close()
	switch {
	case r.exchange == nil: // one of several results
	case err != nil:
		r.exchange.abandon(err)
	default:
		_, err = r.exchange.advance()
	}
	switch {
	case r.stopped(err):
		r.exchange.conn.canceled = false // there is no other request under way
	case err != nil && r.err == nil:
		r.err = convert(r.ctx, err)
	}
	r.tag = tag.String()
	finished := r.finished
	r.finished = nil
	finished(r.err)
}

// stopped tells whether an error is only our own cancelling of the rest.
func (r *rows) stopped(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && r.closing && r.readOnly && pgErr.Code == fault.QueryCanceled
}

// Value implements database.Rows.
func (r *rows) Value(i int) []byte { return r.values[i] }

// Err implements database.Rows.
func (r *rows) Err() error { return r.err }

// Tag implements database.Rows.
func (r *rows) Tag() string { return r.tag }

// Close implements database.Rows. Where much is left of a statement that was asked
// to only read it is cancelled; one that may write runs to its end and commits.
func (r *rows) Close() {
	r.closing = true
	r.values, r.next = nil, nil
	if r.finished != nil && r.readOnly && r.exchange != nil && r.ctx.Err() == nil {
		r.discard()
	}
	r.end()
	r.done = true
}

// abandon is Close of rows whose transaction is about to be undone, the statement
// with it.
func (r *rows) abandon() {
	r.readOnly = true
	r.Close()
}

// What is read on of a result that nobody wants, since most end soon: to cancel
// takes a connection of its own.
const (
	fewRows  = 1000
	fewBytes = 1 << 20
	soon     = 50 * time.Millisecond
)

// discard reads on for a little and then asks the server to stop.
func (r *rows) discard() {
	conn, done := r.exchange.conn, make(chan struct{})
	request := func() {
		defer close(done)
		stop, cancel := context.WithTimeout(context.Background(), cancelGrace)
		defer cancel()
		_ = conn.pg.CancelRequest(stop)
	}
	late := time.AfterFunc(soon, func() { background(request) })
	ended := r.drain()
	if late.Stop() {
		if ended {
			return
		}
		request()
	}
	<-done
	conn.canceled = true // until the server's answer tells that it took the request
}

// drain drops a few rows and tells whether there are no more.
func (r *rows) drain() bool {
	size := 0
	for range fewRows {
		if !r.reader.NextRow() {
			return true
		}
		for _, v := range r.reader.Values() {
			size += len(v)
		}
		if size > fewBytes {
			return false
		}
	}
	return false
}
