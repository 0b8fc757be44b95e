package text

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// Varchar is character varying; its operators and functions are those of text.
const Varchar types.OID = 1043

// header is what a type modifier counts besides the characters.
const header = 4

func varcharType() *types.Type {
	t := textType()
	t.OID, t.Name, t.SQLName, t.Preferred = Varchar, "varchar", "character varying", false
	t.In = func(text string, mod int32) (sqlite.Value, error) {
		if err := Valid(text); err != nil {
			return sqlite.Null, err
		}
		s, err := fit(text, mod, false, "character varying")
		return sqlite.Text(s), err
	}
	return t
}

// fit cuts a text to the length that a modifier allows. Only an explicit cast
// cuts anything but spaces; otherwise it is an error (SQLSTATE 22001).
func fit(s string, mod int32, explicit bool, sqlName string) (string, error) {
	if mod < header {
		return s, nil
	}
	cut := offset(s, int(mod-header))
	if !explicit && strings.Trim(s[cut:], " ") != "" {
		return "", fault.New(fault.StringTooLong, "value too long for type %s(%d)", sqlName, mod-header)
	}
	return s[:cut], nil
}

// varcharEntries gives the casts of varchar: to and from text nothing changes,
// and to itself it takes a length.
func varcharEntries() ([]*types.Function, []*types.Cast) {
	resize := entry.Raises(669, "varchar", Varchar, entry.Args(Varchar, types.Int4, types.Bool),
		func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			s, err := fit(args[0].Text(), int32(args[1].Int()), args[2].Int() != 0, "character varying")
			return sqlite.Text(s), err
		})
	return []*types.Function{resize}, []*types.Cast{
		{Source: Varchar, Target: Varchar, Context: types.Implicit, Function: resize},
		{Source: types.Text, Target: Varchar, Context: types.Implicit},
		{Source: Varchar, Target: types.Text, Context: types.Implicit},
	}
}

// padTo fills a text up to the length of a modifier.
func padTo(s string, mod int32) string {
	missing := int(mod) - header - utf8.RuneCountInString(s)
	if missing <= 0 {
		return s
	}
	return s + strings.Repeat(" ", missing)
}
