-- Calls from SQL as pg_net makes them: the functions give the id of a request,
-- which is a job of queue "net"; its answer is in net._http_response for 6 hours.
-- A call is made once, after the transaction is committed.
create schema net;

create function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'GET', 'url', $1, 'params', $2, 'headers', $3, 'body', null,
    'timeout_milliseconds', $4), 1)
  returning id
$$;
revoke all on function net.http_get(text, jsonb, jsonb, integer) from public;
grant execute on function net.http_get(text, jsonb, jsonb, integer) to service_role;

create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'POST', 'url', $1, 'params', $3, 'headers', $4, 'body', $2::text,
    'timeout_milliseconds', $5), 1)
  returning id
$$;
revoke all on function net.http_post(text, jsonb, jsonb, jsonb, integer) from public;
grant execute on function net.http_post(text, jsonb, jsonb, jsonb, integer) to service_role;

create function net.http_delete(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000, body jsonb default null)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'DELETE', 'url', $1, 'params', $2, 'headers', $3, 'body', $5::text,
    'timeout_milliseconds', $4), 1)
  returning id
$$;
revoke all on function net.http_delete(text, jsonb, jsonb, integer, jsonb) from public;
grant execute on function net.http_delete(text, jsonb, jsonb, integer, jsonb) to service_role;

create view net._http_response as
select j.id, (j.result ->> 'status')::integer as status_code, j.result -> 'headers' ->> 'content-type' as content_type,
  j.result -> 'headers' as headers, j.result ->> 'body' as content,
  j.result is null and coalesce(j.errors -> -1 ->> 'error', '') like 'Timeout of %' as timed_out,
  case when j.result is null then j.errors -> -1 ->> 'error' end as error_msg, j.finished_at as created
from galley.jobs j
where j.queue = 'net' and j.kind = 'http' and j.state in ('completed', 'discarded')
  and j.finished_at > now() - interval '6 hours';
revoke all on net._http_response from public;
grant select on net._http_response to service_role;

grant usage on schema net to service_role;
