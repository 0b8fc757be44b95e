package numeric

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// series gives generate_series over numeric.
func series() []*types.Function {
	n := types.Numeric
	return []*types.Function{
		entry.Set(3260, "generate_series", n, entry.Args(n, n), generate),
		entry.Set(3259, "generate_series", n, entry.Args(n, n, n), generate),
	}
}

// generate counts from the first argument to the second, by the third or 1.
func generate(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	numbers := []decimal{{}, {}, fromInt(1)}
	for i, a := range args {
		numbers[i] = stored(a.Text())
		if err := boundOf([]string{"start value", "stop value", "step size"}[i], numbers[i]); err != nil {
			return nil, err
		}
	}
	at, end, step := numbers[0], args[1].Text(), numbers[2]
	if step.isZero() {
		return nil, types.ErrStepZero()
	}
	return types.Series(func() (sqlite.Value, bool, error) {
		v := at.String()
		if order := Compare(v, end); order != 0 && order > 0 == (step.sign() > 0) {
			return sqlite.Null, false, nil
		}
		var err error
		if at, err = add(at, step); err != nil {
			return sqlite.Null, false, err
		}
		return sqlite.Text(v), true, nil
	}), nil
}

// boundOf refuses what is no number.
func boundOf(what string, d decimal) error {
	switch {
	case d.special == notANumber:
		return fault.New(fault.InvalidParameter, "%s cannot be NaN", what)
	case d.infinite():
		return fault.New(fault.InvalidParameter, "%s cannot be infinity", what)
	}
	return nil
}
