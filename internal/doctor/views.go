package doctor

import (
	"context"
	"fmt"
)

// views finds those by which clients read past the row-level security of tables:
// a view reads with its owner's rights unless it says otherwise, a materialized
// view has no policies at all. Only PostgreSQL is asked.
func views(ctx context.Context, p Patient) (out []Finding, err error) {
	if p.embedded() {
		return nil, nil
	}
	for _, schema := range p.Config.API.Schemas {
		rows, err := p.ask(ctx, `select format('%I.%I', n.nspname, v.relname), v.relkind, string_agg(distinct format('%I.%I', tn.nspname, t.relname), ', '),
				array_to_string(array(select r from unnest(array['anon', 'authenticated']) r where has_table_privilege(r, v.oid, 'SELECT') and has_schema_privilege(r, n.oid, 'USAGE')), ' and ')
			from pg_catalog.pg_class v join pg_catalog.pg_namespace n on n.oid = v.relnamespace
				join pg_catalog.pg_rewrite w on w.ev_class = v.oid join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
				join pg_catalog.pg_class t on t.oid = d.refobjid and t.relrowsecurity join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
			where n.nspname = $1 and v.relkind in ('v', 'm')
				and not (v.relkind = 'v' and coalesce(v.reloptions::text ~* 'security_invoker=(true|on|yes|1)', false))
			group by n.oid, v.oid, n.nspname, v.relname, v.relkind order by 1`, schema)
		if err != nil {
			return out, err
		}
		for _, r := range rows {
			if r[3] != "" {
				out = append(out, pastPolicies(r[0], r[1] == "m", r[2], r[3]))
			}
		}
	}
	return out, nil
}

func pastPolicies(view string, materialized bool, tables, who string) Finding {
	f := Finding{Severity: Warning, Message: fmt.Sprintf("view %s reads past the row-level security of %s, and %s may read it", view, tables, who),
		Do: "ALTER VIEW " + view + " SET (security_invoker = true), from PostgreSQL 15 on; or REVOKE what clients may not see."}
	if materialized {
		f.Message = "materialized " + f.Message
		f.Do = "A materialized view has no policies: REVOKE SELECT ON " + view + " FROM anon, authenticated, or move it to a schema that is not exposed."
	}
	return f
}

// archiving tells how PostgreSQL's continuous archiving is doing.
func archiving(ctx context.Context, p Patient) ([]Finding, error) {
	const see = "See that backup.to (backups by the clock), pg_dump or your provider's continuous archiving is set up, and that a restore was tried."
	rows, err := p.ask(ctx, `select current_setting('archive_mode'), coalesce(last_failed_wal, ''), coalesce(date_trunc('second', last_failed_time)::text, ''),
		coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_catalog.pg_stat_archiver`)
	switch {
	case err != nil || len(rows) == 0:
		return nil, err
	case rows[0][0] == "off":
		return []Finding{{Severity: Info, Message: "the database server archives no log of its own (archive_mode is off): a restore goes back to the last backup only", Do: see}}, nil
	case rows[0][3] == "t":
		return []Finding{{Severity: Error, Message: fmt.Sprintf("the database server cannot archive its log: %s failed at %s", rows[0][1], rows[0][2]),
			Do: "See the server's log for what archive_command said. Until it succeeds no restore reaches beyond, and the disk fills up."}}, nil
	}
	return []Finding{{Severity: Info, Message: "the database server archives its log", Do: "Try a restore now and then."}}, nil
}
