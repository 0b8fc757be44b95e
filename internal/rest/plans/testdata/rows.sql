-- {n} is the number of tasks.
insert into teams select i, 'team ' || i from generate_series(0, {n} / 200 - 1) i;
insert into members select ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, i / 10, 'member' from generate_series(0, {n} / 20 - 1) i;
insert into projects select i, i / 10, 'project ' || i from generate_series(0, {n} / 20 - 1) i;
insert into tags select i, 'tag ' || i from generate_series(0, {n} / 1000 - 1) i;
insert into tasks select i, ('00000000-0000-4000-8000-' || lpad(to_hex(i % ({n} / 20)), 12, '0'))::uuid, i / 1000, i / 20,
	'title ' || lpad(i::text, 8, '0'), case when i % 10 < 7 then i / 10 end, ((i % 1000000) || '.50')::numeric,
	timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second', ('{"kind": "kind ' || i / 20 || '"}')::jsonb
	from generate_series(0, {n} - 1) i;
insert into comments select i, i * 20, ('00000000-0000-4000-8000-' || lpad(to_hex(i % ({n} / 20)), 12, '0'))::uuid, 'body ' || i
	from generate_series(0, {n} / 20 - 1) i;
insert into task_tags select i * 20, i % ({n} / 1000) from generate_series(0, {n} / 20 - 1) i;
