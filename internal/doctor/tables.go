package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// tables are the project's own.
func tables(ctx context.Context, p Patient) ([]*schema.Relation, error) {
	snapshot, err := p.DB.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var out []*schema.Relation
	for _, r := range snapshot.Relations {
		if r.Kind == schema.Table && slices.Contains(p.Config.API.Schemas, r.Schema) {
			out = append(out, r)
		}
	}
	return out, nil
}

func quoted(n schema.Name) string {
	q := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	return q(n.Schema) + "." + q(n.Name)
}

// exposure finds tables that clients reach without row-level security, and
// policies that let everyone write everything.
func exposure(ctx context.Context, p Patient) ([]Finding, error) {
	list, err := tables(ctx, p)
	var out []Finding
	for _, t := range list {
		if !t.RowSecurity {
			reach, err := reached(ctx, p, t)
			if err != nil {
				return out, err
			}
			if len(reach) > 0 {
				out = append(out, Finding{Severity: Error, Message: fmt.Sprintf("table %s has no row-level security, and %s may use all of it", quoted(t.Name), strings.Join(reach, " and ")),
					Do: "ALTER TABLE " + quoted(t.Name) + " ENABLE ROW LEVEL SECURITY, and write policies; or REVOKE the privileges."})
			}
			continue
		}
		out = append(out, openPolicies(t)...)
	}
	return out, err
}

// reached names the roles of clients that may do something with a table.
func reached(ctx context.Context, p Patient, t *schema.Relation) (out []string, err error) {
	for _, role := range []string{"anon", "authenticated"} {
		rows, err := p.ask(ctx, `select has_schema_privilege($1::name, $2::text, 'USAGE') and (has_table_privilege($1::name, $3::text, 'SELECT')
			or has_table_privilege($1::name, $3::text, 'INSERT') or has_table_privilege($1::name, $3::text, 'UPDATE')
			or has_table_privilege($1::name, $3::text, 'DELETE'))`, role, t.Schema, quoted(t.Name))
		if err != nil {
			return nil, err
		}
		if rows[0][0] == "t" {
			out = append(out, role)
		}
	}
	return out, nil
}

func openPolicies(t *schema.Relation) (out []Finding) {
	open := func(s string) bool { return strings.Trim(strings.ToLower(strings.TrimSpace(s)), "()") == "true" }
	for _, policy := range t.Policies {
		clients := slices.ContainsFunc(policy.Roles, func(r string) bool { return r == "public" || r == "anon" || r == "authenticated" })
		everything := open(policy.Using) && policy.WithCheck == "" || open(policy.WithCheck) || policy.Command == "DELETE" && open(policy.Using)
		if policy.Permissive && clients && policy.Command != "SELECT" && everything {
			out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("policy %q lets %s write any row of %s (%s)", policy.Name, strings.Join(policy.Roles, ", "), quoted(t.Name), policy.Command),
				Do: "Say whose rows are meant: USING and WITH CHECK (owner = auth.uid())."})
		}
	}
	return out
}

func primaryKeys(ctx context.Context, p Patient) ([]Finding, error) {
	list, err := tables(ctx, p)
	var out []Finding
	for _, t := range list {
		if len(t.PrimaryKey) == 0 {
			out = append(out, Finding{Severity: Warning, Message: "table " + quoted(t.Name) + " has no primary key",
				Do: "Add one: without it a row cannot be told from its equal, and is found by reading them all."})
		}
	}
	return out, err
}

// foreignKeys finds those whose rows can only be found by reading the table: a
// DELETE of what they refer to does so, and embedding.
func foreignKeys(ctx context.Context, p Patient) ([]Finding, error) {
	list, err := tables(ctx, p)
	var out []Finding
	for _, t := range list {
		for _, k := range t.ForeignKeys {
			found, err := indexed(ctx, p, t, k)
			if err != nil {
				return out, err
			}
			if !found {
				out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("foreign key %q of %s has no index on (%s)", k.Name, quoted(t.Name), strings.Join(k.Columns, ", ")),
					Do: fmt.Sprintf("CREATE INDEX ON %s (%s).", quoted(t.Name), columns(k.Columns))})
			}
		}
	}
	return out, err
}

func columns(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, `"`+strings.ReplaceAll(n, `"`, `""`)+`"`)
	}
	return strings.Join(out, ", ")
}

// indexed asks PostgreSQL for an index that begins with a foreign key's columns,
// and the embedded engine for the plan of a search by them.
func indexed(ctx context.Context, p Patient, t *schema.Relation, k *schema.ForeignKey) (bool, error) {
	if !p.embedded() {
		rows, err := p.ask(ctx, `select exists (select from pg_catalog.pg_index i where i.indrelid = $1::text::regclass and i.indpred is null and i.indisvalid
			and (select count(distinct a.attname) from pg_catalog.pg_attribute a where a.attrelid = i.indrelid and a.attname = any ($2::text[])
				and a.attnum = any ((i.indkey::int2[])[0:cardinality($2::text[]) - 1])) = cardinality($2::text[]))`, quoted(t.Name), "{"+columns(k.Columns)+"}")
		return err == nil && rows[0][0] == "t", err
	}
	var conditions []string
	for i, c := range k.Columns {
		conditions = append(conditions, fmt.Sprintf("%s = $%d", columns([]string{c}), i+1))
	}
	rows, err := p.ask(ctx, "explain select 1 from "+quoted(t.Name)+" as searched where "+strings.Join(conditions, " and "), make([]any, len(k.Columns))...)
	for _, r := range rows {
		if strings.Contains(r[0], "SEARCH ") && strings.Contains(r[0], "searched") && !strings.Contains(r[0], "AUTOMATIC") {
			return true, nil
		}
	}
	return false, err
}

// scans finds tables that PostgreSQL keeps reading from end to end. The embedded
// engine keeps no such count: the log of slow statements has the plans.
func scans(ctx context.Context, p Patient) ([]Finding, error) {
	if p.embedded() {
		return nil, nil
	}
	rows, err := p.ask(ctx, `select format('%I.%I', schemaname, relname), seq_scan, seq_tup_read / seq_scan from pg_catalog.pg_stat_user_tables
		where seq_scan > 100 and seq_tup_read / seq_scan > 10000 and seq_scan > coalesce(idx_scan, 0) order by seq_tup_read desc limit 20`)
	var out []Finding
	for _, r := range rows {
		out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("table %s was read from end to end %s times, %s rows each", r[0], r[1], r[2]),
			Do: "An index is missing: the log of slow statements (log.slow_query) and auto_explain tell which."})
	}
	return out, err
}

func replication(ctx context.Context, p Patient) (out []Finding, err error) {
	if p.embedded() {
		return nil, nil
	}
	slots, err := p.ask(ctx, `select slot_name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) from pg_catalog.pg_replication_slots
		where not active and not pg_is_in_recovery()`)
	for _, r := range slots {
		out = append(out, Finding{Severity: Error, Message: fmt.Sprintf("replication slot %q is not used, and keeps %s of the log", r[0], r[1]),
			Do: "Start what reads it, or drop it with pg_drop_replication_slot: the disk fills up."})
	}
	if err != nil {
		return out, err
	}
	lag, err := p.ask(ctx, `select application_name, extract(epoch from replay_lag)::int from pg_catalog.pg_stat_replication where replay_lag > interval '10 seconds'`)
	for _, r := range lag {
		out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("standby %q is %s s behind", r[0], r[1]), Do: "See its load and the network: a failover would lose or hold up as much."})
	}
	return out, err
}
