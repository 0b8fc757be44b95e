-- setup
create type mood as enum ('sad', 'ok', 'happy');
create type empty as enum ();
create table person (id integer primary key, m mood not null default 'ok', n mood);
insert into person values (1, 'happy', null), (2, 'sad', 'ok'), (3, default, 'sad'), (4, 'happy', 'happy');
create index person_m on person (m)

-- ordered
select * from person order by id

-- ordered
select id, m from person order by m, id

-- ordered
select id, n from person order by n desc nulls last, id desc

-- ordered
select id from person where m = 'happy' order by id

-- ordered
select id from person where m > 'sad' order by id

-- ordered
select id from person where 'sad' < m order by id

-- ordered
select id from person where m in ('sad', 'ok') order by id

-- ordered
select id from person where m between 'sad' and 'ok' order by id

-- ordered
select id from person where m = n order by id

-- ordered
select id from person where m is distinct from n order by id

select id from person where m = 'angry'

select id from person where m = 'HAPPY'

select id from person where m = 1

select id from person where m = 'ok'::text

-- ordered
select id from person where m::text = 'ok' order by id

-- ordered
select id from person where m::text like '%a%' order by id

-- ordered
select id, m || '!' from person order by id

-- ordered
select id, length(m::text) from person order by id

select upper(m) from person

-- ordered
select m, count(*) from person group by m order by m

-- ordered
select distinct m from person order by 1 desc

select min(m), max(m), count(m), count(distinct m) from person

select min(n), max(n), count(n) from person where id = 1

-- ordered
select id, greatest(m, n), least(m, n) from person order by id

-- ordered
select id, coalesce(n, m), nullif(m, 'ok') from person order by id

-- ordered
select case m when 'sad' then 1 when 'ok' then 2 else 3 end from person order by id

-- ordered
select 'sad'::mood, cast('ok' as mood), mood 'happy', null::mood

select 'angry'::mood

select ''::mood

select 'sad'::mood < 'ok'::mood, 'sad'::mood = 'sad', 'ok' > 'sad'::mood

-- ordered
select id, (case when id > 1 then 'sad' else 'ok' end)::mood from person order by id

-- ordered
select t::mood from (values ('sad'), ('ok')) v(t) order by 1 desc

select t::mood from (values ('sad'), ('nope')) v(t)

select 1::mood

select 'sad'::mood::integer

select enum_first(null::mood), enum_last(null::mood), enum_first(m), enum_last(m) from person where id = 2

select enum_first(null::empty)

-- ordered
select enum_larger(m, 'ok'), enum_smaller(m, 'ok'), enum_cmp(m, 'ok') from person order by id

-- refused
select pg_typeof('sad'::mood)

-- ordered
select row_to_json(p) from person p order by id

select json_agg(m order by id) from person

select jsonb_build_object('m', m) from person where id = 1

select to_json(m), to_jsonb(m) from person where id = 1

-- ordered
select r.* from json_to_recordset('[{"id": 1, "m": "sad"}, {"m": null}]') as r(id int, m mood)

select * from json_to_recordset('[{"m": "angry"}]') as r(m mood)

select string_agg(m::text, ',' order by m desc) from person

insert into person values (5, 'sad', 'nope')

insert into person (id) values (5) returning *

insert into person values (6, null)

update person set m = 'happy' where id = 5 returning id, m

update person set m = n where id = 2 returning id, m

update person set m = 'x' where id = 5

update person set m = 'sad'::text where id = 5

insert into person select 7, x from (values ('ok')) v(x)

insert into person select 7, x::mood from (values ('ok')) v(x) returning *

delete from person where m = 'ok' and id = 7 returning id

-- setup
create table task (id integer primary key, state mood, check (state <> 'sad'), unique (state));
create table child (s mood references task (state));
insert into task values (1, 'ok'), (2, 'happy');
insert into child values ('ok')

insert into task values (3, 'sad')

insert into task values (3, 'ok')

insert into child values ('sad')

delete from task where id = 1

-- ordered
select t.id, c.s from task t left join child c on c.s = t.state order by t.id

create type mood as enum ('a')

create type person as enum ('a')

create type x as enum ('a', 'a')

create type public.x as enum ('0123456789012345678901234567890123456789012345678901234567890123')

create type nosuch.x as enum ('a')

create table mood (id integer)

alter type mood add value 'sad'

alter type mood add value if not exists 'sad'

alter type mood add value 'x' before 'nope'

alter type nope add value 'x'

alter type integer add value 'x'

alter type mood add value 'meh' before 'ok'

alter type mood add value 'glad' after 'ok'

alter type mood add value 'best'

alter type mood add value 'worst' before 'sad'

alter type mood add value if not exists 'best'

insert into person values (10, 'meh'), (11, 'glad'), (12, 'best'), (13, 'worst')

-- ordered
select id, m from person order by m, id

-- ordered
select id from person where m > 'meh' and m < 'best' order by id

select min(m), max(m) from person

select enum_first(null::mood), enum_last(null::mood)

alter type mood rename value 'nope' to 'x'

alter type mood rename value 'meh' to 'sad'

alter type mood rename value 'meh' to 'so-so'

-- ordered
select id, m from person where m in ('so-so', 'glad') order by m

select 'meh'::mood

alter type mood rename value 'ok' to 'fine'

insert into person (id) values (20) returning m

drop type mood

drop type nope

drop type if exists nope

drop type integer

drop type person

alter type mood rename to person

alter type mood rename to empty

-- setup
create type color as enum ('red', 'green');
create schema s;
create type s.color as enum ('blue');
create table paint (id integer primary key, c color default 'red', d s.color)

insert into paint values (1, default, 'blue') returning *

select c = d from paint

select 'blue'::s.color, 'red'::color, 'red'::public.color

select 'red'::s.color

alter type s.color rename to hue

insert into paint values (2, 'green', 'blue') returning *

select 'blue'::s.color

alter type color set schema s

select 'red'::s.color

select 'red'::color

insert into paint values (3, 'green', 'blue') returning *

drop type s.color

drop type s.color cascade

-- ordered
select * from paint order by id

-- setup
create table conv (id integer primary key, t text, k mood);
insert into conv values (1, 'sad', 'sad'), (2, 'best', 'best'), (3, null, null)

alter table conv alter column t type mood using t::mood

-- ordered
select id, t, t > 'sad' from conv order by id

alter table conv alter column k type text

-- ordered
select id, k, k || 'x' from conv order by id

alter table conv alter column k type mood

alter table conv add column z mood default 'glad'

-- ordered
select * from conv order by id

alter table conv add column y mood default 'nope'

alter table conv alter column t set default 'worst'

insert into conv (id) values (9) returning *

-- setup
create view moods as select id, m from person where m >= 'sad'

-- ordered
select * from moods order by m, id

-- setup
create policy p on person using (m <> 'sad');
alter table person enable row level security;
grant select on person to anon

-- role: anon
-- ordered
select id, m from person order by id

comment on type mood is 'a mood'

alter type mood owner to postgres

-- refused
create domain d as integer

-- refused
create type comp as (a integer, b text)

-- refused
create type rng as range (subtype = integer)

create table mood (id integer)

create view mood as select 1 as a

alter table paint rename to mood

alter view moods rename to mood

-- setup
drop policy p on person;
alter table person disable row level security;
create schema gone;
create type gone.state as enum ('on', 'off');
create table gone.lamp (id integer primary key, s gone.state);
create table lamps (id integer primary key, s gone.state default 'on');
insert into lamps values (1, 'off')

drop schema gone

drop type gone.state

alter schema gone rename to went

select 'off'::went.state

-- ordered
select * from lamps

drop schema went cascade

-- ordered
select * from lamps

-- setup
create table doc (id integer primary key, k mood, note text, check (k <> 'worst' or note is not null));
insert into doc values (1, 'sad', 'x')

insert into doc values (2, 'worst', null)

insert into doc values (3, 'worst', 'y') returning *

alter type mood add value 'middle' before 'best'

insert into doc values (4, 'middle', null), (5, 'best', null)

-- ordered
select id, k from doc where k >= 'middle' order by k

-- refused
create index doc_k on doc (lower(k::text))

-- refused
alter table doc add check (k::text <> 'sad2')

-- ordered
select d.id, count(p.id) from doc d left join person p on p.m = d.k group by d.id order by d.id

-- ordered
select k from doc union select m from person order by 1

-- ordered
with w as (select k from doc) select max(k) from w

select k from doc where k = any (array['sad', 'best']::mood[]) order by k

select array_agg(k order by k) from doc

-- tx: commit
alter type mood add value 'fresh';
select 'fresh'::mood

-- tx: commit
alter type mood add value 'fresher' after 'sad';
select count(*) from doc where k < 'best';
insert into doc values (30, 'fresher', null)

-- tx: commit
create type own as enum ('a');
alter type own add value 'b';
select 'b'::own, 'a'::own < 'b'

alter type mood add value 'later' after 'sad'

select 'later'::mood, 'later'::mood < 'ok'

-- tx: commit
alter type mood add value 'c';
select t::mood from (values ('c')) v(t)

-- setup
create type own as enum ('a')

-- tx: rollback
alter type mood add value 'undone';
alter type mood rename value 'later' to 'blue';
create type temp_type as enum ('x', 'y');
create table with_temp (a temp_type default 'x');
insert into with_temp values (default), ('y') returning a::text

select 'undone'::mood

select 'sad'::mood

select 'x'::temp_type

-- args: ["sad"]
-- ordered
select id from doc where k = $1 order by id

-- args: ["angry"]
select id from doc where k = $1

-- types: ["mood"]
-- args: ["best"]
select $1 as v, $1 > 'sad' as later

-- args: ["best"]
select $1::mood as v

-- args: [31, "best"]
insert into doc (id, k) values ($1, $2) returning id, k

-- args: ["nope"]
update doc set k = $1 where id = 31

-- ordered
select * from doc order by k, id

-- setup
create table many (id integer primary key, ms mood[] default '{fine,best}');
create type pace as enum ('slow', 'fast', 'a "b"', 'x,y');
insert into many values (1, '{sad,fine}'), (2, array['best', 'fine']::mood[]), (3, '{}'), (4, null)

insert into many (id) values (5) returning *

-- ordered
select id, ms, ms[1], ms[1] < 'best', array_length(ms, 1) from many order by id

-- ordered
select id, m from many, unnest(ms) m order by id, m desc

-- ordered
select id from many where 'best' = any (ms) order by id

-- ordered
select id from many where ms @> array['fine']::mood[] order by id

insert into many values (9, '{nope}')

-- ordered
select * from many order by ms, id

select array_agg(k order by k) from doc

select array['fast', 'slow', 'a "b"', 'x,y', null]::pace[]

select to_json(array['fast', 'a "b"']::pace[]), to_json('a "b"'::pace)

select enum_range(null::pace)

select enum_range('fast'::pace, null), enum_range(null, 'fast'::pace), enum_range('fast'::pace, 'x,y'), enum_range('x,y'::pace, 'slow')

-- ordered
select unnest(enum_range(null::pace))

-- ordered
select e, n from unnest(enum_range(null::pace)) with ordinality as r(e, n)

select enum_range(null::empty)

select row_to_json(m) from many m where id = 1

drop type pace

select 'x,y'::pace
