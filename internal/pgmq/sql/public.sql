-- The functions by which clients of Supabase's queues use pgmq over HTTP
-- (https://supabase.com/docs/guides/queues), once api.schemas names this schema.
create schema pgmq_public;

create function pgmq_public.send(queue_name text, message jsonb, sleep_seconds integer default 0)
returns setof bigint language sql set search_path = '' as $$ select * from pgmq.send($1, $2, $3) $$;
create function pgmq_public.send_batch(queue_name text, messages jsonb[], sleep_seconds integer default 0)
returns setof bigint language sql set search_path = '' as $$ select * from pgmq.send_batch($1, $2, $3) $$;
create function pgmq_public.read(queue_name text, sleep_seconds integer, n integer)
returns setof pgmq.message_record language sql set search_path = '' as $$ select * from pgmq.read($1, $2, $3) $$;
create function pgmq_public.pop(queue_name text)
returns setof pgmq.message_record language sql set search_path = '' as $$ select * from pgmq.pop($1) $$;
create function pgmq_public.archive(queue_name text, message_id bigint)
returns boolean language sql set search_path = '' as $$ select pgmq.archive($1, $2) $$;
create function pgmq_public.delete(queue_name text, message_id bigint)
returns boolean language sql set search_path = '' as $$ select pgmq.delete($1, $2) $$;

revoke all on function pgmq_public.send(text, jsonb, integer), pgmq_public.send_batch(text, jsonb[], integer),
  pgmq_public.read(text, integer, integer), pgmq_public.pop(text), pgmq_public.archive(text, bigint), pgmq_public.delete(text, bigint) from public;
grant execute on function pgmq_public.send(text, jsonb, integer), pgmq_public.send_batch(text, jsonb[], integer),
  pgmq_public.read(text, integer, integer), pgmq_public.pop(text), pgmq_public.archive(text, bigint), pgmq_public.delete(text, bigint) to service_role;
grant usage on schema pgmq_public to service_role;
