// Package collection writes the SQL of tables of documents: an id, the document as
// jsonb, and its times, with the schema, indexes, references and policies that were
// asked for. It is plain Postgres SQL, the same for both engines, to go into a
// migration.
//
//	text, err := collection.New(collection.Options{Name: "books", Policy: "owner"})
package collection

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jsonschema"
)

// Options say what a collection is like.
type Options struct {
	Space  string // the SQL schema, "" for public
	Name   string
	Schema string // a JSON Schema, "" for none
	// Indexes and Uniques are paths, address.city, with a type after a colon: text
	// (the default), number, boolean, json, or contains.
	Indexes, Uniques []string
	References       []Reference
	Policy           string // owner, public-read, authenticated, closed; "" is closed
}

// Reference makes a column of what stands at a path, which refers to a table.
type Reference struct {
	Path  string
	Table string
	Key   string // the column of the table that it refers to
	Type  string // of that column, in SQL
}

// Policies are the templates of policies.
var Policies = []string{"closed", "owner", "public-read", "authenticated"}

// name is what a collection or a key of a path may be called: nothing that needs
// quoting, as a path's index is found by its text.
var (
	name = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,39}$`)
	key  = regexp.MustCompile(`^[A-Za-z0-9_]{1,63}$`)
)

func wrong(format string, args ...any) error {
	return fault.New(fault.InvalidParameter, format, args...)
}

// CheckName refuses what cannot be the name of a collection.
func CheckName(s string) error {
	if !name.MatchString(s) {
		return wrong("%q cannot name a collection: up to 40 small letters, digits and underscores can", s)
	}
	return nil
}

// New returns the SQL that makes a collection.
func New(o Options) (string, error) {
	if err := CheckName(o.Name); err != nil {
		return "", err
	}
	w := &writer{Options: o}
	if err := w.table(); err != nil {
		return "", err
	}
	for _, spec := range o.Indexes {
		if err := w.index(spec, "", "idx"); err != nil {
			return "", err
		}
	}
	for _, spec := range o.Uniques {
		if err := w.index(spec, "unique ", "key"); err != nil {
			return "", err
		}
	}
	err := w.policies()
	return w.String(), err
}

// ChangeSchema returns the SQL that gives a collection another JSON Schema. What is
// in it must meet that.
func ChangeSchema(o Options) (string, error) {
	if err := CheckName(o.Name); err != nil {
		return "", err
	}
	check, err := schemaCheck(o.Schema)
	w := &writer{Options: o}
	w.line("alter table %s drop constraint if exists %s_schema;", w.qualified(), o.Name)
	w.line("alter table %s add constraint %s_schema check (%s);", w.qualified(), o.Name, check)
	return w.String(), err
}

// writer writes the SQL of one collection.
type writer struct {
	Options
	strings.Builder
	names map[string]bool // of indexes
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) qualified() string { return w.in(w.Name) }

func (w *writer) in(table string) string {
	if w.Space == "" || w.Space == "public" {
		return quote(table)
	}
	return quote(w.Space) + "." + quote(table)
}

// quote leaves plain names bare: a migration is to be read.
func quote(s string) string {
	if name.MatchString(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func (w *writer) owned() bool { return w.Policy == "owner" || w.Policy == "public-read" }

func (w *writer) table() error {
	w.line("-- A collection of documents: see docs/documents.md.")
	w.line("create table %s (", w.qualified())
	w.line("\tid uuid primary key default gen_random_uuid(),")
	if w.owned() {
		w.line("\towner uuid not null default auth.uid(),")
	}
	w.line("\tdata jsonb not null default '{}',")
	for _, r := range w.References {
		column, err := w.reference(r)
		if err != nil {
			return err
		}
		w.line("\t%s,", column)
	}
	w.line("\tcreated_at timestamptz not null default now(),")
	w.line("\tupdated_at timestamptz not null default now(),")
	if w.Schema != "" {
		check, err := schemaCheck(w.Schema)
		if err != nil {
			return err
		}
		w.line("\tconstraint %s_schema check (%s),", w.Name, check)
	}
	w.line("\tconstraint %s_object check (jsonb_typeof(data) = 'object')\n);", w.Name)
	w.line("create trigger %s_touch before update on %s for each row execute function galley_docs.touch();", w.Name, w.qualified())
	if w.owned() {
		w.line("create index %s_owner_idx on %s (owner);", w.Name, w.qualified())
	}
	for _, r := range w.References {
		w.line("create index %s_%s_fkey_idx on %s (%s);", w.Name, columnOf(r.Path), w.qualified(), quote(columnOf(r.Path)))
	}
	return nil
}

// columnOf names the column of a reference.
func columnOf(path string) string { return strings.ToLower(strings.ReplaceAll(path, ".", "_")) }

func (w *writer) reference(r Reference) (string, error) {
	column := columnOf(r.Path)
	switch column {
	case "id", "owner", "data", "created_at", "updated_at":
		return "", wrong("the reference %q would be a column %s, which a collection has already", r.Path, column)
	}
	value, err := expression(r.Path, "text")
	if err != nil {
		return "", err
	}
	if r.Type != "text" {
		value = "(" + value + ")::" + r.Type
	}
	return fmt.Sprintf("%s %s generated always as (%s) stored references %s (%s)", quote(column), r.Type, value, w.in(r.Table), quote(r.Key)), nil
}

func schemaCheck(schema string) (string, error) {
	// Patterns are the database's to compile.
	anything := func(string) (func(string) (bool, error), error) {
		return func(string) (bool, error) { return true, nil }, nil
	}
	if _, err := jsonschema.Compile(schema, anything); err != nil {
		return "", err
	}
	text := strings.TrimSpace(schema)
	if strings.Contains(text, "\x00") {
		return "", wrong("the JSON schema holds a NUL")
	}
	return "galley_docs.valid('" + strings.ReplaceAll(text, "'", "''") + "', data)", nil
}

// expression returns the SQL of what stands at a path, as the REST API asks for it.
func expression(path, kind string) (string, error) {
	keys := strings.Split(path, ".")
	var b strings.Builder
	b.WriteString("data")
	for i, k := range keys {
		if !key.MatchString(k) {
			return "", wrong("%q in the path %q: a key may have letters, digits and underscores", k, path)
		}
		arrow := "->"
		if i == len(keys)-1 && kind == "text" {
			arrow = "->>"
		}
		if digits := strings.Trim(k, "0123456789") == ""; !digits || len(k) > 9 {
			k = "'" + k + "'"
		}
		b.WriteString(arrow + k)
	}
	return b.String(), nil
}

func (w *writer) index(spec, unique, suffix string) error {
	path, kind, typed := strings.Cut(spec, ":")
	if !typed {
		kind = "text"
	}
	using, class := "", ""
	switch kind {
	case "text", "number", "boolean", "json":
	case "contains":
		if unique != "" {
			return wrong("an index of type contains cannot be unique")
		}
		using, class = "using gin ", " jsonb_path_ops"
	default:
		return wrong("%q is no type of an index: text, number, boolean, json and contains are", kind)
	}
	value, err := expression(path, kind)
	if err != nil {
		return err
	}
	index := w.Name + "_" + columnOf(path) + "_" + suffix
	if w.names == nil {
		w.names = map[string]bool{}
	}
	for w.names[index] {
		index += "_" + kind
	}
	w.names[index] = true
	if len(index) > 63 {
		return wrong("the path %q is too long for the name of an index", path)
	}
	w.line("create %sindex %s on %s %s((%s)%s);", unique, index, w.qualified(), using, value, class)
	return nil
}

func (w *writer) policies() error {
	w.line("alter table %s enable row level security;", w.qualified())
	policy := func(label, rest string) { w.line("create policy %s_%s on %s %s;", w.Name, label, w.qualified(), rest) }
	const own = "to authenticated using (owner = auth.uid()) with check (owner = auth.uid())"
	switch w.Policy {
	case "", "closed":
	case "owner":
		policy("own", own)
	case "public-read":
		policy("read", "for select to anon, authenticated using (true)")
		policy("own", own)
	case "authenticated":
		policy("all", "to authenticated using (true) with check (true)")
	default:
		return wrong("%q is no policy: %s are", w.Policy, strings.Join(Policies, ", "))
	}
	return nil
}
