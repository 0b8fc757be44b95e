-- Everything of the database that is made by a statement: what it is known by in
-- pg_depend, its rank, and the statement. Objects of extensions come with those.
-- The words in capitals with parentheses are spelt out before it is run (catalog.go).

select 'pg_namespace:' || n.oid as id, 0 as rank, format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) as sql
from pg_namespace n where OURS(n) and not MEMBER(pg_namespace, n.oid)

union all
select 'pg_extension:' || e.oid, 1, format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', e.extname, n.nspname)
from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql'

union all
select 'pg_type:' || t.oid, 2, format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
	(select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid))
from pg_type t join pg_namespace n on n.oid = t.typnamespace where OURS(n) and t.typtype = 'e' and not MEMBER(pg_type, t.oid)

union all
select 'pg_type:' || t.oid, 2, format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
	(select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) || COLLATED(a.attcollation, a.atttypid), ', ' order by a.attnum)
		from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))
from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
where OURS(n) and not MEMBER(pg_type, t.oid)

union all
select 'pg_type:' || t.oid, 2, format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod))
	|| COLLATED(t.typcollation, t.typbasetype)
	|| coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), '') || case when t.typnotnull then ' NOT NULL' else '' end
from pg_type t join pg_namespace n on n.oid = t.typnamespace where OURS(n) and t.typtype = 'd' and not MEMBER(pg_type, t.oid)

union all
select 'pg_type:' || t.oid, 2, format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I.%I', n.nspname, t.typname, format_type(r.rngsubtype, null), cn.nspname, o.opcname)
	|| coalesce((select format(', COLLATION = %I.%I', ln.nspname, l.collname) from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace where l.oid = r.rngcollation), '')
	|| coalesce((select format(', SUBTYPE_DIFF = %I.%I', fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = r.rngsubdiff), '')
	|| format(', MULTIRANGE_TYPE_NAME = %I.%I)', mn.nspname, m.typname)
from pg_range r join pg_type t on t.oid = r.rngtypid join pg_namespace n on n.oid = t.typnamespace
	join pg_opclass o on o.oid = r.rngsubopc join pg_namespace cn on cn.oid = o.opcnamespace
	join pg_type m on m.oid = r.rngmultitypid join pg_namespace mn on mn.oid = m.typnamespace
where OURS(n) and r.rngcanonical = 0 and not MEMBER(pg_type, t.oid)

union all
select 'pg_class:' || c.oid, 3, format('CREATE %sSEQUENCE %I.%I AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s %sCYCLE',
	case when c.relpersistence = 'u' then 'UNLOGGED ' else '' end, n.nspname, c.relname,
	format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then '' else 'NO ' end)
from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and c.relpersistence <> 't' and not MEMBER(pg_class, c.oid)
	and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'i')

union all
select 'pg_proc:' || p.oid, 4, pg_get_functiondef(p.oid)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where OURS(n) and p.prokind <> 'a' and not MEMBER(pg_proc, p.oid)
	-- those of a range type come with it
	and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')

union all
select 'pg_class:' || c.oid, 5, format('CREATE %sTABLE %I.%I (%s)', case when c.relpersistence = 'u' then 'UNLOGGED ' else '' end, n.nspname, c.relname,
		coalesce(string_agg(format(E'\n\t%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) || COLLATED(a.attcollation, a.atttypid)
			|| case when a.attgenerated = 's' then (select format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid)) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum) else '' end
			|| case when a.attnotnull then ' NOT NULL' else '' end
			|| case when a.attidentity = '' then '' else (select format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s %sCYCLE)',
					case a.attidentity when 'a' then 'ALWAYS' else 'BY DEFAULT' end, sn.nspname, sc.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then '' else 'NO ' end)
				from pg_depend d join pg_sequence s on s.seqrelid = d.objid join pg_class sc on sc.oid = d.objid join pg_namespace sn on sn.oid = sc.relnamespace
				where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum and d.deptype = 'i') end,
			',' order by a.attnum) filter (where a.attname is not null), ''))
	|| case when c.relkind = 'p' then ' PARTITION BY ' || pg_get_partkeydef(c.oid) else '' end
	|| coalesce((select ' WITH (' || string_agg(o, ', ') || ')' from (select format('%s%I=%L', p.prefix, split_part(p.o, '=', 1), substr(p.o, strpos(p.o, '=') + 1)) as o
		from (select '' as prefix, unnest(c.reloptions) as o union all select 'toast.', unnest(x.reloptions) from pg_class x where x.oid = c.reltoastrelid) p) q), '')
	|| coalesce(string_agg(format(E';\nALTER TABLE ONLY %I.%I ALTER COLUMN %I SET STORAGE %s', n.nspname, c.relname, a.attname,
		case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end), '' order by a.attnum) filter (where a.attstorage <> t.typstorage), '')
	|| coalesce(string_agg(format(E';\nALTER TABLE ONLY %I.%I ALTER COLUMN %I SET COMPRESSION %s', n.nspname, c.relname, a.attname,
		case a.attcompression when 'l' then 'lz4' else 'pglz' end), '' order by a.attnum) filter (where a.attcompression <> ''), '')
	|| coalesce(string_agg(format(E';\nALTER TABLE ONLY %I.%I ALTER COLUMN %I SET STATISTICS %s', n.nspname, c.relname, a.attname, a.attstattarget), '' order by a.attnum) filter (where a.attstattarget >= 0), '')
	|| coalesce(string_agg(format(E';\nALTER TABLE ONLY %I.%I ALTER COLUMN %I SET (%s)', n.nspname, c.relname, a.attname, array_to_string(a.attoptions, ', ')), '' order by a.attnum) filter (where a.attoptions is not null), '')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
	left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_type t on t.oid = a.atttypid
where OURS(n) and c.relkind in ('r', 'p') and c.relpersistence <> 't' and not MEMBER(pg_class, c.oid)
group by c.oid, n.nspname, c.relname, c.relpersistence, c.relkind, c.reloptions, c.reltoastrelid

union all
select 'pg_attrdef:' || d.oid, 6, format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid))
from pg_attrdef d join pg_class c on c.oid = d.adrelid join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum
where OURS(n) and a.attgenerated = '' and c.relpersistence <> 't' and not MEMBER(pg_class, c.oid)

union all
select 'pg_constraint:' || k.oid, 6, format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid))
from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace where OURS(n) and k.contype = 'c' and not MEMBER(pg_type, t.oid)

union all
select 'pg_class:' || c.oid, 11, format('CREATE %s %I.%I%s AS%s%s', case when c.relkind = 'v' then 'VIEW' else 'MATERIALIZED VIEW' end, n.nspname, c.relname,
	coalesce((select ' WITH (' || string_agg(format('%I=%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') || ')' from unnest(c.reloptions) o), ''),
	E'\n' || rtrim(pg_get_viewdef(c.oid), ';'), case when c.relkind = 'm' then E'\nWITH NO DATA' else '' end)
from pg_class c join pg_namespace n on n.oid = c.relnamespace where OURS(n) and c.relkind in ('v', 'm') and c.relpersistence <> 't' and not MEMBER(pg_class, c.oid)

union all
select 'pg_constraint:' || k.oid, case when k.contype = 'f' then 14 else 12 end,
	format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s', case when k.contype = 'f' then '' else 'ONLY ' end, n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
	|| case when i.oid is null then '' else format(E';\nALTER INDEX %I.%I SET (%s)', n.nspname, i.relname, array_to_string(i.reloptions, ', ')) end
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
	left join pg_class i on i.oid = k.conindid and k.contype in ('p', 'u', 'x') and i.reloptions is not null
where OURS(n) and k.contype in ('c', 'p', 'u', 'x', 'f') and (k.contype <> 'f' or k.conparentid = 0) and c.relpersistence <> 't' and not MEMBER(pg_class, c.oid)

union all
select 'pg_class:' || c.oid, 12, pg_get_indexdef(c.oid)
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class r on r.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and c.relpersistence <> 't' and (i.indisvalid or r.relkind = 'p') and r.relkind in ('r', 'p', 'm') and not MEMBER(pg_class, r.oid) and not MEMBER(pg_class, c.oid)
	and not exists (select from pg_constraint k where k.conindid = c.oid and k.contype in ('p', 'u', 'x'))

union all
select 'pg_statistic_ext:' || s.oid, 12, pg_get_statisticsobjdef(s.oid)
from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where OURS(n)

union all
-- when both have their indexes, which then become those of the whole
select 'attach:' || c.oid, 13, format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %I.%I %s', pn.nspname, p.relname, n.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid))
from pg_inherits h join pg_class c on c.oid = h.inhrelid join pg_namespace n on n.oid = c.relnamespace
	join pg_class p on p.oid = h.inhparent join pg_namespace pn on pn.oid = p.relnamespace
where OURS(n) and c.relispartition and c.relkind in ('r', 'p')

union all
select 'pg_trigger:' || g.oid, 15, pg_get_triggerdef(g.oid)
	|| case g.tgenabled when 'O' then '' else format(E';\nALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
		case g.tgenabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS' end, g.tgname) end
from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and not g.tgisinternal and g.tgparentid = 0 and not MEMBER(pg_class, c.oid)

union all
select 'pg_rewrite:' || w.oid, 15, rtrim(pg_get_ruledef(w.oid), ';')
	|| case w.ev_enabled when 'O' then '' else format(E';\nALTER TABLE %I.%I %s RULE %I', n.nspname, c.relname,
		case w.ev_enabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS' end, w.rulename) end
from pg_rewrite w join pg_class c on c.oid = w.ev_class join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and w.rulename <> '_RETURN' and not MEMBER(pg_class, c.oid)

union all
select 'pg_policy:' || p.oid, 16, format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, n.nspname, c.relname,
		case when p.polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end,
		case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end,
		(select string_agg(ROLE(r), ', ') from unnest(p.polroles) r))
	|| coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where OURS(n) and not MEMBER(pg_class, c.oid)
order by 2, 3
