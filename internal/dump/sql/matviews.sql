select 'pg_class:' || c.oid, format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace where OURS(n) and c.relkind = 'm' and c.relispopulated and not MEMBER(pg_class, c.oid)
