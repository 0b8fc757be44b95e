package introspect

import (
	"context"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// rightsSQL lists what others than the owner of an object may do, as the embedded
// engine does: by name, * for what they may grant on. Its arguments are an ACL, its
// default and the owner. MAINTAIN (PostgreSQL 17) is part of what ALL says there.
func rightsSQL(acl, owner string) string {
	return `coalesce((select string_agg(distinct text, ', ' order by text) from (
  select coalesce(r.rolname, 'public')::text collate "C" || ': ' || a.privilege_type || case when a.is_grantable then '*' else '' end as text
  from pg_catalog.aclexplode(` + acl + `) a left join pg_catalog.pg_roles r on r.oid = a.grantee
  where a.grantee <> ` + owner + ` and a.privilege_type <> 'MAINTAIN') of_it), '')`
}

// objectsSQL are queries for objects of JSON: kind, name, definition, local.
func objectsSQL() []string {
	name := `format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))`
	function := `format('"%s"."%s"(%s)', replace(n.nspname, '"', '""'), replace(p.proname, '"', '""'), (
    select string_agg(pg_catalog.format_type(u.t, null), ', ' order by u.i) from unnest(p.proargtypes::pg_catalog.oid[]) with ordinality u(t, i)))`
	notExtension := ` and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`
	return []string{
		`select json_build_object('kind', 'extension', 'name', format('"%s"', extname), 'definition', '')
from pg_catalog.pg_extension where extname <> 'plpgsql'`,

		`select json_build_object('kind', 'rights on schema', 'name', format('"%s"', replace(n.nspname, '"', '""')),
  'definition', ` + rightsSQL(`n.nspacl`, `n.nspowner`) + `) from pg_catalog.pg_namespace n where ` + movedSchema,

		`select json_build_object('kind', 'rights on', 'name', ` + name + `, 'definition', ` + rightsSQL(`c.relacl`, `c.relowner`) + ` || coalesce((
  select string_agg('; ' || quote_ident(a.attname) || ' ' || ` + rightsSQL(`a.attacl`, `c.relowner`) + `, '' order by a.attnum)
  from pg_catalog.pg_attribute a where a.attrelid = c.oid and not a.attisdropped and a.attacl is not null
  and ` + rightsSQL(`a.attacl`, `c.relowner`) + ` <> ''), ''))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r','p','v','m','f','S') and ` + movedSchema,

		`select json_build_object('kind', 'index', 'name', ` + name + `, 'definition', format(
  'on %I, %s (%s), include (%s), unique %s, nulls not distinct %s, partial %s', t.relname, m.amname,
  (select string_agg(case when k.num = 0 then '(expression)' else quote_ident(a.attname) end
     || case when i.indoption[k.ord - 1] & 1 = 1 then ' DESC' else '' end || case when i.indoption[k.ord - 1] & 2 = 2 then ' NULLS FIRST' else '' end, ', ' order by k.ord)
   from unnest(i.indkey::pg_catalog.int2[]) with ordinality k(num, ord) left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.num
   where k.ord <= i.indnkeyatts),
  (select string_agg(quote_ident(a.attname), ', ' order by k.ord) from unnest(i.indkey::pg_catalog.int2[]) with ordinality k(num, ord)
   join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.num where k.ord > i.indnkeyatts),
  i.indisunique::text, coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false'), (i.indpred is not null)::text))
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_am m on m.oid = c.relam join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ` + movedSchema,

		`select json_build_object('kind', 'trigger', 'name', ` + name + ` || format('."%s"', replace(g.tgname, '"', '""')),
  'definition', format('%s.%s %s %s', pn.nspname, p.proname, g.tgtype, g.tgenabled))
from pg_catalog.pg_trigger g join pg_catalog.pg_class c on c.oid = g.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = g.tgfoid join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
where not g.tgisinternal and ` + movedSchema,

		`select json_build_object('kind', 'options of', 'name', ` + name + `, 'definition', format('invoker %s, barrier %s, check "%s"',
  coalesce(o.invoker, 'false'), coalesce(o.barrier, 'false'), coalesce(left(o.check, 1), '')))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select max(case when option_name = 'security_invoker' then option_value::boolean::text end) as invoker,
  max(case when option_name = 'security_barrier' then option_value::boolean::text end) as barrier,
  max(case when option_name = 'check_option' then option_value end) as check from pg_catalog.pg_options_to_table(c.reloptions)) o
where c.relkind = 'v' and ` + movedSchema,

		`select json_build_object('kind', k.kind, 'name', ` + function + `, 'definition', k.definition)
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
cross join lateral (values ('rights on function', ` + rightsSQL(`coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))`, `p.proowner`) + `),
  ('body of', format('strict %s, definer %s, %s', p.proisstrict::text, p.prosecdef::text, p.prosrc))) k(kind, definition)
where ` + movedSchema + notExtension,
	}
}

const extensionSQL = `select json_build_object('schema', n.nspname, 'name', p.proname)
from pg_catalog.pg_depend d join pg_catalog.pg_proc p on p.oid = d.objid join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where d.classid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'e' and n.nspname !~ '^pg_'`

func readObjects(ctx context.Context, tx database.Tx, out *schema.Inventory) error {
	for _, sql := range objectsSQL() {
		if err := eachJSON(ctx, tx, sql, func(o schema.Object) { out.Objects = append(out.Objects, o) }); err != nil {
			return err
		}
	}
	out.Extension = map[schema.Name]bool{}
	return eachJSON(ctx, tx, extensionSQL, func(n schema.Name) { out.Extension[n] = true })
}
