package bytea

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
)

// conversions gives the functions between text and the bytes of an encoding.
// UTF8, LATIN1 and SQL_ASCII are done.
func conversions() []*types.Function {
	fs := []*types.Function{
		entry.Raises(1714, "convert_from", types.Text, entry.Args(Bytea, types.Name), convertFrom),
		entry.Raises(1717, "convert_to", Bytea, entry.Args(types.Text, types.Name), convertTo),
		entry.Raises(1813, "convert", Bytea, entry.Args(Bytea, types.Name, types.Name), convert),
		entry.Raises(1713, "length", types.Int4, entry.Args(Bytea, types.Name), lengthIn),
		entry.Native(1039, "getdatabaseencoding", types.Name, nil, "'UTF8'"),
	}
	for _, f := range fs {
		f.Volatility = types.Stable
	}
	return fs
}

// encoding is a character set, by PostgreSQL's name.
type encoding string

const (
	utf8Encoding   encoding = "UTF8"
	latin1Encoding encoding = "LATIN1"
	anyBytes       encoding = "SQL_ASCII"
)

// known are the names that PostgreSQL knows, without what is no letter or
// digit.
var known = map[string]encoding{
	"utf8": utf8Encoding, "unicode": utf8Encoding, "latin1": latin1Encoding, "iso88591": latin1Encoding, "sqlascii": anyBytes,
}

const others = ` abc alt big5 euccn eucjis2004 eucjp euckr euctw gb18030 gbk iso885910 iso885913 iso885914 iso885915 iso885916
	iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 iso88599 johab koi8 koi8r koi8u latin10 latin2 latin3
	latin4 latin5 latin6 latin7 latin8 latin9 mskanji muleinternal shiftjis shiftjis2004 sjis tcvn tcvn5712 uhc vscii
	win win1250 win1251 win1252 win1253 win1254 win1255 win1256 win1257 win1258 win866 win874 win932 win936 win949 win950
	windows1250 windows1251 windows1252 windows1253 windows1254 windows1255 windows1256 windows1257 windows1258 windows866
	windows874 windows932 windows936 windows949 windows950 `

// encodingNamed reads a name; what says which one it is in the error.
func encodingNamed(name, what string) (encoding, error) {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
	if e, ok := known[plain]; ok {
		return e, nil
	}
	for other := range strings.FieldsSeq(others) {
		if other == plain {
			return "", entry.Unsupported("the encoding %s", name)
		}
	}
	return "", fault.New(fault.InvalidParameter, `invalid %sencoding name "%s"`, what, name)
}

// valid returns the error of bytes that are no text of an encoding.
func (e encoding) valid(b []byte) error {
	if e == utf8Encoding {
		return text.Valid(string(b))
	}
	if i := strings.IndexByte(string(b), 0); i >= 0 {
		return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "%s": 0x00`, e)
	}
	return nil
}

// recode brings bytes of one encoding to another. To and from SQL_ASCII nothing is
// changed, only checked.
func recode(b []byte, from, to encoding) ([]byte, error) {
	if err := from.valid(b); err != nil {
		return nil, err
	}
	switch {
	case from == latin1Encoding && to == utf8Encoding:
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		return []byte(string(runes)), nil
	case from == utf8Encoding && to == latin1Encoding:
		return toLatin1(string(b))
	case from == anyBytes && to != anyBytes:
		return b, to.valid(b)
	}
	return b, nil
}

func toLatin1(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			var bytes []string
			for _, c := range utf8.AppendRune(nil, r) {
				bytes = append(bytes, fmt.Sprintf("0x%02x", c))
			}
			return nil, fault.New("22P05", `character with byte sequence %s in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
				strings.Join(bytes, " "))
		}
		out = append(out, byte(r))
	}
	return out, nil
}

func convertFrom(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	from, err := encodingNamed(args[1].Text(), "source ")
	if err != nil {
		return sqlite.Null, err
	}
	b, err := recode(args[0].Blob(), from, utf8Encoding)
	return sqlite.Text(string(b)), err
}

func convertTo(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	to, err := encodingNamed(args[1].Text(), "destination ")
	if err != nil {
		return sqlite.Null, err
	}
	b, err := recode([]byte(args[0].Text()), utf8Encoding, to)
	return blob(b), err
}

func convert(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	from, err := encodingNamed(args[1].Text(), "source ")
	if err != nil {
		return sqlite.Null, err
	}
	to, err := encodingNamed(args[2].Text(), "destination ")
	if err != nil {
		return sqlite.Null, err
	}
	b, err := recode(args[0].Blob(), from, to)
	return blob(b), err
}

// lengthIn counts characters in an encoding.
func lengthIn(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	e, err := encodingNamed(args[1].Text(), "")
	if err != nil {
		return sqlite.Null, err
	}
	b := args[0].Blob()
	if err := e.valid(b); err != nil {
		return sqlite.Null, err
	}
	if e == utf8Encoding {
		return sqlite.Int(int64(utf8.RuneCount(b))), nil
	}
	return sqlite.Int(int64(len(b))), nil
}
