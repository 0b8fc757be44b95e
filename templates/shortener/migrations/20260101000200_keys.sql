-- Keys by which programs make links. Only the hash of one is kept: it is shown once.
create table api_keys (
  id           bigint generated always as identity primary key,
  owner        uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name         text not null check (length(name) between 1 and 100),
  hash         text not null unique,
  start        text not null,                    -- its first letters, to tell keys apart
  per_minute   integer not null default 60 check (per_minute between 1 and 600),
  created_at   timestamptz not null default now(),
  last_used_at timestamptz
);
create index api_keys_owner on api_keys (owner);

create policy "one's own keys" on api_keys for select to authenticated using (owner = (select auth.uid()));
create policy "one's own keys go" on api_keys for delete to authenticated using (owner = (select auth.uid()));

revoke all on api_keys from anon, authenticated;
grant select (id, owner, name, start, per_minute, created_at, last_used_at) on api_keys to authenticated;
grant delete on api_keys to authenticated;

-- Words that are paths of this app or of Galley, or that somebody could be deceived by.
insert into reserved (look)
select distinct look_of(word) from unnest(array['account', 'admin', 'api', 'app', 'auth', 'billing', 'contact', 'docs', 'dev', 'favicon', 'functions', 'galley',
  'graphql', 'health', 'help', 'import', 'index', 'keys', 'legal', 'link', 'links', 'login', 'logout', 'metrics', 'openapi', 'password', 'pay', 'payment', 'privacy',
  'qr', 'ready', 'realtime', 'rest', 'robots', 'secure', 'security', 'settings', 'sign-in', 'signin', 'signup', 'status', 'storage', 'support', 'terms', 'verify', 'well-known', 'www']) word;

-- Others that shorten: a chain of them hides where it ends.
insert into denied_hosts (host) values ('bit.ly'), ('tinyurl.com'), ('t.co'), ('goo.gl'), ('is.gd'), ('ow.ly'), ('cutt.ly'), ('rebrand.ly'), ('example.invalid');
