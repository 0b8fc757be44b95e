create {{unlogged}} table galley.function_cache (
  key text primary key check (octet_length(key) between 1 and 512),
  value text not null,             -- JSON
  size integer not null,           -- bytes of key and value
  expires_at timestamptz not null
);
revoke all on galley.function_cache from public;
create index function_cache_expires on galley.function_cache (expires_at);
