-- What calls are signed with, by name. Only the owner sees it.
create table galley.secrets (
  name text primary key check (length(name) between 1 and 100),
  value text not null,
  created_at timestamptz not null default now()
);
revoke all on galley.secrets from public;
