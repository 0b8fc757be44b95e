-- What Supabase's database webhooks called, for a day: schema supabase_functions.
create schema supabase_functions;

create table supabase_functions.hooks (
  id bigint generated always as identity primary key,
  hook_table_id integer not null,
  hook_name text not null,
  created_at timestamptz not null default now(),
  request_id bigint
);
revoke all on supabase_functions.hooks from public;
create index hooks_created on supabase_functions.hooks (created_at);
grant usage on schema supabase_functions to service_role;
grant select on supabase_functions.hooks to service_role;
