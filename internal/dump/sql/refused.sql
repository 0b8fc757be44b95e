-- What this kind of backup does not know to make again.
select i.type || ' ' || i.identity from (
	select 'pg_class'::regclass as class, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where OURS(n) and (c.relkind = 'f' or c.reloftype <> 0 or c.relkind = 'r' and c.relam <> 0 and c.relam <> (select a.oid from pg_am a where a.amname = 'heap')
			or exists (select from pg_inherits h where h.inhrelid = c.oid) and not c.relispartition and c.relkind = 'r')
	union all select 'pg_type', t.oid from pg_type t join pg_namespace n on n.oid = t.typnamespace
		where OURS(n) and (t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid) or t.typtype = 'p'
			or exists (select from pg_range r where r.rngtypid = t.oid and r.rngcanonical <> 0)
			or t.typtype in ('c', 'e') and not exists (select from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) and not exists (select from pg_enum l where l.enumtypid = t.oid)
				and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c'))
	union all select 'pg_proc', p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace where OURS(n) and p.prokind = 'a'
	union all select 'pg_collation', c.oid from pg_collation c join pg_namespace n on n.oid = c.collnamespace where OURS(n)
	union all select 'pg_conversion', c.oid from pg_conversion c join pg_namespace n on n.oid = c.connamespace where OURS(n)
	union all select 'pg_operator', o.oid from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where OURS(n)
	union all select 'pg_opclass', o.oid from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace where OURS(n)
	union all select 'pg_opfamily', o.oid from pg_opfamily o join pg_namespace n on n.oid = o.opfnamespace where OURS(n)
	union all select 'pg_ts_config', o.oid from pg_ts_config o join pg_namespace n on n.oid = o.cfgnamespace where OURS(n)
	union all select 'pg_ts_dict', o.oid from pg_ts_dict o join pg_namespace n on n.oid = o.dictnamespace where OURS(n)
	union all select 'pg_ts_parser', o.oid from pg_ts_parser o join pg_namespace n on n.oid = o.prsnamespace where OURS(n)
	union all select 'pg_ts_template', o.oid from pg_ts_template o join pg_namespace n on n.oid = o.tmplnamespace where OURS(n)
	union all select 'pg_foreign_data_wrapper', o.oid from pg_foreign_data_wrapper o
	union all select 'pg_foreign_server', o.oid from pg_foreign_server o
	union all select 'pg_largeobject', o.oid from pg_largeobject_metadata o
	union all select 'pg_cast', o.oid from pg_cast o where o.oid >= 16384
	union all select 'pg_transform', o.oid from pg_transform o
	union all select 'pg_am', o.oid from pg_am o where o.oid >= 16384
	union all select 'pg_language', o.oid from pg_language o where o.oid >= 16384 and o.lanname <> 'plpgsql'
) x, lateral pg_identify_object(x.class, x.oid, 0) i
where not exists (select from pg_depend e where e.deptype in ('e', 'i') and e.classid = x.class and e.objid = x.oid)
union all
select 'security label of ' || i.type || ' ' || i.identity from pg_seclabel l, lateral pg_identify_object(l.classoid, l.objoid, l.objsubid) i
order by 1
