-- setup
create table src (id serial primary key, b text unique, n numeric(6,2), d date, v varchar(5)); insert into src (b, n, d, v) values ('x', 1.5, '2020-01-02', 'ab'), ('y', null, null, null)

create table ct1 as select id, b, id + 1 as n, 'x' as lit, null as nothing, 1.5::numeric(5,2) as d, v from src

select * from ct1 order by id

insert into ct1 (d) values (1.234) returning d

insert into ct1 (v) values ('abcdef')

create table ct2 (x, y) as select id, b from src with no data

select * from ct2

create table ct3 (x, y, z) as select id, b from src

create table ct4 (x) as select id, b from src

select * from ct4 order by x

create table if not exists ct1 as select 1

create table ct1 as select 1

select id, b into ct5 from src where id > 1

select * from ct5

create table ct6 as table src

-- # nothing but columns is copied
insert into ct6 (id) values (1), (1), (null)

create table ct7 as values (1, 'a'), (2, 'b')

select * from ct7 order by column1

create table ct8 as select 1 as a, 2 as a

-- refused
create temp table tt as select 1

create table ct9 as select current_user as u, now() as n, sum(id) as s from src

select s, u = current_user, n <= now() from ct9

-- refused
create materialized view mv as select 1

create table "Odd Name" as select 1 as "Odd Col", 2 as "select"

select "Odd Col", "select" from "Odd Name"

create table agg as select b, count(*) from src group by b order by b

select * from agg order by b

-- role: anon
create table denied as select 1 as a

-- role: anon
select 1 as a into denied

-- tx: rollback
create table rolled as select * from src; select count(*) from rolled; insert into rolled select * from src; select count(*) from rolled

select * from rolled

create table nope.t as select 1 as a

create table bad as select nope from src

create table bad as select 1/0 as x

select * from bad

with w as (select 1 as a) select a into fromwith from w

select * from fromwith
