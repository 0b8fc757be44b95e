-- What readers say. A comment is held until somebody who may write the post approves
-- it. No address is asked for: what is not there cannot leak.
create table comments (
  id bigint generated always as identity primary key,
  post_id bigint not null references posts on delete cascade,
  user_id uuid default auth.uid() references auth.users on delete set null,
  name text not null check (length(btrim(name)) between 1 and 60),
  body text not null check (length(btrim(body)) between 2 and 5000),
  homepage text not null default '' check (length(homepage) <= 200), -- no person sees this field of the form
  state text not null default 'held' check (state in ('held', 'approved', 'spam')),
  reason text not null default '', -- why it was taken for spam
  sender text not null default '', -- a keyed hash of the address it came from, for the limit alone
  created_at timestamptz not null default now()
);
create index on comments (post_id, created_at, id);
create index on comments (state, id);
create index on comments (user_id);
create index on comments (sender, created_at);

create function takes_comments(post bigint) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.posts p where p.id = $1 and p.kind = 'post' and p.comments_open and p.published_at <= now())
$$;

create function is_published(post bigint) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.posts p where p.id = $1 and p.published_at <= now())
$$;

alter table comments enable row level security;
create policy "anyone reads what is approved" on comments for select using (state = 'approved' and is_published(post_id));
create policy "people read their own" on comments for select to authenticated using (user_id = (select auth.uid()));
create policy "who may write a post reads them all" on comments for select to authenticated using (may_edit(post_id));
create policy "anyone comments" on comments for insert
  with check (takes_comments(post_id) and user_id is not distinct from (select auth.uid()));
create policy "who may write a post moderates" on comments for update to authenticated using (may_edit(post_id)) with check (may_edit(post_id));
create policy "people delete their own" on comments for delete to authenticated using (user_id = (select auth.uid()) or may_edit(post_id));

-- The state is the function "comment"'s to say, and a moderator's to change.
revoke all on comments from anon, authenticated;
grant select (id, post_id, name, body, state, created_at) on comments to anon;
grant select (id, post_id, name, body, state, reason, created_at) on comments to authenticated;
grant insert (post_id, name, body, homepage) on comments to anon, authenticated;
grant update (state) on comments to authenticated;
grant delete on comments to authenticated;

-- The newsletter, by double opt-in: confirmed_at is set by the link in the first mail.
-- Only functions reach it.
create table subscribers (
  id bigint generated always as identity primary key,
  email text not null unique check (length(email) <= 254),
  token uuid not null unique default gen_random_uuid(),
  confirmed_at timestamptz,
  created_at timestamptz not null default now()
);
alter table subscribers enable row level security;
revoke all on subscribers from anon, authenticated;

-- Each post is announced once, which the primary key sees to; mailed_to is the last
-- subscriber whose mail is in the queue.
create table announcements (
  post_id bigint primary key references posts on delete cascade,
  announced_at timestamptz not null default now(),
  mailed_to bigint not null default 0
);
alter table announcements enable row level security;
revoke all on announcements from anon, authenticated;

-- What nobody looks at goes.
select cron.schedule('spam', '10 4 * * *', $$delete from comments where state = 'spam' and created_at < now() - interval '30 days'$$);
select cron.schedule('unconfirmed', '20 4 * * *', $$delete from subscribers where confirmed_at is null and created_at < now() - interval '7 days'$$);
