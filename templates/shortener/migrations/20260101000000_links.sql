-- Links and their clicks. Links are written by functions/links alone, which checks where
-- they lead; whose they are, and who reads them, is the database's to say.

-- look is a slug as it looks at a glance: two links that could be taken for each other
-- cannot both be there, nor one that looks like a word that is kept.
create function look_of(slug text) returns text language sql immutable as $$
  select translate(replace(replace(slug, 'rn', 'm'), 'vv', 'w'), '01l5-_', 'oiis')
$$;

create table reserved (
  look text primary key
);

create table denied_hosts (
  host text primary key check (host = lower(host)) -- and all below it
);

create table links (
  id         bigint generated always as identity primary key,
  owner      uuid not null default auth.uid() references auth.users (id) on delete cascade,
  slug       text not null unique check (slug ~ '^[a-z0-9][a-z0-9_-]{2,49}$'),
  look       text not null unique generated always as (translate(replace(replace(slug, 'rn', 'm'), 'vv', 'w'), '01l5-_', 'oiis')) stored,
  target     text not null check (target ~ '^https?://' and length(target) <= 4000),
  title      text not null default '' check (length(title) <= 200),
  password   text, -- its hash
  locked     boolean not null generated always as (password is not null) stored,
  expires_at timestamptz,
  max_clicks integer check (max_clicks between 1 and 1000000),
  disabled   boolean not null default false,
  created_at timestamptz not null default now(),
  -- What a redirect needs no function for: galley.toml asks for it.
  direct     boolean not null generated always as
    (not disabled and password is null and expires_at is null and max_clicks is null) stored
);
create index links_owner on links (owner, id);

-- used counts the clicks of links with a limit. A table of its own, since each change of
-- links empties what is kept of it in memory.
create table link_uses (
  link bigint primary key references links (id) on delete cascade,
  used integer not null default 0
);

create table clicks (
  id       bigint generated always as identity primary key,
  link     bigint not null references links (id) on delete cascade,
  at       timestamptz not null default now(),
  referrer text,
  agent    text,
  country  text,
  visitor  text
);
create index clicks_link on clicks (link, at);

create policy "one's own links" on links for select to authenticated using (owner = (select auth.uid()));
create policy "one's own links go" on links for delete to authenticated using (owner = (select auth.uid()));
create policy "uses of one's own links" on link_uses for select to authenticated
  using (exists (select 1 from links l where l.id = link));
create policy "clicks of one's own links" on clicks for select to authenticated
  using (exists (select 1 from links l where l.id = link));

revoke all on links, link_uses, clicks, reserved, denied_hosts from anon, authenticated;
grant select (id, owner, slug, target, title, locked, expires_at, max_clicks, disabled, created_at, direct) on links to authenticated;
grant delete on links to authenticated;
grant select on link_uses, clicks to authenticated;

-- use counts a click of a link with a limit, and tells whether there was one left.
create function use_link(link bigint, most integer) returns boolean language sql security definer set search_path = '' as $$
  with counted as (
    insert into public.link_uses as u (link, used) values ($1, 1)
    on conflict (link) do update set used = u.used + 1 where u.used < $2
    returning 1)
  select exists (select 1 from counted)
$$;
revoke execute on function use_link(bigint, integer) from public, anon, authenticated;
grant execute on function use_link(bigint, integer) to service_role;
