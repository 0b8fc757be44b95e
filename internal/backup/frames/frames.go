// Package frames compresses a stream with zstd on two processors. It is cut into
// pieces, each of which becomes a frame of its own; frames after each other are a
// stream as well (RFC 8878, 3.1), which every zstd reads as one.
//
//	w, err := frames.NewWriter(to)
//	_, err = io.Copy(w, from)
//	err = w.Close()
package frames

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	// size is how much goes into a frame, in bytes. Databases became no smaller by
	// larger frames; with smaller ones more time goes into beginning them.
	size = 512 << 10
	// workers compress at the same time. It takes them about as long as another takes
	// to read and to sum; more would take the processors from the server.
	workers = 2
	// inFlight is how many frames there are: one that is filled, those that are
	// compressed, and one that is written.
	inFlight = workers + 2
)

// Writer compresses what is written to it. It is for one goroutine.
type Writer struct {
	to      io.Writer
	encoder *zstd.Encoder
	filling *frame
	begun   bool // a frame was
	free    chan *frame
	written chan struct{} // closed when the last frame that was begun is
	err     error         // of the frames so far; whose turn it is to write has it
}

type frame struct {
	in, out []byte
	err     error // why it, or one before it, was not written
}

// NewWriter returns a writer to to, which is written to until Close has returned, by
// one goroutine at a time.
func NewWriter(to io.Writer) (*Writer, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(size),
		zstd.WithEncoderConcurrency(workers), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	w := &Writer{to: to, encoder: encoder, free: make(chan *frame, inFlight), written: make(chan struct{})}
	for range inFlight {
		w.free <- new(frame)
	}
	close(w.written) // nothing has been begun
	return w, nil
}

// Write implements io.Writer. An error of what was written before comes up later.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if w.filling == nil {
			if w.filling, err = w.next(); err != nil {
				return n, err
			}
		}
		f := w.filling
		some := min(len(p), size-len(f.in))
		f.in = append(f.in, p[:some]...)
		if len(f.in) == size {
			w.begin()
		}
		p = p[some:]
		n += some
	}
	return n, nil
}

// next waits for a frame to fill.
func (w *Writer) next() (*frame, error) {
	f := <-w.free
	if f.err != nil {
		w.free <- f // for the next who asks
		return nil, f.err
	}
	if f.in == nil {
		f.in = make([]byte, 0, size)
	}
	f.in = f.in[:0]
	return f, nil
}

// begin compresses what is filled, and writes it after those before it.
func (w *Writer) begin() {
	f, before, written := w.filling, w.written, make(chan struct{})
	w.filling, w.written, w.begun = nil, written, true
	go func() {
		err := careful(func() error {
			f.out = w.encoder.EncodeAll(f.in, f.out[:0])
			return nil
		})
		<-before
		if w.err == nil {
			w.err = err
		}
		if w.err == nil {
			w.err = careful(func() error {
				_, err := w.to.Write(f.out)
				return err
			})
		}
		f.err = w.err
		w.free <- f
		close(written)
	}()
}

// careful makes an error of a panic.
func careful(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compress: panic: %v", r)
		}
	}()
	return do()
}

// Close writes what is left, and waits for all that was begun, also after an error. It
// does not close what it writes to.
func (w *Writer) Close() error {
	if w.filling == nil && !w.begun { // nothing is a frame, too
		w.filling = <-w.free
	}
	if w.filling != nil {
		w.begin()
	}
	<-w.written
	return w.err
}
