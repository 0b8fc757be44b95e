package host

import (
	"context"
	"errors"
	"io"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// AddReader gives the call of a context a body to read, by the handle it returns. It
// is closed at its end, or with the call.
func AddReader(ctx context.Context, r io.ReadCloser) (float64, error) {
	c, err := callOf(ctx)
	if err != nil {
		return 0, err
	}
	return c.keep(&handle{reader: r})
}

// handleOf is the handle that an operation is given first, with its number and call.
func handleOf(ctx context.Context, args []engine.Value) (c *call, n float64, h *handle, err error) {
	if c, err = callOf(ctx); err != nil {
		return nil, 0, nil, err
	}
	n = engine.Args(args).Number(0)
	h, err = c.handle(n)
	return c, n, h, err
}

// pieceSize is the most that one body.read gives, in bytes.
const pieceSize = 64 << 10

// bodyRead is body.read(handle): the next piece, null at the end.
func (s *Services) bodyRead(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, n, h, err := handleOf(ctx, args)
	if err != nil {
		return nil, err
	}
	if h.reader == nil {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "the body cannot be read")
	}
	h.use.Lock()
	defer h.use.Unlock()
	buffer := make([]byte, pieceSize)
	for h.failed == nil {
		var length int
		length, h.failed = h.reader.Read(buffer)
		if length > 0 {
			return buffer[:length], nil
		}
	}
	c.drop(n)
	if errors.Is(h.failed, io.EOF) {
		return nil, nil
	}
	return nil, outgoingError(ctx, h.failed)
}

// bodyCancel is body.cancel(handle): nobody wants the rest.
func (s *Services) bodyCancel(ctx context.Context, args []engine.Value) (engine.Value, error) {
	if c, err := callOf(ctx); err == nil {
		c.drop(engine.Args(args).Number(0))
	}
	return nil, nil
}
