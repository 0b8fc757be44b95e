package query

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query/statement"
	"github.com/galleyhq/galley/internal/schema"
)

// compiler writes one statement over the relations of a snapshot.
type compiler struct {
	statement.Builder
	snap *schema.Snapshot

	exposed  string // the schema that relations are embedded from
	aliases  int    // how many aliases were given
	embedded []Embedded
	allowed  bool // to use aggregate functions
}

// relation is a node's relation with the alias it goes by in the statement.
type relation struct {
	*schema.Relation
	alias string
	kids  []*kid
	// source is what stands in FROM in place of the relation; may be empty.
	source string
	// derived tells that its rows come from a WITH query, where they have no type.
	derived bool
	snap    *schema.Snapshot
}

func (c *compiler) plan(p Plan) *Plan {
	p.SQL, p.parameters = c.Done()
	p.Embedded = c.embedded
	return &p
}

// resolve finds a node's relation.
func (c *compiler) resolve(n *Node) (relation, error) {
	r := c.snap.Relation(n.Schema, n.Name)
	if r == nil {
		return relation{}, fault.New(fault.UndefinedTable, "relation %q does not exist", n.Schema+"."+n.Name)
	}
	c.exposed = n.Schema
	found := relation{Relation: r, alias: freeName("t", r), snap: c.snap}
	return found, c.aggregates(found, n)
}

// freeName returns a name that no column of a relation has: a bare alias means
// the whole row only as long as no column is called the same.
func freeName(name string, r *schema.Relation) string {
	for r.Column(name) != nil {
		name += "_"
	}
	return name
}

// freeAlias is freeName for the names of a select list.
func freeAlias(name string, columns []string) string {
	for i := 0; i < len(columns); i++ {
		if columns[i] == name {
			name, i = name+"_", -1
		}
	}
	return name
}

// Quote returns an identifier in double quotes.
func Quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func (r relation) table() string {
	if r.source != "" {
		return r.source + " AS " + r.alias
	}
	return Quote(r.Schema) + "." + Quote(r.Name.Name) + " AS " + r.alias
}

// column is the expression of a column, or of what a function makes of the row.
func (r relation) column(name string) string {
	if f := r.computed(name); f != nil {
		return apply(f, r)
	}
	return r.alias + "." + Quote(name)
}

// row is the whole row, of its relation's type.
func (r relation) row() string {
	if !r.derived {
		return r.alias
	}
	list := make([]string, len(r.Columns))
	for i, col := range r.Columns {
		list[i] = r.alias + "." + Quote(col.Name)
	}
	return "ROW(" + strings.Join(list, ", ") + ")::" + Quote(r.Schema) + "." + Quote(r.Name.Name)
}

// find returns a column of a relation, or the error that PostgreSQL gives.
func (r relation) find(name string) (*schema.Column, error) {
	if col := r.Column(name); col != nil {
		return col, nil
	}
	if f := r.computed(name); f != nil {
		return &schema.Column{Name: name, Type: f.Result.Type, TypeName: f.Result.TypeName}, nil
	}
	return nil, fault.New(fault.UndefinedColumn, "column %s.%s does not exist", r.Name.Name, name)
}

// computed returns what a function of the relation's rows makes of each, which
// is read like a column (PostgREST documentation, "Computed Fields").
func (r relation) computed(name string) *schema.Function {
	if r.snap == nil || r.Column(name) != nil {
		return nil
	}
	return r.snap.ComputedField(r.Relation, name)
}

// field writes the expression of a field.
func (c *compiler) field(r relation, f Field) error {
	col, err := r.find(f.Column)
	if err != nil {
		return err
	}
	if len(f.Path) == 0 {
		c.Put(r.column(col.Name))
		return nil
	}
	if IsJSON(col) {
		c.Put("(", r.column(col.Name))
	} else {
		c.Put("(to_jsonb(", r.column(col.Name), ")")
	}
	for _, s := range f.Path {
		c.step(s)
	}
	c.Put(")")
	return nil
}

// step writes a step of a JSON path. An index on a path is found only where the
// statement says the path itself, so a key of letters, digits and underscores and
// a position of digits stand in it; any other is a parameter whose value belongs
// to the plan.
func (c *compiler) step(s Step) {
	arrow, cast := "->", "::text"
	if s.Text {
		arrow = "->>"
	}
	if s.Index {
		cast = "::integer"
	}
	c.Put(arrow)
	if s.plain() {
		if !s.Index {
			s.Key = "'" + s.Key + "'"
		}
		c.Put(s.Key)
		return
	}
	c.Constant(s.Key)
	c.Put(cast)
}
