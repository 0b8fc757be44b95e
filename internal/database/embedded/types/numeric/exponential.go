package numeric

import (
	"math"
	"math/big"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// exponentials gives exp, logarithms, powers and width_bucket.
func exponentials() (fs []*types.Function, ops []*types.Operator) {
	n := types.Numeric
	single, pair := entry.Args(n), entry.Args(n, n)
	exp := entry.Raises(1733, "numeric_exp", n, single, unary(exponential))
	ln := entry.Raises(1735, "numeric_ln", n, single, unary(naturalLogarithm))
	log := entry.Raises(1737, "numeric_log", n, pair, binary(logarithm))
	log10 := entry.Raises(1741, "log", n, single, unary(decimalLogarithm))
	pow := entry.Raises(1739, "numeric_power", n, pair, binary(power))
	fs = []*types.Function{
		exp, entry.Alias(1732, "exp", exp), ln, entry.Alias(1734, "ln", ln),
		log, entry.Alias(1736, "log", log), log10, entry.Alias(1481, "log10", log10),
		pow, entry.Alias(2169, "power", pow), entry.Alias(1738, "pow", pow),
		entry.Raises(2170, "width_bucket", types.Int4, entry.Args(n, n, n, types.Int4), widthBucket),
	}
	return fs, []*types.Operator{entry.Operator(1038, "^", pow)}
}

func errBucket(message string) error { return fault.New("2201G", "%s", message) }

// widthBucket tells into which of count equal parts of a range a number falls.
func widthBucket(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	operand, low, high := stored(args[0].Text()), stored(args[1].Text()), stored(args[2].Text())
	count := args[3].Int()
	switch {
	case count <= 0:
		return sqlite.Null, errBucket("count must be greater than zero")
	case operand.special == notANumber || low.special == notANumber || high.special == notANumber:
		return sqlite.Null, errBucket("operand, lower bound, and upper bound cannot be NaN")
	case low.infinite() || high.infinite():
		return sqlite.Null, errBucket("lower and upper bounds must be finite")
	}
	direction := compareDecimals(high, low)
	if direction == 0 {
		return sqlite.Null, errBucket("lower bound cannot equal upper bound")
	}
	if direction < 0 { // counted downwards
		operand, low, high = negate(operand), negate(low), negate(high)
	}
	switch {
	case operand.special == negativeInfinity, operand.special == finite && compareDecimals(operand, low) < 0:
		return sqlite.Int(0), nil
	case operand.infinite(), compareDecimals(operand, high) >= 0:
		if count == math.MaxInt32 {
			return sqlite.Null, fault.New(fault.NumericOutOfRange, "integer out of range")
		}
		return sqlite.Int(count + 1), nil
	}
	offset, _ := subtract(operand, low)
	width, _ := subtract(high, low)
	// PostgreSQL rounds the quotient, so that the bucket can be one too high.
	share, err := divide(newDecimal(new(big.Int).Mul(offset.coef, big.NewInt(count)), offset.scale), width)
	if err != nil {
		return sqlite.Null, err
	}
	bucket := floor(share).coef.Int64() + 1
	if bucket > math.MaxInt32 {
		return sqlite.Null, fault.New(fault.NumericOutOfRange, "integer out of range")
	}
	return sqlite.Int(bucket), nil
}
