-- The roles of the data API. A superuser may become any role without a grant.
do $$
declare
  name text;
  -- From PostgreSQL 16 on, who makes a role may administer it, not become it.
  may_become text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  foreach name in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
      execute format('create role %I nologin noinherit %s', name,
        case name when 'service_role' then 'bypassrls' else '' end);
    end if;
    if not pg_catalog.pg_has_role(current_user, name, may_become) then
      execute format('grant %I to %I', name, current_user);
    end if;
  end loop;
end
$$;
