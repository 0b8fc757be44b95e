
create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

-- What became of a request. async false waits for its end, a minute at most.
create function net.http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result language plpgsql security definer set search_path = '' as $$
declare
  r record;
  job text;
  patience timestamptz := clock_timestamp() + interval '1 minute';
begin
  loop
    select * into r from net._http_response a where a.id = $1;
    exit when found;
    select j.state into job from galley.jobs j where j.id = $1 and j.queue = 'net' and j.kind = 'http';
    if job is null or job in ('completed', 'cancelled', 'discarded') then
      return ('ERROR', 'request matching request_id not found', null)::net.http_response_result;
    elsif async or clock_timestamp() > patience then
      return ('PENDING', 'request is pending processing', null)::net.http_response_result;
    end if;
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  if r.error_msg is not null then
    return ('ERROR', r.error_msg, null)::net.http_response_result;
  end if;
  return ('SUCCESS', 'ok', (r.status_code, r.headers, r.content)::net.http_response)::net.http_response_result;
end $$;
revoke all on function net.http_collect_response(bigint, boolean) from public;
grant execute on function net.http_collect_response(bigint, boolean) to service_role;
