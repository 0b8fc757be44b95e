-- What is said of objects that are there, in this order.
select 1 as rank, format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', sn.nspname, s.relname, n.nspname, c.relname, a.attname) as sql
from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
	join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'a' and OURS(sn) and not MEMBER(pg_class, s.oid)

union all
select 2, format('ALTER TABLE %I.%I %s ROW LEVEL SECURITY', n.nspname, c.relname, w)
from pg_class c join pg_namespace n on n.oid = c.relnamespace, lateral (select 'ENABLE' as w where c.relrowsecurity union all select 'FORCE' where c.relforcerowsecurity) f
where OURS(n) and c.relkind in ('r', 'p') and not MEMBER(pg_class, c.oid)

union all
select 2, format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY %s', n.nspname, c.relname,
	case c.relreplident when 'f' then 'FULL' when 'n' then 'NOTHING' else 'USING INDEX ' || quote_ident((select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident)) end)
from pg_class c join pg_namespace n on n.oid = c.relnamespace where OURS(n) and c.relkind in ('r', 'p') and c.relreplident <> 'd' and not MEMBER(pg_class, c.oid)

union all
select 2, format('ALTER TABLE %I.%I CLUSTER ON %I', n.nspname, c.relname, x.relname)
from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where OURS(n) and i.indisclustered and not MEMBER(pg_class, c.oid)

union all
select 3, format('COMMENT ON %s %s IS %L', case i.type when 'table constraint' then 'CONSTRAINT' when 'domain constraint' then 'CONSTRAINT'
		when 'statistics object' then 'STATISTICS' else case when i.type like '% column' then 'COLUMN' else upper(i.type) end end,
	case when i.type = 'domain constraint' then (select format('%I ON DOMAIN %s', k.conname, format_type(k.contypid, null)) from pg_constraint k where k.oid = d.objoid) else i.identity end, d.description)
from pg_description d, lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
where not exists (select from pg_depend e where e.deptype = 'e' and e.classid = d.classoid and e.objid = d.objoid)
	and (i.schema is null or i.schema !~ '^pg_' and i.schema <> 'information_schema')
	and (d.classoid in ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_statistic_ext'::regclass)
		or d.classoid = 'pg_namespace'::regclass and exists (select from pg_namespace n where n.oid = d.objoid and OURS(n)))
	and not (d.classoid in ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_rewrite'::regclass) and i.identity ~ 'pg_catalog\.|information_schema\.')

union all
select 4, format('ALTER %s %s OWNER TO %s', o.kind, o.name, ROLE(o.owner))
from OBJECTS o where o.owner <> (select r.oid from pg_roles r where r.rolname = current_user) and pg_get_userbyid(o.owner) <> 'pg_database_owner'
	and not o.member and not o.linked

union all -- a list of privileges that is not the usual one of its kind
select 5, format('REVOKE ALL ON %s %s FROM PUBLIC, %s', case when o.kind in ('VIEW', 'MATERIALIZED VIEW') then 'TABLE' else o.kind end, o.name, ROLE(o.owner))
from OBJECTS o where o.acl is not null and (not o.member or o.acl is distinct from (select i.initprivs from pg_init_privs i where i.classoid = o.class and i.objoid = o.oid and i.objsubid = 0))

union all
select 6, format('GRANT %s ON %s %s TO %s%s', g.privilege_type, case when o.kind in ('VIEW', 'MATERIALIZED VIEW') then 'TABLE' else o.kind end, o.name, ROLE(g.grantee),
	case when g.is_grantable then ' WITH GRANT OPTION' else '' end)
from OBJECTS o, aclexplode(o.acl) g where (not o.member or o.acl is distinct from (select i.initprivs from pg_init_privs i where i.classoid = o.class and i.objoid = o.oid and i.objsubid = 0))

union all
select 6, format('GRANT %s (%I) ON TABLE %I.%I TO %s%s', g.privilege_type, a.attname, n.nspname, c.relname, ROLE(g.grantee), case when g.is_grantable then ' WITH GRANT OPTION' else '' end)
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(a.attacl) g
where OURS(n) and not a.attisdropped and not MEMBER(pg_class, c.oid)

union all
select 7, format('ALTER DEFAULT PRIVILEGES FOR ROLE %s REVOKE ALL ON %s FROM PUBLIC, %s', ROLE(f.defaclrole), KIND(f.defaclobjtype), ROLE(f.defaclrole))
from pg_default_acl f where f.defaclnamespace = 0

union all
select 8, format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %sGRANT %s ON %s TO %s%s', ROLE(f.defaclrole),
	coalesce((select format('IN SCHEMA %I ', n.nspname) from pg_namespace n where n.oid = f.defaclnamespace), ''),
	g.privilege_type, KIND(f.defaclobjtype), ROLE(g.grantee), case when g.is_grantable then ' WITH GRANT OPTION' else '' end)
from pg_default_acl f, aclexplode(f.defaclacl) g

union all -- Galley's own is made when a server starts
select 9, format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s()', e.evtname, e.evtevent,
		coalesce(' WHEN TAG IN (' || (select string_agg(quote_literal(t), ', ') from unnest(e.evttags) t) || ')', ''), e.evtfoid::regproc)
	|| case e.evtenabled when 'O' then '' else format(E';\nALTER EVENT TRIGGER %I %s', e.evtname, case e.evtenabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS' end) end
from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid join pg_namespace n on n.oid = p.pronamespace
where n.nspname <> 'galley' and not MEMBER(pg_event_trigger, e.oid)
order by 1, 2
