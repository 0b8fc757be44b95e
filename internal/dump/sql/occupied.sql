-- What keeps a database from being called empty.
select i.type || ' ' || i.identity from (
	select 'pg_class'::regclass as class, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where OURS(n) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not MEMBER(pg_class, c.oid)
	union all select 'pg_proc', p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace where OURS(n) and not MEMBER(pg_proc, p.oid)
	union all select 'pg_type', t.oid from pg_type t join pg_namespace n on n.oid = t.typnamespace where OURS(n) and t.typtype in ('e', 'd', 'r') and not MEMBER(pg_type, t.oid)
	union all select 'pg_namespace', n.oid from pg_namespace n where OURS(n) and n.nspname <> 'public' and not MEMBER(pg_namespace, n.oid)
) x, lateral pg_identify_object(x.class, x.oid, 0) i order by 1 limit 10
