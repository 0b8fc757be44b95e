// Package store keeps accounts: GoTrue's schema auth, with its tables, columns,
// types and indexes, and typed rows with their statements. They are the same on
// both engines, and a Supabase database that is attached is taken as it is: what
// is there already is left alone.
//
//	err := database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
//		u, err := store.UserByEmail(ctx, tx, "ada@example.org") // nil when there is none
//		…
//	})
//
// Everything runs as the database's owner. The tables are closed to the roles of
// the data API.
package store

import (
	_ "embed" // the tables
	"fmt"
	"strings"
)

//go:embed sql/tables.sql
var tables string

// enum is a type of schema auth.
type enum struct {
	name   string
	labels string
}

func enums() []enum {
	return []enum{
		{"aal_level", "'aal1', 'aal2', 'aal3'"},
		{"code_challenge_method", "'s256', 'plain'"},
		{"factor_status", "'unverified', 'verified'"},
		{"factor_type", "'totp', 'webauthn', 'phone'"},
		{"one_time_token_type", "'confirmation_token', 'reauthentication_token', 'recovery_token', " +
			"'email_change_token_new', 'email_change_token_current', 'phone_change_token'"},
	}
}

// Schema is the steps that build the tables on an engine, for migrate.Own.
func Schema(engine string) []string {
	var b strings.Builder
	for _, e := range enums() {
		guarded(&b, engine, "to_regtype('auth."+e.name+"')", "create type auth."+e.name+" as enum ("+e.labels+");\n")
	}
	for section := range strings.SplitSeq(tables, "-- table ") {
		name, body, ok := strings.Cut(section, "\n")
		if !ok {
			continue
		}
		if engine != "postgres" { // which has no type for addresses
			body = strings.ReplaceAll(body, " inet", " text")
		}
		guarded(&b, engine, "to_regclass('auth."+name+"')", body+
			"revoke all on auth."+name+" from public, anon, authenticated;\n"+
			"alter table auth."+name+" enable row level security;\n")
		if engine == "postgres" {
			b.WriteString(brought(name, body))
		}
	}
	return []string{b.String()}
}

// guarded writes statements that PostgreSQL runs only where an object is not there
// yet. The embedded engine has neither DO nor a database of someone else's.
func guarded(b *strings.Builder, engine, exists, statements string) {
	if engine != "postgres" {
		b.WriteString(statements)
		return
	}
	fmt.Fprintf(b, "do $galley$ begin if %s is null then\n%send if; end $galley$;\n", exists, statements)
}

// brought brings a table that an older GoTrue made up to date, as GoTrue's own
// migrations would: columns that it lacks are added, and those that may be null by
// now may be. Where nothing is to be done nothing is: the owner may be somebody else.
func brought(table, body string) string {
	var b strings.Builder
	has := func(column, more string) string {
		return "exists (select from pg_catalog.pg_attribute where attrelid = 'auth." + table + "'::regclass and attname = '" + column + "' and not attisdropped" + more + ")"
	}
	b.WriteString("do $galley$ begin\n")
	for _, c := range columns(body) {
		fmt.Fprintf(&b, "if not %s then\nalter table auth.%s add column %s;\n", has(c.name, ""), table, c.name+" "+c.definition)
		if !c.notNull {
			fmt.Fprintf(&b, "elsif %s then\nalter table auth.%s alter column %s drop not null;\n", has(c.name, " and attnotnull"), table, c.name)
		}
		b.WriteString("end if;\n")
	}
	b.WriteString("end $galley$;\n")
	return b.String()
}

// column is one of a table of sql/tables.sql.
type column struct {
	name, definition string
	notNull          bool
}

// columns are those of a table: there each begins a line, with two spaces, and what
// goes on on the next ones stands further right.
func columns(body string) []column {
	_, inner, _ := strings.Cut(body, "(\n")
	inner, _, _ = strings.Cut(inner, "\n);")
	var out []column
	for entry := range strings.SplitSeq("\n"+inner, "\n  ") {
		if len(out) > 0 && strings.HasPrefix(entry, " ") {
			out[len(out)-1].definition += " " + strings.TrimSpace(entry)
			continue
		}
		if name, definition, ok := strings.Cut(strings.TrimSpace(entry), " "); ok && name != "constraint" {
			out = append(out, column{name: name, definition: definition})
		}
	}
	for i := range out {
		d := strings.TrimSuffix(out[i].definition, ",")
		out[i].definition, out[i].notNull = d, strings.Contains(d, "not null") || strings.Contains(d, "primary key")
	}
	return out
}
