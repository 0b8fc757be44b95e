-- Tables with rows of their own, and how they are read and filled: all columns but
-- generated ones; of an extension's tables the rows that it says are its user's.
select format('%I.%I', n.nspname, c.relname) as name,
	case when s.columns is null then '' else '(' || s.columns || ')' end as columns,
	coalesce(x.condition, '') as condition
from pg_class c join pg_namespace n on n.oid = c.relnamespace
	left join lateral (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
		from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') s on true
	left join lateral (select k.condition from pg_extension e, unnest(e.extconfig, e.extcondition) k(table_oid, condition) where k.table_oid = c.oid) x on true
where OURS(n) and c.relkind = 'r' and c.relpersistence <> 't' and (not MEMBER(pg_class, c.oid) or x.condition is not null)
order by 1
