package bytea

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

func digests() []*types.Function {
	digest := func(oid uint32, name string, sum func([]byte) []byte) *types.Function {
		return entry.Go(oid, name, Bytea, one, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			return blob(sum(args[0].Blob())), nil
		})
	}
	return []*types.Function{
		entry.Go(2321, "md5", types.Text, one, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			sum := md5.Sum(args[0].Blob())
			return sqlite.Text(hex.EncodeToString(sum[:])), nil
		}),
		digest(3419, "sha224", func(b []byte) []byte { s := sha256.Sum224(b); return s[:] }),
		digest(3420, "sha256", func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }),
		digest(3421, "sha384", func(b []byte) []byte { s := sha512.Sum384(b); return s[:] }),
		digest(3422, "sha512", func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }),
	}
}

func encodings() []*types.Function {
	return []*types.Function{
		entry.Raises(1946, "encode", types.Text, entry.Args(Bytea, types.Text), encode),
		entry.Raises(1947, "decode", Bytea, entry.Args(types.Text, types.Text), decode),
	}
}

func errEncoding(name string) error {
	return fault.New(fault.InvalidParameter, `unrecognized encoding: "%s"`, name)
}

func encode(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, name := args[0].Blob(), args[1].Text()
	switch strings.ToLower(name) {
	case "hex":
		return sqlite.Text(hex.EncodeToString(b)), nil
	case "base64":
		return sqlite.Text(wrapped(base64.StdEncoding.EncodeToString(b))), nil
	case "escape":
		return sqlite.Text(escaped(b)), nil
	}
	return sqlite.Null, errEncoding(name)
}

// wrapped breaks lines after 76 characters (RFC 2045, section 6.8).
func wrapped(s string) string {
	const width = 76
	var b strings.Builder
	for len(s) >= width {
		b.WriteString(s[:width] + "\n")
		s = s[width:]
	}
	return b.String() + s
}

func escaped(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		switch {
		case c == 0 || c >= utf8.RuneSelf:
			fmt.Fprintf(&b, `\%03o`, c)
		case c == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func decode(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, name := args[0].Text(), args[1].Text()
	var b []byte
	var err error
	switch strings.ToLower(name) {
	case "hex":
		b, err = decodeHex(s)
	case "base64":
		b, err = decodeBase64(s)
	case "escape":
		ok := false
		if b, ok = decodeEscape(s); !ok {
			err = fault.New(fault.InvalidText, "invalid input syntax for type bytea")
		}
	default:
		err = errEncoding(name)
	}
	return blob(b), err
}

// decodeBase64 skips white space; the filling at the end must be complete.
func decodeBase64(s string) ([]byte, error) {
	var d quantum
	for i := 0; i < len(s); i++ {
		c := s[i]
		if strings.IndexByte(" \t\n\r", c) >= 0 {
			continue
		}
		if err := d.take(c, s[i:]); err != nil {
			return nil, err
		}
	}
	if d.position != 0 {
		return nil, fault.New(fault.InvalidParameter, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return d.out, nil
}

// quantum gathers four symbols into three bytes; end counts what filling leaves
// out.
type quantum struct {
	out      []byte
	bits     uint32
	position int
	end      int
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func (d *quantum) take(c byte, rest string) error {
	symbol := uint32(0)
	if c == '=' {
		if d.end == 0 {
			switch d.position {
			case 2:
				d.end = 1
			case 3:
				d.end = 2
			default:
				return fault.New(fault.InvalidParameter, `unexpected "=" while decoding base64 sequence`)
			}
		}
	} else {
		i := strings.IndexByte(alphabet, c)
		if i < 0 {
			_, size := utf8.DecodeRuneInString(rest)
			return fault.New(fault.InvalidParameter, `invalid symbol "%s" found while decoding base64 sequence`, rest[:size])
		}
		symbol = uint32(i)
	}
	d.bits = d.bits<<6 | symbol
	if d.position++; d.position < 4 {
		return nil
	}
	three := []byte{byte(d.bits >> 16), byte(d.bits >> 8), byte(d.bits)}
	if d.end > 0 {
		three = three[:d.end]
	}
	d.out = append(d.out, three...)
	d.bits, d.position = 0, 0
	return nil
}
