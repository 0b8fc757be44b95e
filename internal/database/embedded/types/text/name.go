package text

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// maxName is the length in bytes of an identifier (NAMEDATALEN - 1).
const maxName = 63

func nameType() *types.Type {
	t := textType()
	t.OID, t.Name, t.SQLName, t.Preferred = types.Name, "name", "name", false
	t.In = func(text string, _ int32) (sqlite.Value, error) {
		if err := Valid(text); err != nil {
			return sqlite.Null, err
		}
		return sqlite.Text(clip(text)), nil
	}
	return t
}

// clip cuts a text to the length of an identifier, between characters.
func clip(s string) string {
	end := 0
	for i, r := range s {
		if i+len(string(r)) > maxName {
			break
		}
		end = i + len(string(r))
	}
	return s[:end]
}

// nameEntries gives the comparisons of names with names and texts, and the
// casts.
func nameEntries() (fs []*types.Function, ops []*types.Operator, casts []*types.Cast) {
	type o = [2]uint32
	name, text := types.Name, types.Text
	names := entry.CompareNames
	textName := [6]string{"texteqname", "textnename", "textltname", "textgtname", "textlename", "textgename"}
	nameText := [6]string{"nameeqtext", "namenetext", "namelttext", "namegttext", "nameletext", "namegetext"}
	fs, ops = entry.Comparisons("",
		entry.Comparison{Left: name, Right: name, Names: names("name"),
			EQ: o{93, 62}, NE: o{643, 659}, LT: o{660, 655}, GT: o{662, 657}, LE: o{661, 656}, GE: o{663, 658}},
		entry.Comparison{Left: name, Right: text, Names: nameText,
			EQ: o{254, 240}, NE: o{259, 245}, LT: o{255, 241}, GT: o{258, 244}, LE: o{256, 242}, GE: o{257, 243}},
		entry.Comparison{Left: text, Right: name, Names: textName,
			EQ: o{260, 247}, NE: o{265, 252}, LT: o{261, 248}, GT: o{264, 251}, LE: o{262, 249}, GE: o{263, 250}})
	toText := entry.Native(406, "text", text, entry.Args(name), "$1")
	fromText := entry.Go(407, "name", name, one, PerText(clip))
	toVarchar := entry.Native(1401, "varchar", Varchar, entry.Args(name), "$1")
	fromVarchar := entry.Go(1400, "name", name, entry.Args(Varchar), PerText(clip))
	toBpchar := entry.Native(408, "bpchar", Bpchar, entry.Args(name), "$1")
	fromBpchar := entry.Go(409, "name", name, entry.Args(Bpchar), PerText(func(s string) string { return clip(trimmed(s)) }))
	fs = slices.Concat(fs, []*types.Function{toText, fromText, toVarchar, fromVarchar, toBpchar, fromBpchar})
	return fs, ops, []*types.Cast{
		{Source: name, Target: text, Context: types.Implicit, Function: toText},
		{Source: text, Target: name, Context: types.Implicit, Function: fromText},
		{Source: name, Target: Varchar, Context: types.Assignment, Function: toVarchar},
		{Source: Varchar, Target: name, Context: types.Implicit, Function: fromVarchar},
		{Source: name, Target: Bpchar, Context: types.Assignment, Function: toBpchar},
		{Source: Bpchar, Target: name, Context: types.Implicit, Function: fromBpchar},
	}
}
