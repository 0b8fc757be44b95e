-- The form of drop_queue with what is now found out by itself, and functions of
-- partitioned queues, which are refused in words.
create function pgmq.drop_queue(queue_name text, partitioned boolean)
returns boolean language sql security definer set search_path = '' as $$ select pgmq.drop_queue($1) $$;
revoke all on function pgmq.drop_queue(text, boolean) from public;
grant execute on function pgmq.drop_queue(text, boolean) to service_role;

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000')
returns void language sql set search_path = '' as $$
  select galley_docs.raise('0A000', 'partitioned queues are not supported', 'Make one without partitions: select pgmq.create(…).')
$$;
revoke all on function pgmq.create_partitioned(text, text, text) from public;
grant execute on function pgmq.create_partitioned(text, text, text) to service_role;

create function pgmq.convert_archive_partitioned(table_name text, partition_interval text default '10000', retention_interval text default '100000', leading_partition integer default 10)
returns void language sql set search_path = '' as $$
  select galley_docs.raise('0A000', 'partitioned archives are not supported', 'Delete what is old: delete from pgmq.archived where archived_at < …')
$$;
revoke all on function pgmq.convert_archive_partitioned(text, text, text, integer) from public;
grant execute on function pgmq.convert_archive_partitioned(text, text, text, integer) to service_role;

create function pgmq.detach_archive(queue_name text)
returns void language sql set search_path = '' as $$
  select galley_docs.raise('0A000', 'an archive cannot be detached: pgmq is no extension here', 'Copy what is to be kept into a table of your own.')
$$;
revoke all on function pgmq.detach_archive(text) from public;
grant execute on function pgmq.detach_archive(text) to service_role;
