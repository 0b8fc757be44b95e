package query

import "strconv"

// Node is what is asked of one relation. Children are the relations embedded
// into each of its rows.
type Node struct {
	Schema, Name string

	// Select lists the columns; without any, and without children, it is all of
	// them unless Nothing is set.
	Select  []Item
	Nothing bool

	Where []Cond // all of them must hold
	Order []Order

	// Limit and Offset tell that a bound is given; its value is bound.
	Limit, Offset bool

	Children []*Child

	// Aggregates tells, of the outermost node, that aggregate functions may be
	// used in it and in whatever is embedded into it.
	Aggregates bool
}

// items are the columns that a node selects.
func (n *Node) items() []Item {
	if len(n.Select) == 0 && len(n.Children) == 0 && !n.Nothing {
		return []Item{{Star: true}}
	}
	return n.Select
}

// Child is a relation embedded into the rows of its parent.
type Child struct {
	Node
	Alias  string // the key in the parent's JSON; empty means the name
	Hint   string // the constraint, column or junction that says which relationship
	Join   Join
	Spread bool // its columns become columns of the parent
}

// Join says what becomes of a row to which a child has none.
type Join uint8

// The joins.
const (
	LeftJoin  Join = iota // the row stays
	InnerJoin             // the row goes
)

// Item is one entry of the select list.
type Item struct {
	Star  bool // every column of the relation
	Field Field
	Alias string // the name in the result; empty means the field's own
	Cast  string // the name of a type; empty means none

	// Aggregate makes one value of the field of all rows of a group, after the
	// cast; a count without a field counts the rows. ResultCast is the type its
	// result is cast to.
	Aggregate  Aggregate
	ResultCast string
}

// name is what the item goes by in a result.
func (it Item) name() string {
	switch {
	case it.Alias != "":
		return it.Alias
	case it.Aggregate != "":
		return string(it.Aggregate)
	}
	return it.Field.Name()
}

// expand replaces every star by the columns of the relation.
func expand(r relation, items []Item) []Item {
	var out []Item
	for _, it := range items {
		if !it.Star {
			out = append(out, it)
			continue
		}
		for _, col := range r.Columns {
			out = append(out, Item{Field: Field{Column: col.Name}})
		}
	}
	return out
}

// Field is a column, or what a JSON path leads to inside of it.
type Field struct {
	Column string
	Path   []Step
}

// Step is one step of a JSON path.
type Step struct {
	Key   string // a key, or an integer's text
	Index bool   // Key is the index of an array's element
	Text  bool   // ->> instead of ->
}

// maxPlain bounds what may stand in a statement itself: PostgreSQL's names have as
// many bytes.
const maxPlain = 63

// plain tells whether the step can stand in a statement as it is, with nothing in
// it that would need quoting.
func (s Step) plain() bool {
	if s.Index && len(s.Key) > 9 { // an integer for certain
		return false
	}
	for i := range len(s.Key) {
		c := s.Key[i]
		digit := '0' <= c && c <= '9'
		if !digit && (s.Index || c != '_' && (c|0x20 < 'a' || c|0x20 > 'z')) {
			return false
		}
	}
	return s.Key != "" && len(s.Key) <= maxPlain
}

// Name is the name that the field has in a result unless it gets an alias: the
// last key of its path, otherwise the column's name.
func (f Field) Name() string {
	for i := len(f.Path) - 1; i >= 0; i-- {
		if !f.Path[i].Index {
			return f.Path[i].Key
		}
	}
	return f.Column
}

// Order is one key to sort by.
type Order struct {
	Through   string // an embedded relation whose field it is, by its key; may be empty
	Field     Field
	Direction Direction
	Nulls     Nulls
}

// Direction is the direction of a sort key.
type Direction uint8

// The directions; Unspecified leaves it to the database (ascending).
const (
	Unspecified Direction = iota
	Ascending
	Descending
)

// Nulls says where nulls sort.
type Nulls uint8

// The places of nulls; NullsDefault leaves it to the database.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// Cond is a condition on the rows of a node: a comparison of a field with
// values, or Terms joined by And or Or.
type Cond struct {
	Not   bool
	Op    Op
	Terms []Cond // of And and Or

	Field      Field
	Quantifier Quantifier
	Value      string   // of an operator with one value
	Values     []string // of In
}

// Quantifier makes a comparison with each element of an array value.
type Quantifier uint8

// The quantifiers.
const (
	Single Quantifier = iota
	Any
	All
)

// AppendShape appends what distinguishes the text of a condition: everything
// but its values.
func AppendShape(dst []byte, conds []Cond) []byte {
	dst = strconv.AppendInt(dst, int64(len(conds)), 10)
	for i := range conds {
		c := &conds[i]
		not := byte('+')
		if c.Not {
			not = '-'
		}
		dst = append(dst, not, byte(c.Op)+'0', byte(c.Quantifier)+'0')
		if c.Op.isLogic() {
			if _, ok := boundOf(c); ok { // which hangs on its values
				dst = append(dst, 'b')
			}
			dst = AppendShape(dst, c.Terms)
			continue
		}
		dst = appendField(dst, c.Field)
		if c.Op == In {
			dst = strconv.AppendInt(append(dst, '#'), int64(bucket(len(c.Values))), 10)
		}
	}
	return dst
}

func appendField(dst []byte, f Field) []byte {
	dst = AppendName(dst, f.Column)
	for _, s := range f.Path {
		kind := byte('k')
		if s.Index {
			kind = 'i'
		}
		if s.Text {
			kind -= 'a' - 'A'
		}
		dst = AppendName(append(dst, kind), s.Key)
	}
	return append(dst, '.')
}

// AppendName appends a name with its length, so that no two lists of names look
// the same in a shape.
func AppendName(dst []byte, name string) []byte {
	dst = strconv.AppendInt(dst, int64(len(name)), 10)
	dst = append(dst, ':')
	return append(dst, name...)
}
