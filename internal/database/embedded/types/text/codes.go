package text

import (
	"crypto/md5"
	"encoding/hex"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// codes gives the functions between characters and numbers, and hashes.
func codes() []*types.Function {
	return []*types.Function{
		entry.Go(1620, "ascii", types.Int4, one, ascii),
		entry.Raises(1621, "chr", types.Text, entry.Args(types.Int4), chr),
		entry.Go(2311, "md5", types.Text, one, PerText(func(s string) string {
			sum := md5.Sum([]byte(s))
			return hex.EncodeToString(sum[:])
		})),
	}
}

// ascii returns the code point of the first character, 0 of an empty text.
func ascii(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	for _, r := range args[0].Text() {
		return sqlite.Int(int64(r)), nil
	}
	return sqlite.Int(0), nil
}

const programLimitExceeded = "54000"

func chr(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	switch n := args[0].Int(); {
	case n < 0:
		return sqlite.Null, fault.New(fault.InvalidParameter, "character number must be positive")
	case n == 0:
		return sqlite.Null, fault.New(programLimitExceeded, "null character not permitted")
	case n > utf8.MaxRune:
		return sqlite.Null, fault.New(programLimitExceeded, "requested character too large for encoding: %d", n)
	case !utf8.ValidRune(rune(n)):
		return sqlite.Null, fault.New(programLimitExceeded, "requested character not valid for encoding: %d", n)
	default:
		return sqlite.Text(string(rune(n))), nil
	}
}
