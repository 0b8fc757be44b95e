package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// part takes a part out of a stored value.
type part func(name string, v sqlite.Value) (civil.Part, error)

// fields gives extract, which is numeric, and date_part, which is float8.
func fields() (fs []*types.Function) {
	for _, f := range []struct {
		extract, datePart uint32
		of                types.OID
		stable            bool
		part              part
	}{
		{6203, 1171, types.Timestamptz, true, func(name string, v sqlite.Value) (civil.Part, error) {
			return timestamp(v).FieldOf(name, true)
		}},
		{6202, 2021, Timestamp, false, func(name string, v sqlite.Value) (civil.Part, error) {
			return timestamp(v).FieldOf(name, false)
		}},
		{6199, 0, Date, false, func(name string, v sqlite.Value) (civil.Part, error) { return date(v).FieldOf(name) }},
		{0, 1384, Date, false, func(name string, v sqlite.Value) (civil.Part, error) {
			t, err := date(v).At(0)
			if err != nil {
				return civil.Part{}, err
			}
			return t.FieldOf(name, false)
		}},
		{6200, 1385, Time, false, func(name string, v sqlite.Value) (civil.Part, error) { return timeOfDay(v).FieldOf(name) }},
		{6201, 1273, TimeTZ, false, func(name string, v sqlite.Value) (civil.Part, error) {
			return civil.StoredZonedTime(v.Text()).FieldOf(name)
		}},
		{6204, 1172, Interval, false, func(name string, v sqlite.Value) (civil.Part, error) { return interval(v).FieldOf(name) }},
	} {
		args := entry.Args(types.Text, f.of)
		var both []*types.Function
		if f.extract != 0 {
			both = append(both, entry.Raises(f.extract, "extract", types.Numeric, args, call(decimal(f.part))))
		}
		if f.datePart != 0 {
			both = append(both, entry.Raises(f.datePart, "date_part", float8, args, call(float(f.part))))
		}
		for _, fn := range both {
			if f.stable {
				stable(fn)
			}
		}
		fs = append(fs, both...)
	}
	return fs
}

func decimal(take part) func(values) (sqlite.Value, error) {
	return func(a values) (sqlite.Value, error) {
		p, err := take(a[0].Text(), a[1])
		if err != nil || p.Null {
			return sqlite.Null, err
		}
		return sqlite.Text(p.Decimal()), nil
	}
}

func float(take part) func(values) (sqlite.Value, error) {
	return func(a values) (sqlite.Value, error) {
		p, err := take(a[0].Text(), a[1])
		if err != nil || p.Null {
			return sqlite.Null, err
		}
		return sqlite.Float(p.Float()), nil
	}
}
