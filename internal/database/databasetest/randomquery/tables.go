package randomquery

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// Table is a table to ask about.
type Table struct {
	Name    string
	Columns []Column
	Key     []string
	Rows    int
	links   []link
}

// Column is a column with some of its values.
type Column struct {
	Name   string
	Kind   string   // the type that expressions over it are made by
	Values []string // literals, without NULL
}

// link is a foreign key, seen from one of its ends. One without columns is a
// table with itself.
type link struct {
	table           *Table
	column, another string
}

// kinds says as what the types of columns are taken; others are only selected.
var kinds = map[string]string{"int2": "int2", "int4": "int4", "int8": "int8", "numeric": "numeric", "float4": "float4", "float8": "float8",
	"text": "text", "varchar": "text", "date": "date", "timestamp": "timestamp", "bool": "bool"}

const samples = 12 // values kept of a column

// Read reads the tables of the schema public, and some values of each column.
func Read(ctx context.Context, db database.DB) ([]*Table, error) {
	snapshot, err := db.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var tables []*Table
	for _, r := range snapshot.Relations {
		if r.Schema != "public" || r.Kind != schema.Table {
			continue
		}
		t, err := readTable(ctx, db, r)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	slices.SortFunc(tables, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	connect(snapshot, tables)
	return tables, nil
}

func readTable(ctx context.Context, db database.DB, r *schema.Relation) (*Table, error) {
	t := &Table{Name: r.Name.Name, Key: r.PrimaryKey}
	count, err := values(ctx, db, "select count(*)::text from "+t.Name)
	if err != nil {
		return nil, err
	}
	if t.Rows, err = strconv.Atoi(count[0]); err != nil {
		return nil, err
	}
	for _, c := range r.Columns {
		col := Column{Name: c.Name, Kind: kinds[c.TypeName]}
		if col.Kind == "" {
			continue
		}
		// By md5 the values are of all sizes and always the same.
		col.Values, err = values(ctx, db, fmt.Sprintf(
			"select v from (select distinct %s::text v from %s where %[1]s is not null) s where length(v) < 60 order by md5(v) limit %[3]d", c.Name, t.Name, samples))
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, col)
	}
	return t, nil
}

func values(ctx context.Context, db database.DB, sql string) ([]string, error) {
	rows, err := db.Query(ctx, database.Session{}, database.Statement{SQL: sql})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all, err := database.Collect(rows, nil)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(all))
	for i, row := range all {
		out[i] = *row[0]
	}
	return out, nil
}

// connect finds which tables refer to each other.
func connect(snapshot *schema.Snapshot, tables []*Table) {
	byName := map[string]*Table{}
	for _, t := range tables {
		byName[t.Name] = t
	}
	for _, t := range tables {
		for _, fk := range snapshot.Relation("public", t.Name).ForeignKeys {
			other := byName[fk.References.Name]
			if len(fk.Columns) == 1 && other != nil {
				t.links = append(t.links, link{other, fk.Columns[0], fk.RefColumns[0]})
				other.links = append(other.links, link{t, fk.RefColumns[0], fk.Columns[0]})
			}
		}
	}
	for _, t := range tables {
		slices.SortStableFunc(t.links, func(a, b link) int {
			return strings.Compare(a.table.Name+a.column+a.another, b.table.Name+b.column+b.another)
		})
	}
}
