-- To-do lists. One without an owner is public: everybody who opens the page sees
-- and edits it. One with an owner is private to that account. auth.uid() is null
-- for a visitor without an account, so what such a visitor makes is public.

create table lists (
  id         bigint generated always as identity primary key,
  name       text not null check (length(name) between 1 and 60),
  owner      uuid default auth.uid(),
  created_at timestamptz not null default now()
);

create table todos (
  id         bigint generated always as identity primary key,
  list_id    bigint not null references lists (id) on delete cascade,
  title      text not null check (length(title) between 1 and 200),
  done       boolean not null default false,
  created_at timestamptz not null default now()
);

create index todos_list_id on todos (list_id);

-- Galley enables row-level security on every new table; until policies say
-- otherwise nobody but service_role sees a row.

create policy "public lists are everybody's" on lists
  for all to anon, authenticated
  using (owner is null) with check (owner is null);

create policy "private lists are their owner's" on lists
  for all to authenticated
  using (owner = auth.uid()) with check (owner = auth.uid());

-- The subquery is itself under the policies of lists, so this says: whoever may
-- use a list may use its to-dos.
create policy "to-dos go with their list" on todos
  for all to anon, authenticated
  using (list_id in (select id from lists))
  with check (list_id in (select id from lists));
