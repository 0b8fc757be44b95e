package trigram

import (
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

const real types.OID = 700

// measure is a similarity of two texts.
type measure func(a, b string) float32

func word(a, b string) float32   { return wordSimilarity(a, b, false) }
func strict(a, b string) float32 { return wordSimilarity(a, b, true) }

func swapped(m measure) measure { return func(a, b string) float32 { return m(b, a) } }

// distance is how far a similarity is from sameness.
func distance(m measure) measure { return func(a, b string) float32 { return 1 - m(a, b) } }

// Functions returns the functions of the extension, Operators its operators over
// them.
func Functions() []*types.Function {
	fs := []*types.Function{
		number("similarity", similarity), number("word_similarity", word), number("strict_word_similarity", strict),
		entry.Raises(0, "show_trgm", array.TextArray, entry.Args(types.Text), show),
	}
	for _, op := range Operators() {
		fs = append(fs, op.Function)
	}
	return append(fs, limit("set_limit", types.Volatile, real), limit("show_limit", types.Stable))
}

// limit is one of the functions around the threshold, which PostgreSQL itself calls
// deprecated; a parameter sets it.
func limit(name string, volatility types.Volatility, args ...types.OID) *types.Function {
	f := entry.Raises(0, name, real, args, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Null, entry.Unsupported("the function %s", name)
	})
	f.Volatility = volatility
	return f
}

// Operators returns the operators of the extension.
func Operators() (ops []*types.Operator) {
	add := func(name string, f *types.Function) { ops = append(ops, entry.Operator(0, name, f)) }
	add("<->", number("similarity_dist", distance(similarity)))
	add("<<->", number("word_similarity_dist_op", distance(word)))
	add("<->>", number("word_similarity_dist_commutator_op", distance(swapped(word))))
	add("<<<->", number("strict_word_similarity_dist_op", distance(strict)))
	add("<->>>", number("strict_word_similarity_dist_commutator_op", distance(swapped(strict))))
	add("%", above("similarity_op", similarity, "similarity", 0.3))
	add("<%", above("word_similarity_op", word, "word_similarity", 0.6))
	add("%>", above("word_similarity_commutator_op", swapped(word), "word_similarity", 0.6))
	add("<<%", above("strict_word_similarity_op", strict, "strict_word_similarity", 0.5))
	add("%>>", above("strict_word_similarity_commutator_op", swapped(strict), "strict_word_similarity", 0.5))
	return ops
}

func number(name string, m measure) *types.Function {
	return entry.Go(0, name, real, entry.Args(types.Text, types.Text), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Float(float64(m(args[0].Text(), args[1].Text()))), nil
	})
}

// above tells whether a similarity reaches the threshold that a parameter sets.
func above(name string, m measure, parameter string, otherwise float64) *types.Function {
	f := entry.Go(0, name, types.Bool, entry.Args(types.Text, types.Text), func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		least, err := threshold(c, "pg_trgm."+parameter+"_threshold", otherwise)
		return sqlite.Bool(float64(m(args[0].Text(), args[1].Text())) >= least), err
	})
	f.MayRaise = true
	f.Volatility = types.Stable
	return f
}

func threshold(c *sqlite.Conn, parameter string, otherwise float64) (float64, error) {
	env, ok := c.State.(types.Env)
	if !ok {
		return otherwise, nil
	}
	s, set := env.Setting(parameter)
	if !set || s == "" {
		return otherwise, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1) { // PostgreSQL does not let it be set
		return 0, entry.Unsupported("the value %q of %s", s, parameter)
	}
	return v, nil
}

func show(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	var list []string
	for _, g := range set(args[0].Text()) {
		list = append(list, g.String())
	}
	return array.Texts(list...)
}
