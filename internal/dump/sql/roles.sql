-- The roles that own something, may do something, or that policies name, and which
-- of them belongs to which. Passwords are not in a backup.
with named as (
	select r.oid, r.rolname, r.rolinherit, r.rolbypassrls from pg_roles r
	where r.rolname !~ '^pg_' and r.rolname <> current_user and (r.oid in (select s.refobjid from pg_shdepend s
			where s.refclassid = 'pg_authid'::regclass and s.dbid = (select d.oid from pg_database d where d.datname = current_database()))
		-- PostgreSQL does not note what the first superuser has
		or r.oid = 10 and exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relowner = 10 and OURS(n)))
)
select 1 as rank, format(E'do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = %L) then create role %I nologin%s%s; end if; end $$',
	rolname, rolname, case when rolinherit then '' else ' noinherit' end, case when rolbypassrls then ' bypassrls' else '' end) as sql
from named
union all
select 2, format(E'do $$ begin if not pg_catalog.pg_has_role(%L, %L, ''member'') then grant %I to %I; end if; end $$', m.rolname, g.rolname, g.rolname, m.rolname)
from pg_auth_members a join named g on g.oid = a.roleid join named m on m.oid = a.member
order by 1, 2
