select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and c.relkind = 'S' and c.relpersistence <> 't' and (not MEMBER(pg_class, c.oid)
	or exists (select from pg_extension e where c.oid = any (e.extconfig))) order by 1
