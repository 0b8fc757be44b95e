package float

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// regressions gives the statistics over pairs (Y, X) of which neither is null.
func regressions() (all []*types.Aggregate) {
	for _, a := range []struct {
		oid   uint32
		name  string
		final func(*pairs) (float64, bool)
	}{
		{2819, "regr_sxx", func(p *pairs) (float64, bool) { return p.sxx, p.n > 0 }},
		{2820, "regr_syy", func(p *pairs) (float64, bool) { return p.syy, p.n > 0 }},
		{2821, "regr_sxy", func(p *pairs) (float64, bool) { return p.sxy, p.n > 0 }},
		{2822, "regr_avgx", func(p *pairs) (float64, bool) { return p.sx / p.n, p.n > 0 }},
		{2823, "regr_avgy", func(p *pairs) (float64, bool) { return p.sy / p.n, p.n > 0 }},
		{2824, "regr_r2", (*pairs).determination},
		{2825, "regr_slope", func(p *pairs) (float64, bool) { return p.sxy / p.sxx, p.n > 0 && p.sxx != 0 }},
		{2826, "regr_intercept", (*pairs).intercept},
		{2827, "covar_pop", func(p *pairs) (float64, bool) { return p.sxy / p.n, p.n > 0 }},
		{2828, "covar_samp", func(p *pairs) (float64, bool) { return p.sxy / (p.n - 1), p.n > 1 }},
		{2829, "corr", (*pairs).correlation},
	} {
		all = append(all, &types.Aggregate{OID: a.oid, Name: a.name, Args: entry.Args(Float8, Float8), Result: Float8,
			New: func(*sqlite.Conn) sqlite.Accumulator { return &pairs{final: a.final} }})
	}
	return append(all, &types.Aggregate{OID: 2818, Name: "regr_count", Args: entry.Args(Float8, Float8), Result: types.Int8,
		New: func(*sqlite.Conn) sqlite.Accumulator { return new(pairCount) }})
}

// pairCount counts the pairs.
type pairCount int64

// Step implements sqlite.Accumulator.
func (c *pairCount) Step(args []sqlite.Value) error {
	if !args[0].IsNull() && !args[1].IsNull() {
		*c++
	}
	return nil
}

// Final implements sqlite.Accumulator.
func (c *pairCount) Final() (sqlite.Value, error) { return sqlite.Int(int64(*c)), nil }

// pairs gathers the sums of X and Y and of the squares and products of their
// differences from the mean, by the method of Youngs and Cramer.
type pairs struct {
	n, sx, sxx, sy, syy, sxy float64
	final                    func(*pairs) (float64, bool)
}

// Step implements sqlite.Accumulator.
func (p *pairs) Step(args []sqlite.Value) error {
	if args[0].IsNull() || args[1].IsNull() {
		return nil
	}
	y, x := args[0].Float(), args[1].Float()
	before := *p
	p.n, p.sx, p.sy = p.n+1, p.sx+x, p.sy+y
	if before.n == 0 {
		p.first(x, y)
		return nil
	}
	// The conversions keep compilers from fusing multiplication and addition.
	dx, dy := float64(x*p.n)-p.sx, float64(y*p.n)-p.sy
	scale := 1 / float64(p.n*before.n)
	p.sxx += float64(float64(dx*dx) * scale)
	p.syy += float64(float64(dy*dy) * scale)
	p.sxy += float64(float64(dx*dy) * scale)
	return p.overflow(&before, x, y)
}

// first marks sums that will never be a number.
func (p *pairs) first(x, y float64) {
	badX, badY := math.IsInf(x, 0) || math.IsNaN(x), math.IsInf(y, 0) || math.IsNaN(y)
	if badX {
		p.sxx = math.NaN()
	}
	if badY {
		p.syy = math.NaN()
	}
	if badX || badY {
		p.sxy = math.NaN()
	}
}

// overflow tells infinite sums of finite numbers, an error, from those of infinite
// ones, which are NaN.
func (p *pairs) overflow(before *pairs, x, y float64) error {
	inf := func(f float64) bool { return math.IsInf(f, 0) }
	finiteX, finiteY := !inf(before.sx) && !inf(x), !inf(before.sy) && !inf(y)
	if (inf(p.sx) || inf(p.sxx)) && finiteX || (inf(p.sy) || inf(p.syy)) && finiteY || inf(p.sxy) && finiteX && finiteY {
		return errOverflow()
	}
	for _, s := range []*float64{&p.sxx, &p.syy, &p.sxy} {
		if inf(*s) {
			*s = math.NaN()
		}
	}
	return nil
}

// Final implements sqlite.Accumulator.
func (p *pairs) Final() (sqlite.Value, error) {
	v, ok := p.final(p)
	if !ok {
		return sqlite.Null, nil
	}
	return sqlite.Float(v), nil
}

func (p *pairs) determination() (float64, bool) {
	if p.n > 0 && p.sxx != 0 && p.syy == 0 {
		return 1, true
	}
	return float64(p.sxy*p.sxy) / float64(p.sxx*p.syy), p.n > 0 && p.sxx != 0
}

func (p *pairs) intercept() (float64, bool) {
	return (p.sy - float64(p.sx*p.sxy)/p.sxx) / p.n, p.n > 0 && p.sxx != 0
}

func (p *pairs) correlation() (float64, bool) {
	return p.sxy / math.Sqrt(float64(p.sxx*p.syy)), p.n > 0 && p.sxx != 0 && p.syy != 0
}
