-- Roles: who has one is a row here, and access tokens carry it as the claim user_roles.
-- A role counts from the next token on. Everybody else is a customer.

create table user_roles (
  user_id uuid not null references auth.users (id) on delete cascade,
  role    text not null check (role in ('staff', 'admin')),
  primary key (user_id, role)
);

create table role_permissions (
  role       text not null check (role in ('staff', 'admin')),
  permission text not null check (permission in ('catalogue.write', 'orders.read', 'orders.ship', 'orders.review',
    'orders.refund', 'reports.read', 'settings.write', 'roles.change')),
  primary key (role, permission)
);

insert into role_permissions (role, permission) values
  ('staff', 'catalogue.write'), ('staff', 'orders.read'), ('staff', 'orders.ship'), ('staff', 'orders.review'),
  ('admin', 'catalogue.write'), ('admin', 'orders.read'), ('admin', 'orders.ship'), ('admin', 'orders.review'),
  ('admin', 'orders.refund'), ('admin', 'reports.read'), ('admin', 'settings.write'), ('admin', 'roles.change');

-- auth.hook.custom_access_token of galley.toml calls this when a token is made.
create function add_roles(event jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('claims', (event -> 'claims') || jsonb_build_object('user_roles', coalesce(
    (select jsonb_agg(r.role order by r.role) from public.user_roles r where r.user_id = (event ->> 'user_id')::uuid), '[]'::jsonb)))
$$;

revoke execute on function add_roles(jsonb) from public, anon, authenticated;
grant execute on function add_roles(jsonb) to supabase_auth_admin;
grant select on user_roles to supabase_auth_admin;

-- may tells whether the caller's token allows something.
create function may(permission text) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.role_permissions p where p.permission = $1
    and (coalesce(auth.jwt() -> 'user_roles', '[]'::jsonb) @> to_jsonb(p.role)
      or coalesce(auth.jwt() -> 'app_metadata' -> 'roles', '[]'::jsonb) @> to_jsonb(p.role)))
$$;

create policy "the hook reads every role" on user_roles for select to supabase_auth_admin using (true);
create policy "one's own roles" on user_roles for select to authenticated using (user_id = (select auth.uid()));
create policy "roles by permission" on user_roles for all to authenticated
  using ((select may('roles.change'))) with check ((select may('roles.change')));
create policy "everybody may know what roles may do" on role_permissions for select to authenticated using (true);
