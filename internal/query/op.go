package query

import (
	"math/bits"

	"github.com/galleyhq/galley/internal/database"
)

// Op is an operator of a condition.
type Op uint8

// The operators. Those from And to IsUnknown are not comparisons with one
// value; the others are, and their comments name PostgreSQL's operator.
const (
	And       Op = iota
	Or           //
	In           // = one of Values
	IsNull       //
	IsNotNull    //
	IsTrue       //
	IsFalse      //
	IsUnknown    //

	Eq           // =
	Neq          // <>
	Gt           // >
	Gte          // >=
	Lt           // <
	Lte          // <=
	Like         // LIKE
	ILike        // ILIKE
	Match        // ~
	IMatch       // ~*
	IsDistinct   // IS DISTINCT FROM
	Contains     // @>
	Contained    // <@
	Overlaps     // &&
	LeftOf       // <<
	RightOf      // >>
	NotRightOf   // &<
	NotLeftOf    // &>
	AdjacentTo   // -|-
	SameRow      // the MD5 of the whole row's JSON is the value
	lastOperator = SameRow
)

var operatorSQL = [lastOperator + 1]string{
	IsNull: "IS NULL", IsNotNull: "IS NOT NULL", IsTrue: "IS TRUE", IsFalse: "IS FALSE", IsUnknown: "IS UNKNOWN",
	Eq: "=", Neq: "<>", Gt: ">", Gte: ">=", Lt: "<", Lte: "<=",
	Like: "LIKE", ILike: "ILIKE", Match: "~", IMatch: "~*", IsDistinct: "IS DISTINCT FROM",
	Contains: "@>", Contained: "<@", Overlaps: "&&",
	LeftOf: "<<", RightOf: ">>", NotRightOf: "&<", NotLeftOf: "&>", AdjacentTo: "-|-",
}

func (o Op) isLogic() bool    { return o == And || o == Or }
func (o Op) hasValue() bool   { return o >= Eq }
func (o Op) quantifies() bool { return o >= Eq && o <= IMatch }

// maxIn bounds a list of In. PostgreSQL takes 65,535 parameters a statement,
// SQLite 32,766.
const maxIn = 8192

// bucket rounds the length of a list up, so that few shapes serve all lengths;
// the rest is filled with the last value again.
func bucket(n int) int {
	if n <= 2 {
		return n
	}
	return 1 << bits.Len(uint(n-1))
}

// Values appends the values of conditions in the order in which a compiled
// statement takes them.
func Values(dst []database.Arg, conds []Cond) []database.Arg {
	for i := range conds {
		c := &conds[i]
		switch {
		case c.Op.isLogic():
			dst = Values(dst, c.Terms)
		case c.Op == In:
			dst = appendList(dst, c.Values)
		case c.Op.hasValue():
			dst = append(dst, database.Text(c.Value))
		}
	}
	return dst
}

func appendList(dst []database.Arg, values []string) []database.Arg {
	for _, v := range values {
		dst = append(dst, database.Text(v))
	}
	for range bucket(len(values)) - len(values) {
		dst = append(dst, dst[len(dst)-1])
	}
	return dst
}
