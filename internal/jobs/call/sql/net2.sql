-- A call without an address is refused when it is made, as pg_net does, by the message of
-- its table.
create or replace function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'GET', 'url', {{url}}, 'params', $2, 'headers', $3, 'body', null,
    'timeout_milliseconds', $4), 1)
  returning id
$$;

create or replace function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'POST', 'url', {{url}}, 'params', $3, 'headers', $4, 'body', $2::text,
    'timeout_milliseconds', $5), 1)
  returning id
$$;

create or replace function net.http_delete(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000, body jsonb default null)
returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, max_attempts)
  values ('net', 'http', jsonb_build_object('method', 'DELETE', 'url', {{url}}, 'params', $2, 'headers', $3, 'body', $5::text,
    'timeout_milliseconds', $4), 1)
  returning id
$$;
