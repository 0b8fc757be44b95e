-- Certificates, their private keys and the accounts at their authority.
create table galley.https_files (
  key text primary key check (length(key) between 1 and 500),
  sealed text not null,          -- AES-256-GCM, with a key made of the project's secret
  size bigint not null,          -- bytes of what is sealed
  modified_at timestamptz not null default now()
);
-- Which node is at what; a row whose time has come is nobody's.
create table galley.https_locks (
  name text primary key check (length(name) between 1 and 500),
  holder text not null,
  expires_at timestamptz not null
);
revoke all on galley.https_files from public;
revoke all on galley.https_locks from public;
