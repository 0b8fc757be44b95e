package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// numbers finds keys that the database counts and that clients may set all the
// same: who inserts 1001 where 1000 is the last one makes the next insert of
// another fail as a duplicate (23505), and who inserts a thousand of them a
// thousand inserts.
func numbers(ctx context.Context, p Patient) ([]Finding, error) {
	list, err := tables(ctx, p)
	var out []Finding
	for _, t := range list {
		key := counted(t)
		if key == nil {
			continue
		}
		who, err := setters(ctx, p, t, key)
		if err != nil {
			return out, err
		}
		if len(who) > 0 {
			out = append(out, takenNumbers(t, key, who))
		}
	}
	return out, err
}

// counted is the primary key of a table that has a number by default: an identity
// by default, or a column of a sequence (serial). It is nil when there is none.
func counted(t *schema.Relation) *schema.Column {
	if len(t.PrimaryKey) != 1 {
		return nil
	}
	for _, c := range t.Columns {
		if c.Name == t.PrimaryKey[0] && (c.Identity == "BY DEFAULT" || strings.Contains(strings.ToLower(c.Default), "nextval(")) {
			return c
		}
	}
	return nil
}

// setters names the roles of clients that may insert a value of a column, by
// privilege and by policy.
func setters(ctx context.Context, p Patient, t *schema.Relation, c *schema.Column) (out []string, err error) {
	for _, role := range []string{"anon", "authenticated"} {
		if t.RowSecurity && !insertable(t, role) {
			continue
		}
		rows, err := p.ask(ctx, `select has_schema_privilege($1::name, $2::text, 'USAGE') and has_column_privilege($1::name, $3::text, $4::text, 'INSERT')`,
			role, t.Schema, quoted(t.Name), c.Name)
		if err != nil {
			return nil, err
		}
		if rows[0][0] == "t" {
			out = append(out, role)
		}
	}
	return out, nil
}

// insertable tells whether the policies of a table may let a role insert a row:
// one that permits is there, and none is false for all rows.
func insertable(t *schema.Relation, role string) bool {
	permitted := false
	for _, policy := range t.Policies {
		ours := slices.Contains(policy.Roles, role) || slices.Contains(policy.Roles, "public")
		if !ours || policy.Command != "INSERT" && policy.Command != "ALL" {
			continue
		}
		check := policy.WithCheck
		if check == "" {
			check = policy.Using
		}
		never := strings.Trim(strings.ToLower(strings.TrimSpace(check)), "()") == "false"
		if !policy.Permissive && never {
			return false
		}
		permitted = permitted || policy.Permissive && !never
	}
	return permitted
}

func takenNumbers(t *schema.Relation, c *schema.Column, who []string) Finding {
	column := columns([]string{c.Name})
	f := Finding{Severity: Warning, Message: fmt.Sprintf("%s may set the key %s of %s, which is counted: who takes the next numbers makes the inserts of others fail (23505)", strings.Join(who, " and "), column, quoted(t.Name)),
		Do: fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET GENERATED ALWAYS.", quoted(t.Name), column)}
	if c.Identity == "" {
		f.Do = fmt.Sprintf("Make it GENERATED ALWAYS AS IDENTITY; or REVOKE INSERT ON %s FROM %s, and GRANT INSERT of the other columns.", quoted(t.Name), strings.Join(who, ", "))
	}
	return f
}
