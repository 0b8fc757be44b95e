-- Work to show, in the order of position.
create table projects (
  id bigint generated always as identity primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
  title text not null check (length(btrim(title)) between 1 and 120),
  summary text not null default '' check (length(summary) <= 500),
  body text not null default '' check (length(body) <= 50000),
  picture text not null default '' check (picture = '' or picture ~ '^(https://|/)[^[:space:]]+$'),
  picture_text text not null default '' check (length(picture_text) <= 200), -- what it shows, for who does not see it
  links jsonb not null default '[]', -- [{"label": "…", "url": "…"}]
  position integer not null default 0,
  shown boolean not null default true,
  updated_at timestamptz not null default now() check (updated_at between '1900-01-01' and '2200-01-01')
);
alter table projects add check (jsonb_typeof(links) = 'array');

alter table projects enable row level security;
create policy "anyone reads what is shown" on projects for select using (shown);
create policy "editors change them" on projects for all to authenticated
  using ((select is_editor())) with check ((select is_editor()));
