package numeric

import (
	"fmt"
	"math/big"

	"github.com/galleyhq/galley/internal/fault"
)

// A modifier packs precision and scale of numeric(p,s) as PostgreSQL 15 does: the
// scale in 11 bits with a sign, and 4 added.
func unpack(mod int32) (precision, scale int) {
	mod -= 4
	return int(mod>>16) & 0xffff, int((mod&0x7ff)^1024) - 1024
}

// modIn packs the numbers of numeric(p) and numeric(p,s).
func modIn(mods []int) (int32, error) {
	precision, scale := 0, 0
	switch len(mods) {
	case 1:
		precision = mods[0]
	case 2:
		precision, scale = mods[0], mods[1]
	default:
		return 0, fault.New(fault.InvalidParameter, "invalid NUMERIC type modifier")
	}
	if precision < 1 || precision > 1000 {
		return 0, fault.New(fault.InvalidParameter, "NUMERIC precision %d must be between 1 and 1000", precision)
	}
	if scale < -1000 || scale > 1000 {
		return 0, fault.New(fault.InvalidParameter, "NUMERIC scale %d must be between -1000 and 1000", scale)
	}
	return int32(precision<<16|scale&0x7ff) + 4, nil
}

func modOut(mod int32) string {
	precision, scale := unpack(mod)
	return fmt.Sprintf("(%d,%d)", precision, scale)
}

// fit rounds a value to a modifier, or returns the error that it is too large.
func fit(d decimal, mod int32) (decimal, error) {
	if mod < 4 || d.special == notANumber {
		return d, nil
	}
	precision, scale := unpack(mod)
	if d.infinite() {
		return d, errField("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	r := round(d, scale)
	limit := pow10(max(precision-scale, 0))
	if precision < scale { // the limit is below 1
		if new(big.Int).Abs(r.coef).Cmp(pow10(precision)) >= 0 {
			return d, errLimit(precision, scale)
		}
	} else if new(big.Int).Abs(r.coef).Cmp(limit.Mul(limit, pow10(r.scale))) >= 0 {
		return d, errLimit(precision, scale)
	}
	return r, nil
}

func errLimit(precision, scale int) error {
	limit := "1"
	if precision != scale {
		limit = fmt.Sprintf("10^%d", precision-scale)
	}
	return errField("A field with precision %d, scale %d must round to an absolute value less than %s.",
		precision, scale, limit)
}

func errField(detail string, args ...any) error {
	return fault.New(fault.NumericOutOfRange, "numeric field overflow").WithDetail(detail, args...)
}
