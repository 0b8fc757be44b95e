package wasm

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Passage is a call whose response is read instead of sent, as far as somebody reads it.
type Passage struct {
	// Status is there, and so are headers, once Head has returned nil.
	Status int
	// Body is that of the response. Closing it ends the call.
	Body io.ReadCloser

	header  http.Header
	w       *io.PipeWriter
	unblock func(time.Time) error
	once    sync.Once
	head    chan struct{} // closed once status and headers are there
	ended   chan struct{} // closed with the call
	err     error
}

// Pass has the module answer a request, on a goroutine of its own. unblock sets a deadline
// to the reading of the request's body. The request's context ends the call.
func (m *Module) Pass(r *http.Request, c Call, unblock func(time.Time) error) *Passage {
	body, w := io.Pipe()
	p := &Passage{Body: body, header: http.Header{}, w: w, unblock: unblock, head: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = p.serve(func() error { return m.Serve(p, r, c) })
		_ = w.CloseWithError(p.err) // which never fails
	}()
	return p
}

// serve runs a call, and makes an error of a response that was broken off.
func (p *Passage) serve(call func() error) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the response of the module broke off: %v", broken)
		}
	}()
	return call()
}

// Head waits for status and headers. Its error is that of a call that gave none: one of
// Serve's.
func (p *Passage) Head() error {
	select {
	case <-p.head:
		return nil
	case <-p.ended:
		return p.err
	}
}

// Wait waits for the end of the call.
func (p *Passage) Wait() { <-p.ended }

// Header implements http.ResponseWriter.
func (p *Passage) Header() http.Header { return p.header }

// WriteHeader implements http.ResponseWriter.
func (p *Passage) WriteHeader(status int) {
	p.once.Do(func() {
		p.Status = status
		close(p.head)
	})
}

// Write implements http.ResponseWriter.
func (p *Passage) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.w.Write(b)
}

// SetReadDeadline ends a reading of the request that waits.
func (p *Passage) SetReadDeadline(t time.Time) error { return p.unblock(t) }

// SetWriteDeadline ends a writing that waits for a reader.
func (p *Passage) SetWriteDeadline(time.Time) error {
	return p.w.CloseWithError(context.DeadlineExceeded)
}
