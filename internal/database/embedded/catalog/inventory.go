package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// Inventory is what a snapshot of the catalogue does not tell. The states of
// sequences are read from the file.
func (c *Catalog) Inventory(file *sqlite.Conn, known *types.Catalogue) (*schema.Inventory, error) {
	out := &schema.Inventory{Objects: c.objects(known)}
	for _, t := range c.SortedTables() {
		if t.Schema == "galley" {
			out.Own = append(out.Own, c.relation(t, known))
		}
		for _, k := range t.Constraints {
			if k.Kind == ForeignKey || k.Kind == Check && k.NotValid {
				out.Late = append(out.Late, schema.Constraint{Table: schema.Name{Schema: t.Schema, Name: t.Name},
					Name: k.Name, Definition: c.definition(t, k), Comment: k.Comment})
			}
		}
	}
	for _, oid := range slices.Sorted(maps.Keys(c.Sequences)) {
		s, err := c.sequenceState(file, c.Sequences[oid])
		if err != nil {
			return nil, err
		}
		out.Sequences = append(out.Sequences, s)
		out.Objects = append(out.Objects, c.sequenceObject(c.Sequences[oid], known))
	}
	return out, nil
}

func (c *Catalog) sequenceState(file *sqlite.Conn, s *Sequence) (schema.Sequence, error) {
	out := schema.Sequence{Name: schema.Name{Schema: s.Schema, Name: s.Name}, Last: s.Start}
	st, err := file.Prepare(`SELECT mark, called FROM galley_sequence WHERE oid = ?1`)
	if err != nil {
		return out, err
	}
	defer st.Reset()
	if err := st.Bind(1, sqlite.Int(int64(s.OID))); err != nil {
		return out, err
	}
	found, err := st.Step()
	if found && err == nil {
		out.Last, out.Called = st.ColumnInt(0), st.ColumnInt(1) != 0
	}
	return out, err
}

func (c *Catalog) sequenceObject(s *Sequence, known *types.Catalogue) schema.Object {
	d := fmt.Sprintf("AS %s START %d INCREMENT %d MINVALUE %d MAXVALUE %d", known.Format(types.Ref{OID: s.Type, Mod: -1}),
		s.Start, s.Increment, s.Min, s.Max)
	if s.Cycle {
		d += " CYCLE"
	}
	if t := c.Tables[s.OwnerTable]; t != nil {
		if col := t.ColumnNumber(s.OwnerColumn); col != nil {
			d += " OWNED BY " + qualified(t.Schema, t.Name) + "." + syntax.QuoteIdent(col.Name)
		}
	}
	return schema.Object{Kind: "sequence", Name: quoted(s.Schema) + "." + quoted(s.Name), Definition: d}
}

// definition is a constraint as pg_get_constraintdef prints it with no search path.
func (c *Catalog) definition(t *Table, k *Constraint) string {
	var b strings.Builder
	switch k.Kind {
	case Check:
		b.WriteString("CHECK (" + k.Check.SQL + ")")
	case ForeignKey:
		ref := c.Tables[k.RefTable]
		b.WriteString("FOREIGN KEY (" + nameList(t.columnNames(k.Columns)) + ") REFERENCES " +
			qualified(ref.Schema, ref.Name) + "(" + nameList(ref.columnNames(k.RefColumns)) + ")")
		b.WriteString(action(" ON UPDATE ", k.OnUpdate) + action(" ON DELETE ", k.OnDelete))
	}
	if k.Deferrable {
		b.WriteString(" DEFERRABLE")
	}
	if k.Deferred {
		b.WriteString(" INITIALLY DEFERRED")
	}
	if k.NotValid {
		b.WriteString(" NOT VALID")
	}
	return b.String()
}

func action(when string, what byte) string {
	name := map[byte]string{'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}[what]
	if name == "" {
		return ""
	}
	return when + name
}

func nameList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = syntax.QuoteIdent(n)
	}
	return strings.Join(out, ", ")
}

// qualified is a name as PostgreSQL prints it, quoted where it needs quotes.
func qualified(schemaName, name string) string {
	return syntax.QuoteIdent(schemaName) + "." + syntax.QuoteIdent(name)
}

// quoted is a name in quotes, whatever it is.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
