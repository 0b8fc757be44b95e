-- setup
create type mood as enum ('sad', 'ok', 'happy', 'very happy');
create table p (id integer primary key, m mood, ms mood[] default '{ok}', vs varchar(5)[]);
create index p_m on p (m);
insert into p (id, m, ms) values (1, 'happy', '{sad,ok}'), (2, 'sad', '{}'), (3, null, null), (4, 'ok', '{"very happy",NULL}'), (5, 'very happy', default);

select * from p

-- ordered
select id, ms from p order by ms nulls first, id

select id from p where m = any('{happy,sad}')

-- args: ["{happy,ok}"]
select id from p where m = any($1)

-- args: ["{happy,none}"]
select id from p where m = any($1)

-- args: ["{happy,none}"]
select id from p where m = any($1::text[]::mood[])

select id from p where m <> all('{happy,sad}')

select id from p where 'ok' = any(ms)

select id from p where m > any(ms)

select id from p where ms @> '{ok}'

select id from p where ms && array['very happy']::mood[]

select id, ms[1], ms[1:1], cardinality(ms), ms::text, ms::text[], array_to_string(ms, '|', '-') from p

select array_agg(m order by m), array_agg(distinct m) from p

select unnest(ms) from p

select row_to_json(p) from p

select array['sad', 'ok']::mood[], '{sad,happy}'::mood[] || 'ok', array_append('{sad}'::mood[], 'ok'), array_position('{sad,ok}'::mood[], 'ok'), array_remove('{sad,ok}'::mood[], 'sad')

select '{sad,none}'::mood[]

select '{sad,ok}'::mood[] < '{sad,happy}'::mood[], '{sad}'::mood[] = '{sad}'

select min(ms), max(ms) from p

select ms, count(*) from p group by ms

select distinct ms from p

select greatest(ms, '{ok}') from p

update p set ms[1] = 'happy' where id = 1 returning ms

update p set ms[1] = 'none' where id = 1

update p set ms = ms || m where m is not null returning id, ms

insert into p (id, ms) values (6, array['sad', 'nothing'])

insert into p (id, ms) values (6, array['sad', 'ok']) returning ms

insert into p (id, vs) values (7, '{abc,abcdef}')

insert into p (id, vs) values (7, array['abc','abcde']) returning vs

-- args: ["{abc,abcde}"]
select $1::varchar(3)[], $1::varchar(2)[]

select id from p where m = any(array['sad'::mood, 'ok'])

select id from p where m in ('sad', 'ok')

select array(select m from p order by m desc)

select coalesce(ms, '{}') from p

select m = any(ms) from p

select to_json(ms), to_jsonb(ms), array_to_json(ms) from p where id = 4
