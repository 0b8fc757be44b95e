package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/galleyhq/galley/cmd/galley/terminal"
	"github.com/galleyhq/galley/internal/schema"
)

// listTables prints the relations of every schema that is not internal.
func (s *shell) listTables(ctx context.Context) error {
	snapshot, err := s.db.Schema(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SCHEMA\tNAME\tKIND\tROW SECURITY") // errors come out of Flush
	for _, r := range snapshot.Relations {
		if r.Schema == "galley" || r.Schema == "supabase_migrations" {
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", terminal.Printable(r.Schema), terminal.Printable(r.Name.Name), r.Kind, onOff(r.RowSecurity))
	}
	return w.Flush()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// describe prints the columns, keys and policies of a relation, named with or
// without its schema.
func (s *shell) describe(ctx context.Context, name string) error {
	if name == "" {
		return s.listTables(ctx)
	}
	snapshot, err := s.db.Schema(ctx)
	if err != nil {
		return err
	}
	schemaName, table, qualified := strings.Cut(strings.TrimSuffix(name, ";"), ".")
	if !qualified {
		schemaName, table = "public", schemaName
	}
	r := snapshot.Relation(schemaName, table)
	if r == nil {
		return fmt.Errorf("there is no table or view %s.%s", schemaName, table)
	}
	if err := s.describeColumns(r); err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, describeRest(r))
	return err
}

func (s *shell) describeColumns(r *schema.Relation) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "COLUMN\tTYPE\tNULL\tDEFAULT") // errors come out of Flush
	for _, c := range r.Columns {
		null, def := "yes", c.Default
		if c.NotNull {
			null = "no"
		}
		if c.Identity != "" {
			def = "generated " + strings.ToLower(c.Identity) + " as identity"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", terminal.Printable(c.Name), c.Type, null, terminal.Printable(def))
	}
	return w.Flush()
}

func describeRest(r *schema.Relation) string {
	var b strings.Builder
	if len(r.PrimaryKey) > 0 {
		fmt.Fprintf(&b, "primary key (%s)\n", strings.Join(r.PrimaryKey, ", "))
	}
	for _, u := range r.Uniques {
		if !slices.Equal(u, r.PrimaryKey) {
			fmt.Fprintf(&b, "unique (%s)\n", strings.Join(u, ", "))
		}
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "check %s: %s\n", c.Name, c.Expression)
	}
	for _, f := range r.ForeignKeys {
		fmt.Fprintf(&b, "foreign key (%s) references %s.%s (%s)\n", strings.Join(f.Columns, ", "),
			f.References.Schema, f.References.Name, strings.Join(f.RefColumns, ", "))
	}
	fmt.Fprintf(&b, "row-level security %s\n", onOff(r.RowSecurity))
	for _, p := range r.Policies {
		fmt.Fprintf(&b, "policy %s for %s to %s using (%s) with check (%s)\n", p.Name, strings.ToLower(p.Command),
			strings.Join(p.Roles, ", "), p.Using, p.WithCheck)
	}
	return b.String()
}
