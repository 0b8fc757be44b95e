package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	"github.com/galleyhq/galley/internal/functions/engine"
)

func encodeUTF8(_ context.Context, given []engine.Value) (engine.Value, error) {
	return []byte(engine.Args(given).Text(0)), nil
}

// decodeUTF8 takes (bytes, strict) and gives the text; strict, null for bytes that are
// not UTF-8.
func decodeUTF8(_ context.Context, given []engine.Value) (engine.Value, error) {
	b := engine.Args(given).Bytes(0)
	if utf8.Valid(b) {
		return string(b), nil
	}
	if engine.Args(given).Bool(1) {
		return nil, nil
	}
	return validUTF8(b), nil
}

// validUTF8 puts U+FFFD for each longest beginning of a character that does not go
// on, as the Encoding standard has it (Go's own would put one for each byte).
func validUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = beginning(b)
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// beginning is how many bytes of b, which are no character, begin one.
func beginning(b []byte) int {
	want, low, high := 0, byte(0x80), byte(0xBF)
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 1
	case c >= 0xE0 && c <= 0xEF:
		want = 2
		if c == 0xE0 {
			low = 0xA0
		}
		if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		want = 3
		if c == 0xF0 {
			low = 0x90
		}
		if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= want && n < len(b) && b[n] >= low && b[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}

// encodingLabel gives the name of the encoding that a label means, or null.
func encodingLabel(_ context.Context, given []engine.Value) (engine.Value, error) {
	e, err := htmlindex.Get(engine.Args(given).Text(0))
	if err != nil {
		return nil, nil
	}
	name, err := htmlindex.Name(e)
	if err != nil || name == "replacement" {
		return nil, nil
	}
	return name, nil
}

type decoded struct {
	Text string `json:"text"`
	Read int    `json:"read"` // how many bytes are done; the others begin a character
}

// decodeText takes (encoding, bytes, more to come, fatal) and gives {text, read}; null
// when fatal and the bytes are wrong.
func decodeText(_ context.Context, given []engine.Value) (engine.Value, error) {
	e, err := htmlindex.Get(engine.Args(given).Text(0))
	if err != nil {
		return nil, err
	}
	d, err := decodeWith(e, engine.Args(given).Bytes(1), engine.Args(given).Bool(2))
	if err != nil {
		return nil, err
	}
	if name := engine.Args(given).Text(0); strings.HasPrefix(name, "windows-") {
		d.Text = controls(engine.Args(given).Bytes(1), d.Text)
	}
	if engine.Args(given).Bool(3) && strings.ContainsRune(d.Text, utf8.RuneError) {
		return nil, nil
	}
	b, err := json.Marshal(d)
	return engine.JSON(b), err
}

// controls puts the control characters where the Encoding standard has them and the
// library's tables of the Windows code pages have nothing: 80 to 9F.
func controls(in []byte, out string) string {
	if !strings.ContainsRune(out, utf8.RuneError) {
		return out
	}
	runes := []rune(out)
	for i, r := range runes {
		if r == utf8.RuneError && i < len(in) && in[i] >= 0x80 && in[i] <= 0x9F {
			runes[i] = rune(in[i])
		}
	}
	return string(runes)
}

func decodeWith(e encoding.Encoding, in []byte, more bool) (decoded, error) {
	t := e.NewDecoder().Transformer
	var out []byte
	buffer := make([]byte, max(64, 2*len(in)))
	read := 0
	for {
		wrote, n, err := t.Transform(buffer, in[read:], !more)
		out = append(out, buffer[:wrote]...)
		read += n
		switch {
		case errors.Is(err, transform.ErrShortDst):
		case err == nil, errors.Is(err, transform.ErrShortSrc):
			return decoded{string(out), read}, nil
		default:
			return decoded{}, err
		}
	}
}
