-- Roles. Every account is a user; a row here makes it a moderator or an admin too.
-- Nobody writes this table through the API: the function set_role does, and asks first
-- who is calling (functions/set_role).

create table user_roles (
  user_id    uuid not null references auth.users (id) on delete cascade,
  role       text not null check (role in ('moderator', 'admin')),
  granted_at timestamptz not null default now(),
  primary key (user_id, role)
);

-- What moderators and admins did to accounts. An account that is deleted leaves its
-- entries, without the reference.
create table events (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default now(),
  actor   uuid references profiles (id) on delete set null,
  subject uuid references profiles (id) on delete set null,
  action  text not null check (action in ('grant', 'revoke', 'ban', 'unban')),
  role    text check (role in ('moderator', 'admin')),
  reason  text not null default '' check (length(reason) <= 300)
);

create index events_actor on events (actor);
create index events_subject on events (subject);

revoke all on user_roles, events from anon, authenticated;
grant select on user_roles, events to authenticated;

-- The hook is called for each access token that is made (galley.toml names it). It
-- makes the profile if there is none, and adds two claims. It runs as its owner,
-- whatever the tables' policies say; Galley calls it as supabase_auth_admin, and nobody
-- else may.
create function access_token(event jsonb) returns jsonb language sql security definer set search_path = '' as $$
  insert into public.profiles (id, name)
    select u.id, coalesce(nullif(trim(left(u.raw_user_meta_data ->> 'name', 60)), ''), nullif(left(split_part(u.email, '@', 1), 60), ''), 'New here')
    from auth.users u where u.id = (event ->> 'user_id')::uuid
    on conflict (id) do nothing;
  select jsonb_build_object('claims', (event -> 'claims') || jsonb_build_object(
    'user_roles', coalesce((select jsonb_agg(r.role order by r.role) from public.user_roles r where r.user_id = (event ->> 'user_id')::uuid), '[]'::jsonb),
    'has_factor', exists (select 1 from auth.mfa_factors f where f.user_id = (event ->> 'user_id')::uuid and f.status = 'verified')))
$$;

revoke execute on function access_token(jsonb) from public, anon, authenticated;
grant execute on function access_token(jsonb) to supabase_auth_admin;

-- Whether the caller's token has one of these roles. Policies ask it, since it looks
-- at no table; what changes something looks at the table, where a role that was taken
-- is gone at once.
create function has_role(variadic roles text[]) returns boolean language sql stable as $$
  select proven() and coalesce(auth.jwt() -> 'user_roles', '[]'::jsonb) ?| roles
$$;

create policy "one's own roles" on user_roles for select to authenticated using (user_id = auth.uid());
create policy "admins see what was done" on events for select to authenticated using (has_role('admin'));
create policy "moderators see profiles" on profiles for select to authenticated using (has_role('moderator', 'admin'));

-- The list of people, a page at a time, for moderators and admins: nobody else gets a
-- row. It runs as its owner because auth.users is closed to everybody.
create function people(search text default '', page integer default 0)
  returns table (id uuid, email text, name text, roles text[], banned boolean, created_at timestamptz, last_sign_in_at timestamptz)
  language sql stable security definer set search_path = '' as $$
  select u.id, u.email::text, coalesce(p.name, ''), array(select r.role from public.user_roles r where r.user_id = u.id order by r.role),
    coalesce(u.banned_until > now(), false), u.created_at, u.last_sign_in_at
  from auth.users u left join public.profiles p on p.id = u.id
  where public.proven() and u.deleted_at is null
    and exists (select 1 from public.user_roles m join auth.users me on me.id = m.user_id
      where me.id = auth.uid() and coalesce(me.banned_until, now()) <= now())
    and (search = '' or strpos(lower(u.email), lower(search)) > 0 or strpos(lower(p.name), lower(search)) > 0)
  order by u.created_at desc, u.id
  limit 25 offset 25 * greatest(page, 0)
$$;

revoke execute on function people(text, integer) from public, anon;

-- What the functions in TypeScript need of schema auth, for the service role alone.
create function put_ban(user_id uuid, until timestamptz) returns void language sql security definer set search_path = '' as $$
  update auth.users set banned_until = until, updated_at = now() where id = put_ban.user_id;
  delete from auth.sessions where sessions.user_id = put_ban.user_id and until > now();
$$;

create function standing(user_id uuid) returns table (factor boolean, banned boolean) language sql stable security definer set search_path = '' as $$
  select exists (select 1 from auth.mfa_factors f where f.user_id = standing.user_id and f.status = 'verified'),
    exists (select 1 from auth.users u where u.id = standing.user_id and u.banned_until > now())
$$;

-- The first admin, who has signed in once: galley sql "select make_admin('ada@example.org')"
create function make_admin(email text) returns text language sql as $$
  insert into public.user_roles (user_id, role)
    select p.id, 'admin' from public.profiles p join auth.users u on u.id = p.id where u.email = lower(make_admin.email) on conflict do nothing;
  insert into public.events (subject, action, role, reason)
    select p.id, 'grant', 'admin', 'by galley sql' from public.profiles p join auth.users u on u.id = p.id where u.email = lower(make_admin.email);
  select case when exists (select 1 from public.profiles p join auth.users u on u.id = p.id where u.email = lower(make_admin.email))
    then make_admin.email || ' is an admin' else 'nobody with the address ' || make_admin.email || ' has signed in yet' end
$$;

revoke execute on function put_ban(uuid, timestamptz), standing(uuid), make_admin(text) from public, anon, authenticated;
grant execute on function put_ban(uuid, timestamptz), standing(uuid) to service_role;
revoke execute on function make_admin(text) from service_role;
