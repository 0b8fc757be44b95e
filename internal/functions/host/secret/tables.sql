create table galley.function_secrets (
  name text primary key check (length(name) between 1 and 100),
  sealed text not null,          -- AES-256-GCM, with a key made of the project's secret
  updated_at timestamptz not null default now()
);
revoke all on galley.function_secrets from public;
