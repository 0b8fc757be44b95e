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
