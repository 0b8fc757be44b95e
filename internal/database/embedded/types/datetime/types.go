package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// The types of the family beside timestamptz, and those its entries use.
const (
	Date      types.OID = 1082
	Time      types.OID = 1083
	Timestamp types.OID = 1114
	Interval  types.OID = 1186
	TimeTZ    types.OID = 1266

	float8 types.OID = 701
)

// Collations of the types whose stored text does not sort as they do.
const (
	intervalCollation = "interval"
	timetzCollation   = "timetz"
)

func allTypes() []*types.Type {
	all := []*types.Type{
		timestamptzType(), timestampType(), dateType(),
		plainType(Time, "time", "time without time zone", "", 'D', timeIn, precisionIn("TIME", "")),
		plainType(TimeTZ, "timetz", "time with time zone", timetzCollation, 'D', timetzIn, precisionIn("TIME", " WITH TIME ZONE")),
		intervalType(),
	}
	for _, t := range all {
		if t.OID != Interval {
			t.InAt = inAt(t.OID)
		}
	}
	return all
}

// precisionIn packs the number of decimal places of a second.
func precisionIn(name, suffix string) func([]int) (int32, error) {
	return func(mods []int) (int32, error) {
		switch {
		case len(mods) != 1:
			return 0, fault.New(fault.InvalidParameter, "invalid type modifier")
		case mods[0] < 0:
			return 0, fault.New(fault.InvalidParameter, "%s(%d)%s precision must not be negative", name, mods[0], suffix)
		}
		return int32(min(mods[0], 6)), nil
	}
}

func timestamptzType() *types.Type {
	t := instantType(types.Timestamptz, "timestamptz", "timestamp with time zone",
		"replace(replace($1, 'T', ' '), '+00:00', '+00')")
	t.Preferred = true
	t.ModIn = precisionIn("TIMESTAMP", " WITH TIME ZONE")
	t.In = func(text string, mod int32) (sqlite.Value, error) {
		return storeTimestamptz(civil.ParseTimestamptz(text, mod, nil))
	}
	return t
}

func timestampType() *types.Type {
	t := instantType(Timestamp, "timestamp", "timestamp without time zone", "replace($1, 'T', ' ')")
	t.ModIn = precisionIn("TIMESTAMP", "")
	t.In = func(text string, mod int32) (sqlite.Value, error) {
		return storeTimestamp(civil.ParseTimestamp(text, mod, nil))
	}
	return t
}

func dateType() *types.Type {
	t := instantType(Date, "date", "date", "$1")
	t.In = func(text string, _ int32) (sqlite.Value, error) { return storeDate(civil.ParseDate(text, nil)) }
	return t
}

// instantType is a type whose text form is, within the years 1 to 9999, what a
// template makes of the storage form.
func instantType(oid types.OID, name, sqlName, template string) *types.Type {
	return &types.Type{
		OID: oid, Name: name, SQLName: sqlName, Category: 'D', Column: "TEXT",
		Out:     func(dst []byte, v sqlite.Value) []byte { return civil.AppendText(dst, v.Text()) },
		TextSQL: wrapped(entry.SQL(template), textHelper(oid)),
		JSONSQL: wrapped(entry.SQL(`('"' || $1 || '"')`), jsonHelper(oid)),
		JSON:    func(dst []byte, v sqlite.Value) []byte { return civil.AppendJSON(dst, v.Text()) },
	}
}

func intervalType() *types.Type {
	t := plainType(Interval, "interval", "interval", intervalCollation, 'T',
		func(text string, mod int32) (sqlite.Value, error) {
			return storeInterval(civil.ParseInterval(text, mod))
		}, civil.PackInterval)
	t.Preferred = true
	return t
}

// plainType is a type whose storage form is its text form.
func plainType(oid types.OID, name, sqlName, collation string, category byte,
	in func(string, int32) (sqlite.Value, error), mod func([]int) (int32, error)) *types.Type {
	return &types.Type{
		OID: oid, Name: name, SQLName: sqlName, Category: category, Column: "TEXT", Collation: collation,
		In: in, ModIn: mod,
		Out:     func(dst []byte, v sqlite.Value) []byte { return append(dst, v.Text()...) },
		JSONSQL: quoted,
		JSON:    entry.QuotedJSON,
	}
}

func timeIn(text string, mod int32) (sqlite.Value, error) {
	return storeTime(civil.ParseTime(text, mod, nil))
}

func timetzIn(text string, mod int32) (sqlite.Value, error) {
	return storeTimeTZ(civil.ParseZonedTime(text, mod, nil))
}

// quoted makes a JSON string of a storage form, in which nothing needs an
// escape.
var quoted = entry.Wrap(`('"' || $1 || '"')`)

func storeTimestamptz(t civil.Timestamp, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return textOrError(t.StoreTimestamptz())
}

func storeTimestamp(t civil.Timestamp, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return textOrError(t.StoreTimestamp())
}

func storeDate(d civil.Date, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return textOrError(d.Store())
}

func storeTime(t civil.TimeOfDay, err error) (sqlite.Value, error) { return textOrError(t.Text(), err) }

func storeTimeTZ(t civil.ZonedTime, err error) (sqlite.Value, error) {
	return textOrError(t.Text(), err)
}

func storeInterval(v civil.Interval, err error) (sqlite.Value, error) {
	return textOrError(v.Text(), err)
}

func textOrError(s string, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(s), nil
}
