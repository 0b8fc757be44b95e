-- Who writes here. Accounts are Galley's (auth.users); a member is one of them with a
-- role and a public name. A member may be without an account: a guest author, or the
-- people of the seed.
create table members (
  id bigint generated always as identity primary key,
  user_id uuid unique references auth.users on delete set null,
  role text not null default 'author' check (role in ('author', 'editor')),
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
  name text not null check (length(btrim(name)) between 1 and 80),
  bio text not null default '' check (length(bio) <= 2000)
);

-- Policies ask these two. They run as the owner (security definer), because members'
-- user_id is nobody's business, and because a policy that reads its own table would
-- never end.
create function me() returns bigint language sql stable security definer set search_path = '' as $$
  select id from public.members where user_id = auth.uid()
$$;

create function is_editor() returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.members where user_id = auth.uid() and role = 'editor')
$$;

alter table members enable row level security;
create policy "anyone reads names" on members for select using (true);
create policy "editors change members" on members for update to authenticated
  using ((select is_editor())) with check ((select is_editor()));
create policy "members describe themselves" on members for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "editors remove members" on members for delete to authenticated using ((select is_editor()));

-- Nobody reads whose account it is, and roles change by set_role alone.
revoke all on members from anon, authenticated;
grant select (id, role, slug, name, bio) on members to anon, authenticated;
grant update (slug, name, bio) on members to authenticated;
grant delete on members to authenticated;

-- Makes an account a member: by an editor, or by the owner in `galley sql`, who has no
-- account. Gives the new member's id; null when there is no such account, or it is one
-- already.
create function add_member(email text, name text, role text default 'author') returns bigint
language sql security definer set search_path = '' as $$
  insert into public.members (user_id, name, role, slug)
    select u.id, btrim($2), $3, 'member-' || (select count(*) + 1 from public.members) || '-' || left(u.id::text, 4)
      from auth.users u
     where lower(u.email) = lower(btrim($1)) and (auth.uid() is null or public.is_editor())
  on conflict (user_id) do nothing
  returning id
$$;

-- Changes a role; the last editor stays one.
create function set_role(member bigint, role text) returns boolean
language sql security definer set search_path = '' as $$
  update public.members m set role = $2
   where m.id = $1 and (auth.uid() is null or public.is_editor())
     and ($2 = 'editor' or exists (select 1 from public.members o where o.role = 'editor' and o.user_id is not null and o.id <> m.id))
  returning true
$$;

revoke execute on function add_member(text, text, text), set_role(bigint, text) from public, anon;
grant execute on function add_member(text, text, text), set_role(bigint, text) to authenticated, service_role;

-- Where a member's mail goes. Accounts are not the service role's to read.
create function email_of(member bigint) returns text language sql stable security definer set search_path = '' as $$
  select u.email from public.members m join auth.users u on u.id = m.user_id where m.id = $1
$$;
revoke execute on function email_of(bigint) from public, anon, authenticated;
grant execute on function email_of(bigint) to service_role;

-- What the blog is called: one row.
create table site (
  one boolean primary key default true check (one),
  title text not null check (length(btrim(title)) between 1 and 80),
  tagline text not null default '' check (length(tagline) <= 200),
  language text not null default 'en' check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  changed_at timestamptz not null default now()
);
alter table site enable row level security;
create policy "anyone reads it" on site for select using (true);
create policy "editors change it" on site for update to authenticated
  using ((select is_editor())) with check ((select is_editor()));
revoke all on site from anon, authenticated;
grant select on site to anon, authenticated;
grant update (title, tagline, language) on site to authenticated;
insert into site (title, tagline) values ('Field Notes', 'Small things, looked at closely.');
