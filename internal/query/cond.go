package query

import (
	"math/bits"
	"net/http"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
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
	InKeys       // the primary key is one of the value's, a JSON array of objects (KeyName)
	lastOperator = InKeys
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

// where writes the WHERE clause of conditions, if there are any.
func (c *compiler) where(r relation, conds []Cond) error {
	join := " WHERE "
	if len(conds) > 0 {
		c.Put(join)
		if err := c.conditions(r, conds); err != nil {
			return err
		}
		join = " AND "
	}
	c.required(r, join)
	return nil
}

func (c *compiler) terms(r relation, conds []Cond, join string) error {
	for i := range conds {
		if i > 0 {
			c.Put(join)
		}
		if err := c.cond(r, &conds[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) cond(r relation, cond *Cond) error {
	if cond.Not {
		c.Put("NOT ")
	}
	c.Put("(")
	if err := c.bare(r, cond); err != nil {
		return err
	}
	c.Put(")")
	return nil
}

func (c *compiler) bare(r relation, cond *Cond) error {
	switch {
	case cond.Op == And:
		return c.logic(r, cond.Terms, " AND ")
	case cond.Op == Or:
		return c.logic(r, cond.Terms, " OR ")
	case cond.Op == In:
		return c.in(r, cond)
	case cond.Op == SameRow:
		c.Put("md5(row_to_json(", r.alias, ")::text) = ")
		c.Value()
		return nil
	case cond.Op == InKeys:
		return c.inKeys(r)
	case cond.Op > lastOperator:
		return fault.Unsupported("unknown operator")
	}
	if k := r.kid(cond.Field.Column); k != nil && len(cond.Field.Path) == 0 &&
		(cond.Op == IsNull || cond.Op == IsNotNull || r.Column(cond.Field.Column) == nil) {
		return c.hasRows(k, cond)
	}
	if err := c.field(r, cond.Field); err != nil {
		return err
	}
	c.Put(" ", operatorSQL[cond.Op])
	if !cond.Op.hasValue() {
		return nil
	}
	return c.operand(cond)
}

// hasRows writes a condition on an embedded relation as a whole: is.null means
// that it has no rows.
func (c *compiler) hasRows(k *kid, cond *Cond) error {
	switch cond.Op {
	case IsNull:
		c.Put("NOT ", k.exists())
	case IsNotNull:
		c.Put(k.exists())
	default:
		return fault.New("PGRST120", "Bad operator on the '%s' embedded resource", k.Key()).
			WithDetail("Only is null or not is null filters are allowed on embedded resources").WithStatus(http.StatusBadRequest)
	}
	return nil
}

func (c *compiler) logic(r relation, terms []Cond, join string) error {
	if len(terms) == 0 {
		return fault.New(fault.SyntaxError, "a logical condition needs at least one term")
	}
	return c.terms(r, terms, join)
}

func (c *compiler) operand(cond *Cond) error {
	if cond.Quantifier == Single {
		c.Put(" ")
		c.Value()
		return nil
	}
	if !cond.Op.quantifies() {
		return fault.Unsupported("any and all are not supported with the operator %s", operatorSQL[cond.Op])
	}
	if cond.Quantifier == Any {
		c.Put(" ANY (")
	} else {
		c.Put(" ALL (")
	}
	c.Value()
	c.Put(")")
	return nil
}

func (c *compiler) in(r relation, cond *Cond) error {
	if len(cond.Values) > maxIn {
		return fault.New(fault.TooManyArguments, "a list may have at most %d values", maxIn).WithStatus(http.StatusBadRequest)
	}
	if len(cond.Values) == 0 { // the column must exist all the same
		if _, err := r.find(cond.Field.Column); err != nil {
			return err
		}
		c.Put("false")
		return nil
	}
	if err := c.field(r, cond.Field); err != nil {
		return err
	}
	c.Put(" IN (")
	err := c.List(bucket(len(cond.Values)), func(int) error { c.Value(); return nil })
	c.Put(")")
	return err
}

// conditions writes conditions that must all hold, each behind the bound that it
// implies.
func (c *compiler) conditions(r relation, conds []Cond) error {
	for i := range conds {
		if i > 0 {
			c.Put(" AND ")
		}
		if b, ok := boundOf(&conds[i]); ok && r.Column(b.field.Column) != nil {
			c.Put("(", r.column(b.field.Column), " ", operatorSQL[b.op], " ")
			c.Ahead()
			c.Put(") AND ")
		}
		if err := c.cond(r, &conds[i]); err != nil {
			return err
		}
	}
	return nil
}
