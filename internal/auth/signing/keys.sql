create table galley.auth_signing_keys (
  id text primary key,          -- kid
  state text not null check (state in ('standby', 'in_use', 'previously_used')),
  public text not null,         -- JSON Web Key
  private text not null,        -- PKCS #8, sealed with a key made of the project's secret
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
revoke all on galley.auth_signing_keys from public;
create unique index auth_signing_keys_state on galley.auth_signing_keys (state) where state <> 'previously_used';
