package host

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// upload is the body of a fetch that a script writes piece by piece, as fast as the
// server takes it: nothing is kept between the two.
type upload struct {
	*io.PipeReader
	writer *io.PipeWriter
	forget func()

	mu    sync.Mutex
	moved func() // called when a piece was taken; nil until a fetch has the body
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.PipeReader.Read(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.moved != nil {
		u.moved()
	}
	return n, err
}

// Close implements io.Closer: the fetch takes no more.
func (u *upload) Close() error {
	u.forget()
	return u.PipeReader.Close()
}

func (u *upload) watch(moved func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.moved = moved
}

func (u *upload) end(err error) {
	_ = u.writer.CloseWithError(err) // which never fails
}

// bodyOpen is body.open(): a body to write, for a fetch.
func (s *Services) bodyOpen(ctx context.Context, _ []engine.Value) (engine.Value, error) {
	c, err := reaching(ctx, "fetch")
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	u := &upload{PipeReader: r, writer: w, forget: func() {}}
	n, err := c.keep(&handle{upload: u})
	u.forget = func() { c.forget(n) }
	return n, err
}

// uploadOf is the body to write that an operation is given first.
func uploadOf(ctx context.Context, args []engine.Value) (*upload, error) {
	_, _, h, err := handleOf(ctx, args)
	if err == nil && h.upload == nil {
		err = fault.New(fault.ObjectNotInPrerequisite, "the body cannot be written")
	}
	if err != nil {
		return nil, err
	}
	return h.upload, nil
}

// bodyWrite is body.write(handle, bytes): it waits until the server has taken them.
func (s *Services) bodyWrite(ctx context.Context, args []engine.Value) (engine.Value, error) {
	u, err := uploadOf(ctx, args)
	if err != nil {
		return nil, err
	}
	_, err = u.writer.Write(engine.Args(args).Bytes(1))
	return nil, err
}

// bodyEnd is body.end(handle, message): the end of a body, or with a message its failure.
func (s *Services) bodyEnd(ctx context.Context, args []engine.Value) (engine.Value, error) {
	u, err := uploadOf(ctx, args)
	if err != nil {
		return nil, nil // nobody takes it any more
	}
	if message := engine.Args(args).Text(1); message != "" {
		u.end(errors.New(message))
	} else {
		u.end(nil)
	}
	return nil, nil
}
