package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"testing"
)

// ending is a context that is over after so many looks.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks--; e.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestPackingEnds packs what is longer than a stretch, and stops when the time is over.
func TestPackingEnds(t *testing.T) {
	data := bytes.Repeat([]byte("some text, "), 3*stretch/11)
	p, err := newPacker("gzip")
	if err != nil {
		t.Fatal(err)
	}
	out, err := packed(t.Context(), p, data)
	if err != nil {
		t.Fatal(err)
	}
	last, err := p.end()
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(append(out, last...)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(data), err)
	}
	if out, err := packed(t.Context(), p, nil); out == nil || err != nil {
		t.Errorf("nothing to pack: %v %v", out, err)
	}
	if p, err = newPacker("gzip"); err != nil {
		t.Fatal(err)
	}
	if _, err := packed(&ending{t.Context(), 1}, p, data); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the time is over: %v", err)
	}
}
