(
	select 'pg_namespace'::regclass as class, n.oid, 'SCHEMA' as kind, quote_ident(n.nspname) as name, n.nspowner as owner, n.nspacl as acl, MEMBER(pg_namespace, n.oid) as member, false as linked from pg_namespace n where OURS(n)
	union all
	select 'pg_class', c.oid, case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'S' then 'SEQUENCE' else 'TABLE' end, format('%I.%I', n.nspname, c.relname), c.relowner, c.relacl, MEMBER(pg_class, c.oid),
		c.relkind = 'S' and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))
	from pg_class c join pg_namespace n on n.oid = c.relnamespace where OURS(n) and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relpersistence <> 't'
	union all
	select 'pg_proc', p.oid, case p.prokind when 'p' then 'PROCEDURE' else 'FUNCTION' end, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner, p.proacl,
		MEMBER(pg_proc, p.oid) or exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i'), false
	from pg_proc p join pg_namespace n on n.oid = p.pronamespace where OURS(n)
	union all
	select 'pg_type', t.oid, 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner, t.typacl, MEMBER(pg_type, t.oid), false
	from pg_type t join pg_namespace n on n.oid = t.typnamespace where OURS(n) and (t.typtype in ('d', 'e', 'r') or t.typtype = 'c' and exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
	union all
	select 'pg_statistic_ext', s.oid, 'STATISTICS', format('%I.%I', n.nspname, s.stxname), s.stxowner, null, MEMBER(pg_statistic_ext, s.oid), false from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where OURS(n)
)
