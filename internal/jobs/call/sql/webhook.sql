-- The trigger function of Supabase's database webhooks: it calls a URL with the row, by
-- net.http_post or net.http_get. Its arguments are the URL, the method, and as texts
-- the headers and the parameters, both JSON, and milliseconds.
create function supabase_functions.http_request()
returns trigger language plpgsql security definer set search_path = '' as $$
declare
  given text[] := array(select nullif(nullif(a, 'null'), '') from unnest(tg_argv) with ordinality as t(a, n) order by n);
  params jsonb := coalesce(given[4], '{}')::jsonb;
  headers jsonb := coalesce(given[3], '{"Content-Type": "application/json"}')::jsonb;
  patience integer := coalesce(given[5], '1000')::integer;
  request bigint;
begin
  if given[1] is null then
    raise exception 'url argument is missing';
  elsif given[2] is null then
    raise exception 'method argument is missing';
  elsif given[2] = 'GET' then
    request := net.http_get(given[1], params, headers, patience);
  elsif given[2] = 'POST' then
    request := net.http_post(given[1], jsonb_build_object('old_record', old, 'record', new, 'type', tg_op,
      'table', tg_table_name, 'schema', tg_table_schema), params, headers, patience);
  else
    raise exception 'method argument % is invalid', given[2];
  end if;
  -- What is older than a day goes, a few rows at a time.
  delete from supabase_functions.hooks h where h.id in
    (select o.id from supabase_functions.hooks o where o.created_at < now() - interval '1 day' order by o.created_at limit 10 for update skip locked);
  insert into supabase_functions.hooks (hook_table_id, hook_name, request_id) values (tg_relid::bigint::integer, tg_name, request);
  return coalesce(new, old);
end $$;
