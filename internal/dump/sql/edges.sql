-- What must be there before what, by the names of nodes.sql; and which parts are
-- no nodes but belong to one (part = true).
select d.classid::regclass || ':' || d.objid as id, d.refclassid::regclass || ':' || d.refobjid as needs, false as part
from pg_depend d where d.deptype in ('n', 'a', 'i', 'P', 'S')
	-- a sequence is made before the table that owns it
	and not (d.deptype = 'a' and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
		and exists (select from pg_sequence s where s.seqrelid = d.objid))
union all
select d.classid::regclass || ':' || d.objid, 'pg_extension:' || d.refobjid, true from pg_depend d where d.deptype = 'e'
union all -- row types, arrays and multiranges
select 'pg_type:' || t.oid, 'pg_class:' || c.oid, true from pg_type t join pg_class c on c.oid = t.typrelid where c.relkind <> 'c'
union all
select 'pg_class:' || c.oid, 'pg_type:' || t.oid, true from pg_type t join pg_class c on c.oid = t.typrelid where c.relkind = 'c'
union all
select 'pg_type:' || t.typarray, 'pg_type:' || t.oid, true from pg_type t where t.typarray <> 0
union all
select 'pg_type:' || r.rngmultitypid, 'pg_type:' || r.rngtypid, true from pg_range r
union all
select 'pg_proc:' || d.objid, d.refclassid::regclass || ':' || d.refobjid, true from pg_depend d where d.classid = 'pg_proc'::regclass and d.deptype = 'i'
union all -- what is spelt in the statement of a table or view
select 'pg_attrdef:' || d.oid, 'pg_class:' || d.adrelid, true from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attgenerated <> ''
union all
select 'pg_rewrite:' || w.oid, 'pg_class:' || w.ev_class, true from pg_rewrite w where w.rulename = '_RETURN'
union all
select 'pg_class:' || k.conindid, 'pg_constraint:' || k.oid, true from pg_constraint k where k.contype in ('p', 'u', 'x') and k.conindid <> 0
union all
select 'pg_class:' || d.objid, 'pg_class:' || d.refobjid, true from pg_depend d join pg_sequence s on s.seqrelid = d.objid
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
