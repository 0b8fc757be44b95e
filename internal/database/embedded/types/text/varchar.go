package text

import (
	"fmt"
	"strings"

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
	t.ModIn, t.ModOut = modIn("varchar"), modOut
	t.In = func(text string, mod int32) (sqlite.Value, error) {
		if err := Valid(text); err != nil {
			return sqlite.Null, err
		}
		s, err := fit(text, mod, false, "character varying")
		return sqlite.Text(s), err
	}
	return t
}

// maxLength is the largest n of varchar(n) and char(n).
const maxLength = 10 * 1024 * 1024

// modIn packs the n of varchar(n) and char(n); name is what messages call the
// type.
func modIn(name string) func([]int) (int32, error) {
	return func(mods []int) (int32, error) {
		switch {
		case len(mods) != 1:
			return 0, fault.New(fault.InvalidParameter, "invalid type modifier")
		case mods[0] < 1:
			return 0, fault.New(fault.InvalidParameter, "length for type %s must be at least 1", name)
		case mods[0] > maxLength:
			return 0, fault.New(fault.InvalidParameter, "length for type %s cannot exceed %d", name, maxLength)
		}
		return int32(mods[0]) + header, nil
	}
}

func modOut(mod int32) string { return fmt.Sprintf("(%d)", mod-header) }

// fit cuts a text to the length that a modifier allows. Only an explicit cast
// cuts anything but spaces; otherwise it is an error (SQLSTATE 22001).
func fit(s string, mod int32, explicit bool, sqlName string) (string, error) {
	if mod < header {
		return s, nil
	}
	if mod > maxLength+header {
		return "", entry.Unsupported("a length of %d for type %s", mod-header, sqlName)
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
