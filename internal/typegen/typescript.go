// Package typegen writes the types of a database for programs that use it: for
// TypeScript the Database type that the official client's createClient takes.
//
//	err := typegen.TypeScript(w, snapshot, []string{"public"})
package typegen

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

//go:embed helpers.ts
var helpers string

// postgrestVersion is the version of PostgREST's protocol that the client is told
// of, which decides what its types allow.
const postgrestVersion = "12.2.12"

// TypeScript writes the type Database of the schemas, and helpers to name its
// parts: Tables, TablesInsert, TablesUpdate, Enums. own are functions of the program,
// which are called like those of the database, and in the place of those with their
// names.
func TypeScript(w io.Writer, s *schema.Snapshot, schemas []string, own ...*schema.Function) error {
	g := &typescript{snap: s, schemas: schemas, own: own}
	g.line(0, "export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]")
	g.line(0, "")
	g.line(0, "export type Database = {")
	g.line(1, "__InternalSupabase: { PostgrestVersion: %q }", postgrestVersion)
	for _, name := range schemas {
		g.schema(name)
	}
	g.line(0, "}")
	_, err := w.Write(append(g.Bytes(), strings.ReplaceAll(helpers, "SCHEMA", key(schemas[0]))...))
	return err
}

type typescript struct {
	bytes.Buffer
	snap    *schema.Snapshot
	schemas []string
	own     []*schema.Function
}

func (g *typescript) line(indent int, format string, args ...any) {
	g.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(g, format, args...)
	g.WriteByte('\n')
}

// key writes a name as a key of an object type.
func key(name string) string {
	text, _ := json.Marshal(name) // a string always has a JSON form
	return string(text)
}

func (g *typescript) schema(name string) {
	g.line(1, "%s: {", key(name))
	g.section("Tables", func() bool { return g.relations(name, schema.Table) })
	g.section("Views", func() bool { return g.relations(name, schema.View) })
	g.section("Functions", func() bool { return g.functions(name) })
	g.section("Enums", func() bool { return g.enums(name) })
	g.section("CompositeTypes", func() bool { return false })
	g.line(1, "}")
}

// section writes one part of a schema; an empty one admits no key.
func (g *typescript) section(name string, write func() bool) {
	g.line(2, "%s: {", name)
	if !write() {
		g.line(3, "[_ in never]: never")
	}
	g.line(2, "}")
}

func (g *typescript) relations(schemaName string, kind schema.Kind) bool {
	any := false
	sorted := slices.SortedFunc(slices.Values(g.snap.Relations), func(a, b *schema.Relation) int {
		return strings.Compare(a.Name.Name, b.Name.Name)
	})
	for _, r := range sorted {
		if r.Schema != schemaName || r.Kind != kind {
			continue
		}
		any = true
		g.line(3, "%s: {", key(r.Name.Name))
		g.columns("Row", r, func(c *schema.Column) (string, string) { return "", g.nullable(c, r.Kind == schema.View) })
		if kind == schema.Table {
			g.columns("Insert", r, g.insertable)
			g.columns("Update", r, func(c *schema.Column) (string, string) {
				_, value := g.insertable(c)
				return "?", value
			})
		}
		g.relationships(r)
		g.line(3, "}")
	}
	return any
}

func (g *typescript) columns(name string, r *schema.Relation, of func(*schema.Column) (optional, value string)) {
	g.line(4, "%s: {", name)
	for _, c := range r.Columns {
		optional, value := of(c)
		g.line(5, "%s%s: %s", key(c.Name), optional, value)
	}
	g.line(4, "}")
}

func (g *typescript) nullable(c *schema.Column, always bool) string {
	value := g.value(c.Type, c.TypeName)
	if !c.NotNull || always {
		value += " | null"
	}
	return value
}

// insertable is what a new row gives a column: nothing where the database alone
// decides.
func (g *typescript) insertable(c *schema.Column) (optional, value string) {
	switch {
	case c.Generated || c.Identity == "ALWAYS":
		return "?", "never"
	case !c.NotNull || c.Default != "" || c.Identity != "":
		return "?", g.nullable(c, false)
	}
	return "", g.nullable(c, false)
}

func (g *typescript) relationships(r *schema.Relation) {
	g.line(4, "Relationships: [")
	for _, rel := range g.snap.Relationships(r) {
		if !rel.Forward || rel.Target.Schema != r.Schema {
			continue
		}
		g.line(5, "{")
		g.line(6, "foreignKeyName: %s", key(rel.Constraint))
		g.line(6, "columns: %s", keys(rel.Columns))
		g.line(6, "isOneToOne: %t", rel.Cardinality == schema.OneToOne)
		g.line(6, "referencedRelation: %s", key(rel.Target.Name.Name))
		g.line(6, "referencedColumns: %s", keys(rel.RefColumns))
		g.line(5, "},")
	}
	g.line(4, "]")
}

func keys(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = key(n)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func (g *typescript) functions(schemaName string) bool {
	byName := map[string][]*schema.Function{}
	for _, name := range g.snap.FunctionNames(schemaName) {
		byName[name] = g.snap.Functions(schemaName, name)
	}
	for _, f := range g.own {
		if f.Schema == schemaName {
			byName[f.Name.Name] = []*schema.Function{f}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		var forms []string
		for _, f := range byName[name] {
			forms = append(forms, "{ Args: "+g.arguments(f)+"; Returns: "+g.result(f)+" }")
		}
		g.line(3, "%s: %s", key(name), strings.Join(forms, " | "))
	}
	return len(byName) > 0
}

func (g *typescript) arguments(f *schema.Function) string {
	var list []string
	for _, a := range f.Args {
		optional := ""
		if a.Optional {
			optional = "?"
		}
		list = append(list, key(a.Name)+optional+": "+g.value(a.Type, a.TypeName))
	}
	if len(list) == 0 {
		return "never"
	}
	return "{ " + strings.Join(list, "; ") + " }"
}

func (g *typescript) result(f *schema.Function) string {
	value := g.value(f.Result.Type, f.Result.TypeName)
	columns := f.Result.Columns
	always := true
	if name := f.Result.Relation; name != nil {
		if r := g.snap.Relation(name.Schema, name.Name); r != nil {
			columns, always = r.Columns, r.Kind == schema.View
		}
	}
	switch {
	case f.Result.Void:
		return "undefined"
	case len(columns) > 0:
		list := make([]string, len(columns))
		for i, c := range columns {
			list[i] = key(c.Name) + ": " + g.nullable(c, always && f.Result.Relation != nil)
		}
		value = "{ " + strings.Join(list, "; ") + " }"
	}
	if f.Result.Set {
		return array(value)
	}
	return value
}

func (g *typescript) enums(schemaName string) bool {
	any := false
	for _, e := range g.snap.Enums {
		if e.Schema == schemaName {
			any = true
			g.line(3, "%s: %s", key(e.Name.Name), union(e.Labels))
		}
	}
	return any
}

func union(labels []string) string {
	if len(labels) == 0 {
		return "never"
	}
	quoted := make([]string, len(labels))
	for i, l := range labels {
		quoted[i] = key(l)
	}
	return strings.Join(quoted, " | ")
}

func array(element string) string {
	if strings.Contains(element, " ") {
		return "(" + element + ")[]"
	}
	return element + "[]"
}

// value is the type of a value in JSON, as the REST API gives it.
func (g *typescript) value(typ, name string) string {
	if element, ok := strings.CutPrefix(name, "_"); ok && strings.HasSuffix(typ, "[]") {
		return array(g.value(strings.TrimSuffix(typ, "[]"), element))
	}
	switch name {
	case "int2", "int4", "int8", "float4", "float8", "numeric", "oid":
		return "number"
	case "bool":
		return "boolean"
	case "json", "jsonb":
		return "Json"
	case "record":
		return "Record<string, unknown>"
	case "void":
		return "undefined"
	case "text", "varchar", "bpchar", "char", "name", "citext", "uuid", "bytea", "date", "time", "timetz", "timestamp", "timestamptz", "interval",
		"inet", "cidr", "macaddr", "bit", "varbit", "money", "xml", "tsvector", "tsquery":
		return "string"
	}
	for _, e := range g.snap.Enums {
		if e.Name.Name == name && slices.Contains(g.schemas, e.Schema) {
			return "Database[" + key(e.Schema) + "][\"Enums\"][" + key(name) + "]"
		}
	}
	return "unknown"
}
