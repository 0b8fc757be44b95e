package person

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// What becomes of a row when the one that it refers to goes.
const (
	goes   = "CASCADE"
	stays  = "SET" // NULL or DEFAULT
	blocks = ""    // RESTRICT, NO ACTION
)

// edge is a foreign key of a table.
type edge struct {
	table *schema.Relation
	key   *schema.ForeignKey
	rule  string
}

func (e edge) name() string { return qualified(e.table.Name) }

func qualified(n schema.Name) string { return n.Schema + "." + n.Name }

func quoted(n schema.Name) string { return query.Quote(n.Schema) + "." + query.Quote(n.Name) }

// graph is the foreign keys of the project's tables, by the table that they refer to.
type graph map[schema.Name][]edge

// readGraph reads the foreign keys. Those of schema auth and galley are not the
// project's.
func readGraph(ctx context.Context, db database.DB) (graph, error) {
	describer, ok := db.(database.Describer)
	if !ok {
		return nil, fault.Unsupported("this engine does not tell its foreign keys")
	}
	inventory, err := describer.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	shape, err := db.Schema(ctx)
	if err != nil {
		return nil, err
	}
	type name struct {
		table schema.Name
		name  string
	}
	definitions := map[name]string{}
	for _, c := range inventory.Late {
		definitions[name{c.Table, c.Name}] = c.Definition
	}
	out := graph{}
	for _, r := range shape.Relations {
		if r.Kind != schema.Table || r.Schema == "auth" || r.Schema == "galley" {
			continue
		}
		for _, k := range r.ForeignKeys {
			out[k.References] = append(out[k.References], edge{r, k, ruleOf(definitions[name{r.Name, k.Name}])})
		}
	}
	return out, nil
}

// ruleOf is the rule of a foreign key's definition.
func ruleOf(definition string) string {
	_, rule, _ := strings.Cut(strings.ToUpper(definition), "ON DELETE ")
	switch {
	case strings.HasPrefix(rule, "CASCADE"):
		return goes
	case strings.HasPrefix(rule, "SET "):
		return stays
	}
	return blocks
}

// found is rows that an edge leads to.
type found struct {
	edge
	own  bool // they refer to the account itself
	rows []json.RawMessage
	take func(ctx context.Context, q database.Querier) error // deletes them
}

// walk is a search of rows.
type walk struct {
	ctx     context.Context
	q       database.Querier
	graph   graph
	cascade bool // go on behind rows that stand in the way, as they go too
	parts   bool // and behind all that refer to the account
	seen    map[string]bool
	rows    int
	bytes   int
	found   []found
}

// batch is how many values one statement asks for.
const batch = 200

// from looks for what refers to rows of a table, given as JSON.
func (w *walk) from(table schema.Name, rows []json.RawMessage, own bool) error {
	for _, e := range w.graph[table] {
		values, err := valuesOf(rows, e.key.RefColumns)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(values, batch) {
			if err := w.follow(e, part, own); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow looks for the rows of an edge, and goes on behind those that go.
func (w *walk) follow(e edge, values [][]string, own bool) error {
	where, args, err := condition(e, values)
	if err != nil {
		return err
	}
	records, err := database.Records(w.ctx, w.q, "select row_to_json(t) from "+quoted(e.table.Name)+" t where "+where, args...)
	if err != nil {
		return err
	}
	var fresh []json.RawMessage
	for i, r := range records {
		key := e.name() + " " + r.Text(0)
		if len(e.table.PrimaryKey) == 0 { // rows may be equal
			key += fmt.Sprint(" ", i)
		}
		if e.rule != goes && !(e.rule == blocks && w.cascade) {
			key += " " + e.key.Name // they are no less another key's
		}
		if w.seen[key] {
			continue
		}
		w.seen[key] = true
		w.rows, w.bytes = w.rows+1, w.bytes+len(r.Text(0))
		if w.rows > maxRows || w.bytes > maxBytes {
			return tooMuch()
		}
		fresh = append(fresh, json.RawMessage(r.Text(0)))
	}
	if len(fresh) == 0 {
		return nil
	}
	w.found = append(w.found, found{e, own, fresh, func(ctx context.Context, q database.Querier) error {
		_, err := database.Records(ctx, q, "delete from "+quoted(e.table.Name)+" t where "+where, args...)
		return err
	}})
	if e.rule == goes || e.rule == blocks && w.cascade || own && w.parts {
		return w.from(e.table.Name, fresh, false)
	}
	return nil
}

// valuesOf reads columns of rows as texts. A row with a null among them is referred
// to by nobody.
func valuesOf(rows []json.RawMessage, columns []string) ([][]string, error) {
	var out [][]string
	for _, row := range rows {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(row, &fields); err != nil {
			return nil, fault.Internal(err)
		}
		one := make([]string, 0, len(columns))
		for _, c := range columns {
			raw := string(fields[c])
			if raw == "" || raw == "null" {
				break
			}
			text := raw
			if raw[0] == '"' {
				if err := json.Unmarshal(fields[c], &text); err != nil {
					return nil, fault.Internal(err)
				}
			}
			one = append(one, text)
		}
		if len(one) == len(columns) {
			out = append(out, one)
		}
	}
	return out, nil
}

// condition is that of the rows of an edge which refer to values.
func condition(e edge, values [][]string) (string, []any, error) {
	types := make([]string, len(e.key.Columns))
	for i, name := range e.key.Columns {
		j := slices.IndexFunc(e.table.Columns, func(c *schema.Column) bool { return c.Name == name })
		if j < 0 {
			return "", nil, fault.Internal(fmt.Errorf("%s has no column %s", e.name(), name))
		}
		types[i] = e.table.Columns[j].Type
	}
	var args []any
	any := make([]string, len(values))
	for i, one := range values {
		all := make([]string, len(one))
		for j, text := range one {
			args = append(args, text)
			all[j] = fmt.Sprintf("t.%s = $%d::%s", query.Quote(e.key.Columns[j]), len(args), types[j])
		}
		any[i] = "(" + strings.Join(all, " and ") + ")"
	}
	return strings.Join(any, " or "), args, nil
}
