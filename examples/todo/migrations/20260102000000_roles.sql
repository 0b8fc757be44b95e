-- Roles: who has one is a row here, and access tokens carry it. A hook reads the
-- table when a token is made (galley.toml names it), so policies need not: they look
-- at the token. A role that is given or taken counts from the next token on, at the
-- latest when the present one expires (auth.jwt_expiry).

create table user_roles (
  user_id uuid not null references auth.users (id) on delete cascade,
  role    text not null check (role in ('moderator', 'admin')),
  primary key (user_id, role)
);

create table role_permissions (
  role       text not null check (role in ('moderator', 'admin')),
  permission text not null check (permission in ('lists.read', 'lists.change', 'roles.change')),
  primary key (role, permission)
);

insert into role_permissions (role, permission) values
  ('moderator', 'lists.read'),
  ('admin', 'lists.read'), ('admin', 'lists.change'), ('admin', 'roles.change');

-- The hook adds the claim user_roles. It runs as supabase_auth_admin, and nobody
-- else may call it or finds anything by it.
create function add_roles(event jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('claims', (event -> 'claims') || jsonb_build_object('user_roles', coalesce(
    (select jsonb_agg(r.role order by r.role) from user_roles r where r.user_id = (event ->> 'user_id')::uuid), '[]'::jsonb)))
$$;

revoke execute on function add_roles(jsonb) from public, anon, authenticated;
grant execute on function add_roles(jsonb) to supabase_auth_admin;
grant select on user_roles to supabase_auth_admin;
create policy "the hook reads every role" on user_roles for select to supabase_auth_admin using (true);

-- may tells whether the caller's token allows something. Beside the hook's claim it
-- takes app_metadata.roles, which only the admin API writes; user_metadata is the
-- user's own and must not count.
create function may(permission text) returns boolean language sql stable as $$
  select exists (select 1 from role_permissions p where p.permission = may.permission
    and (coalesce(auth.jwt() -> 'user_roles', '[]'::jsonb) @> to_jsonb(p.role)
      or coalesce(auth.jwt() -> 'app_metadata' -> 'roles', '[]'::jsonb) @> to_jsonb(p.role)))
$$;

create policy "everybody may know what roles may do" on role_permissions for select to authenticated using (true);

create policy "one's own roles" on user_roles for select to authenticated using (user_id = auth.uid());
create policy "roles by permission" on user_roles
  for all to authenticated using (may('roles.change')) with check (may('roles.change'));

create policy "every list by permission" on lists for select to authenticated using (may('lists.read'));
create policy "changes of every list by permission" on lists
  for all to authenticated using (may('lists.change')) with check (may('lists.change'));
