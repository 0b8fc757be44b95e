package frames_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/galleyhq/galley/internal/backup/frames"
)

// What is written in any pieces is read as one stream, in order.
func TestWriter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 4096, 512<<10 - 1, 512 << 10, 512<<10 + 1, 3<<20 + 77} {
		var content []byte
		for i := 0; len(content) < size; i++ { // each line is told from all others
			content = fmt.Appendf(content, "line %d of a file of %d bytes, which compresses\n", i, size)
		}
		content = content[:size]
		var packed bytes.Buffer
		w, err := frames.NewWriter(&packed)
		if err != nil {
			t.Fatal(err)
		}
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(1<<(4*random.IntN(6))))
			if written, err := w.Write(rest[:n]); written != n || err != nil {
				t.Fatal(written, err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if size > 1<<20 && packed.Len() > size/2 {
			t.Errorf("%d bytes became %d", size, packed.Len())
		}
		r, err := zstd.NewReader(&packed, zstd.WithDecoderMaxWindow(1<<20), zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back as %d: %v", size, len(got), err)
		}
		r.Close()
	}
}

// full is a disk that has room for so many bytes.
type full struct {
	room  int
	panic bool
}

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room >= 0 {
		return len(p), nil
	}
	if f.panic {
		panic("the disk is gone")
	}
	return 0, errFull
}

// An error of what is written to, or a panic, comes up while more is written, and
// stays.
func TestWriterFails(t *testing.T) {
	chunk := make([]byte, 1<<20)
	random := rand.NewChaCha8([32]byte{})
	for _, to := range []*full{{room: 0}, {room: 3 << 20}, {room: 3 << 20, panic: true}} {
		w, err := frames.NewWriter(to)
		if err != nil {
			t.Fatal(err)
		}
		written := 0
		for ; err == nil && written < 64<<20; written += len(chunk) {
			_, _ = random.Read(chunk)
			_, err = w.Write(chunk)
		}
		again := w.Close()
		for _, err := range []error{err, again} {
			if to.panic && (err == nil || !strings.Contains(err.Error(), "the disk is gone")) || !to.panic && !errors.Is(err, errFull) {
				t.Errorf("after %d bytes: %v", written, err)
			}
		}
		if written > 16<<20 {
			t.Errorf("it was told after %d bytes", written)
		}
	}
}

// An error of the last frame is that of Close.
func TestCloseFails(t *testing.T) {
	w, err := frames.NewWriter(&full{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
