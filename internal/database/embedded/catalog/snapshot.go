package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// Snapshot is the catalogue as the rest of Galley sees it.
func (c *Catalog) Snapshot(known *types.Catalogue) *schema.Snapshot {
	var relations []*schema.Relation
	for _, t := range c.SortedTables() {
		relations = append(relations, c.relation(t, known))
	}
	for _, v := range c.SortedViews() {
		relations = append(relations, c.viewRelation(v, known))
	}
	s := schema.New(c.Version, slices.Sorted(maps.Keys(c.Schemas)), relations)
	s.Enums = c.enums()
	return s.WithFunctions(c.functions(known))
}

// enums lists the enumerated types by their names.
func (c *Catalog) enums() []*schema.Enum {
	var out []*schema.Enum
	for _, e := range c.Enums {
		one := &schema.Enum{Name: schema.Name{Schema: e.Schema, Name: e.Name}}
		for _, l := range e.Labels {
			one.Labels = append(one.Labels, l.Name)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b *schema.Enum) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name.Name, b.Name.Name))
	})
	return out
}

func (c *Catalog) relation(t *Table, known *types.Catalogue) *schema.Relation {
	r := &schema.Relation{
		Name: schema.Name{Schema: t.Schema, Name: t.Name}, Kind: schema.Table, Comment: t.Comment,
		OID: t.OID, RowSecurity: t.RowSecurity, ForceRowSecurity: t.ForceRowSecurity,
	}
	for i, col := range t.Columns {
		out := c.column(col, i+1, known)
		if seq := c.Sequences[col.Sequence]; seq != nil && col.Default == nil && col.Identity == 0 {
			out.Default = "nextval('" + seq.Schema + "." + seq.Name + "'::regclass)"
		}
		r.Columns = append(r.Columns, out)
	}
	for _, k := range t.Constraints {
		switch k.Kind {
		case PrimaryKey:
			r.PrimaryKey = t.columnNames(k.Columns)
		case Check:
			r.Checks = append(r.Checks, schema.Check{Name: k.Name, Expression: k.Check.SQL})
		case ForeignKey:
			r.ForeignKeys = append(r.ForeignKeys, c.foreignKey(t, k))
		}
	}
	for _, i := range t.Indexes {
		if cols := t.uniqueColumns(i); cols != nil && !t.isPrimary(i) {
			r.Uniques = append(r.Uniques, t.columnNames(cols))
		}
	}
	for _, p := range t.Policies {
		r.Policies = append(r.Policies, policy(p))
	}
	return r
}

func (c *Catalog) column(col *Column, position int, known *types.Catalogue) *schema.Column {
	out := &schema.Column{Name: col.Name, NotNull: col.NotNull, Comment: col.Comment, Position: position}
	if t := known.Type(col.Type.OID); t != nil {
		out.Type, out.TypeName = known.Format(col.Type), t.Name
	}
	c.enumColumn(col, out)
	if col.Default != nil {
		out.Default = col.Default.SQL
	}
	if col.Generated != nil {
		out.Generated, out.Default = true, col.Generated.SQL
	}
	switch col.Identity {
	case 'a':
		out.Identity = "ALWAYS"
	case 'd':
		out.Identity = "BY DEFAULT"
	}
	return out
}

func (c *Catalog) foreignKey(t *Table, k *Constraint) *schema.ForeignKey {
	ref := c.Tables[k.RefTable]
	return &schema.ForeignKey{
		Name: k.Name, Columns: t.columnNames(k.Columns),
		References: schema.Name{Schema: ref.Schema, Name: ref.Name},
		RefColumns: ref.columnNames(k.RefColumns),
		OneToOne:   t.isUnique(k.Columns),
	}
}

// isPrimary tells whether an index belongs to the primary key.
func (t *Table) isPrimary(i *Index) bool {
	pk := t.PrimaryKey()
	return pk != nil && pk.Index == i.OID
}

// isUnique tells whether some full unique index covers a subset of the columns.
func (t *Table) isUnique(columns []int) bool {
	for _, i := range t.Indexes {
		cols := t.uniqueColumns(i)
		if cols != nil && !slices.ContainsFunc(cols, func(n int) bool { return !slices.Contains(columns, n) }) {
			return true
		}
	}
	return false
}

// uniqueColumns returns the columns of a full unique index over plain columns.
func (t *Table) uniqueColumns(i *Index) []int {
	if !i.Unique || i.Where != nil {
		return nil
	}
	var out []int
	for _, c := range i.Columns {
		if c.Column == 0 {
			return nil
		}
		out = append(out, c.Column)
	}
	return out
}

func (t *Table) columnNames(numbers []int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = t.ColumnNumber(n).Name
	}
	return out
}

func policy(p *Policy) schema.Policy {
	out := schema.Policy{Name: p.Name, Permissive: p.Permissive, Roles: p.Roles,
		Command: map[byte]string{'*': "ALL", 'r': "SELECT", 'a': "INSERT", 'w': "UPDATE", 'd': "DELETE"}[p.Command]}
	if len(out.Roles) == 0 {
		out.Roles = []string{Public}
	}
	if p.Using != nil {
		out.Using = p.Using.SQL
	}
	if p.WithCheck != nil {
		out.WithCheck = p.WithCheck.SQL
	}
	return out
}
