package web

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// Bounds of the streams that pack and unpack.
const (
	mostPackers  = 32       // of an instance at once
	mostPacked   = 64 << 20 // bytes that wait to be unpacked
	unpackedOnce = 64 << 10 // bytes of one piece
)

var errPacked = errors.New("the compressed data is not valid")

// packers are the streams of one instance that are being packed or unpacked. The
// script names them by number.
type packers struct {
	last int
	open map[int]packer
}

// packer takes data and gives what is ready; end gives the rest piece by piece, nil
// after the last.
type packer interface {
	write(b []byte) ([]byte, error)
	end() ([]byte, error)
}

func (p *packers) operations() map[string]Operation {
	return map[string]Operation{
		"pack.begin":   p.begin(newPacker),
		"unpack.begin": p.begin(newUnpacker),
		"pack.write": func(ctx context.Context, given []engine.Value) (engine.Value, error) {
			return p.use(given, func(s packer) ([]byte, error) { return packed(ctx, s, engine.Args(given).Bytes(1)) })
		},
		"pack.end": func(_ context.Context, given []engine.Value) (engine.Value, error) {
			return p.use(given, packer.end)
		},
		"pack.close": func(_ context.Context, given []engine.Value) (engine.Value, error) {
			delete(p.open, int(engine.Args(given).Number(0)))
			return nil, nil
		},
	}
}

// stretch is how much is packed between two looks at the time, in bytes.
const stretch = 1 << 20

// packed writes data as long as the script has time, and gives what is ready.
func packed(ctx context.Context, s packer, data []byte) ([]byte, error) {
	out := []byte{}
	for piece := range slices.Chunk(data, stretch) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ready, err := s.write(piece)
		if err != nil {
			return nil, err
		}
		out = append(out, ready...)
	}
	return out, nil
}

func (p *packers) begin(open func(string) (packer, error)) Operation {
	return func(_ context.Context, given []engine.Value) (engine.Value, error) {
		if len(p.open) >= mostPackers {
			return nil, fmt.Errorf("more than %d streams are being compressed at once", mostPackers)
		}
		s, err := open(engine.Args(given).Text(0))
		if err != nil {
			return nil, err
		}
		p.last++
		p.open[p.last] = s
		return p.last, nil
	}
}

func (p *packers) use(given []engine.Value, f func(packer) ([]byte, error)) (engine.Value, error) {
	s, ok := p.open[int(engine.Args(given).Number(0))]
	if !ok {
		return nil, errors.New("the stream was closed")
	}
	b, err := f(s)
	if err != nil || b == nil {
		return nil, err
	}
	return b, nil
}

type packing struct {
	out    bytes.Buffer
	writer io.WriteCloser
	ended  bool
}

func newPacker(format string) (packer, error) {
	p := &packing{}
	var err error
	switch format {
	case "gzip":
		p.writer = gzip.NewWriter(&p.out)
	case "deflate":
		p.writer = zlib.NewWriter(&p.out)
	default:
		p.writer, err = flate.NewWriter(&p.out, flate.DefaultCompression)
	}
	return p, err
}

// write gives what is ready, which may be nothing: an empty piece.
func (p *packing) write(b []byte) ([]byte, error) {
	_, err := p.writer.Write(b)
	return p.take(), err
}

func (p *packing) take() []byte {
	b := append([]byte{}, p.out.Bytes()...)
	p.out.Reset()
	return b
}

func (p *packing) end() ([]byte, error) {
	if p.ended {
		return nil, nil
	}
	p.ended = true
	err := p.writer.Close()
	return p.take(), err
}

type unpacking struct {
	format string
	in     bytes.Buffer
	reader io.Reader
}

func newUnpacker(format string) (packer, error) { return &unpacking{format: format}, nil }

func (u *unpacking) write(b []byte) ([]byte, error) {
	if u.in.Len()+len(b) > mostPacked {
		return nil, fmt.Errorf("more than %d bytes to decompress", mostPacked)
	}
	u.in.Write(b)
	return []byte{}, nil
}

func (u *unpacking) end() ([]byte, error) {
	if u.reader == nil {
		if err := u.start(); err != nil {
			return nil, errPacked
		}
	}
	b := make([]byte, unpackedOnce)
	n, err := io.ReadFull(u.reader, b)
	switch {
	case n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		return b[:n], nil
	case errors.Is(err, io.EOF) && u.in.Len() == 0:
		return nil, nil
	}
	return nil, errPacked
}

func (u *unpacking) start() error {
	var err error
	switch u.format {
	case "gzip":
		var r *gzip.Reader
		if r, err = gzip.NewReader(&u.in); err == nil {
			r.Multistream(false) // what comes after the end is wrong data
			u.reader = r
		}
	case "deflate":
		u.reader, err = zlib.NewReader(&u.in)
	default:
		u.reader = flate.NewReader(&u.in)
	}
	return err
}
