-- The form of drop_queue with what is now found out by itself, and functions of
-- partitioned queues, which are refused in words.
create function pgmq.drop_queue(queue_name text, partitioned boolean)
returns boolean language sql security definer set search_path = '' as $$ select pgmq.drop_queue($1) $$;

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000')
returns void language plpgsql set search_path = '' as $$
begin
  raise feature_not_supported using message = 'partitioned queues are not supported', hint = 'Make one without partitions: select pgmq.create(…).';
end $$;
create function pgmq.convert_archive_partitioned(table_name text, partition_interval text default '10000', retention_interval text default '100000', leading_partition integer default 10)
returns void language plpgsql set search_path = '' as $$
begin
  raise feature_not_supported using message = 'partitioned archives are not supported', hint = 'Delete what is old: delete from pgmq.a_… where archived_at < …';
end $$;
create function pgmq.detach_archive(queue_name text)
returns void language plpgsql set search_path = '' as $$
begin
  raise feature_not_supported using message = 'an archive cannot be detached: pgmq is no extension here', hint = 'Copy what is to be kept into a table of your own.';
end $$;

revoke all on function pgmq.drop_queue(text, boolean), pgmq.create_partitioned(text, text, text),
  pgmq.convert_archive_partitioned(text, text, text, integer), pgmq.detach_archive(text) from public;
grant execute on function pgmq.drop_queue(text, boolean), pgmq.create_partitioned(text, text, text),
  pgmq.convert_archive_partitioned(text, text, text, integer), pgmq.detach_archive(text) to service_role;
