-- Categories stand in one another; parent_id null is at the top. The function
-- "category" refuses a category within itself.
create table categories (
  id bigint generated always as identity primary key,
  parent_id bigint references categories on delete restrict,
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
  name text not null check (length(btrim(name)) between 1 and 80),
  description text not null default '' check (length(description) <= 500),
  check (parent_id <> id)
);
create index on categories (parent_id);

alter table categories enable row level security;
create policy "anyone reads them" on categories for select using (true);
create policy "editors change them" on categories for all to authenticated
  using ((select is_editor())) with check ((select is_editor()));

-- Posts, and pages such as "About", which are posts without a date in the list.
--
-- What is published is a matter of time and of nothing else: published_at null is a
-- draft, a time to come is scheduled, a time past is published. No job has to run for a
-- post to appear, so it is never late. Tags are in the row: a save is one statement,
-- and a version has them too.
create table posts (
  id bigint generated always as identity primary key,
  kind text not null default 'post' check (kind in ('post', 'page')),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  title text not null check (length(btrim(title)) between 1 and 200),
  summary text not null default '' check (length(summary) <= 500),
  body text not null default '' check (length(body) <= 100000),
  tags text[] not null default '{}' check (cardinality(tags) <= 12),
  category_id bigint references categories on delete set null,
  author_id bigint not null references members on delete restrict,
  published_at timestamptz check (published_at between '1900-01-01' and '2200-01-01'),
  comments_open boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by bigint references members on delete set null,
  unique (kind, slug)
);
create index on posts (kind, published_at desc, id desc);
create index on posts (category_id);
create index on posts (author_id);
create index on posts (updated_by);

-- Read like a column: GET /rest/v1/posts?select=title,state&state=eq.draft
create function state(posts) returns text language sql stable as $$
  select case when $1.published_at is null then 'draft' when $1.published_at > now() then 'scheduled' else 'published' end
$$;

-- Whether the caller may write the post: its author, and each editor.
create function may_edit(post bigint) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.posts p where p.id = $1 and (p.author_id = public.me() or public.is_editor()))
$$;

alter table posts enable row level security;
create policy "anyone reads what is published" on posts for select using (published_at <= now());
create policy "authors read their own" on posts for select to authenticated using (author_id = (select me()) or (select is_editor()));
create policy "members write" on posts for insert to authenticated
  with check (author_id = (select me()) or (select is_editor()));
create policy "authors change their own, editors all" on posts for update to authenticated
  using (author_id = (select me()) or (select is_editor())) with check (author_id = (select me()) or (select is_editor()));
create policy "authors delete their own, editors all" on posts for delete to authenticated
  using (author_id = (select me()) or (select is_editor()));

-- version, updated_at and updated_by are the function "post"'s.
revoke all on posts from anon, authenticated;
grant select on posts to anon, authenticated;
grant insert (kind, slug, title, summary, body, tags, category_id, author_id, published_at, comments_open) on posts to authenticated;
grant update (kind, slug, title, summary, body, tags, category_id, author_id, published_at, comments_open) on posts to authenticated;
grant delete on posts to authenticated;

-- What a save replaced, kept by the function "post" in the save's own transaction.
create table post_versions (
  post_id bigint not null references posts on delete cascade,
  version integer not null,
  title text not null,
  summary text not null,
  body text not null,
  tags text[] not null,
  category_id bigint,
  saved_at timestamptz not null,
  saved_by bigint references members on delete set null,
  primary key (post_id, version)
);
create index on post_versions (saved_by);
alter table post_versions enable row level security;
create policy "who may write a post reads its versions" on post_versions for select to authenticated using (may_edit(post_id));
revoke all on post_versions from anon, authenticated;
grant select on post_versions to authenticated;

-- The words of posts, each with its weight, by which people search: written by the
-- function "index", read by "site". PostgreSQL's own full-text search is not on the
-- embedded engine; this gives the same answer on both.
create table post_words (
  post_id bigint not null references posts on delete cascade,
  word text collate "C" not null, -- so that a beginning is a range of the key
  weight integer not null,
  primary key (word, post_id)
);
create index on post_words (post_id);
alter table post_words enable row level security;
revoke all on post_words from anon, authenticated;
