-- setup
create table o (id integer primary key, a integer, b text);
insert into o values (1, 3, 'x'), (2, null, 'y'), (3, 1, null), (4, 3, 'a'), (5, null, null), (6, 2, 'B');

-- ordered
select id, a from o order by a, id

-- ordered
select id, a from o order by a desc, id

-- ordered
select id, a from o order by a nulls first, id

-- ordered
select id, a from o order by a desc nulls last, id desc

-- ordered
select id, b from o order by b, id

-- ordered
select id, b from o order by b desc, id

-- ordered
select id from o order by 1 desc

-- ordered
select a as z, id from o order by z, id

-- ordered
select id as a from o order by a

-- ordered
select id, -a as neg from o order by neg, id

select id from o order by a + nope

select id from o order by 5

select id from o order by 0

-- refused
select z + 1 from (select a as z from o) q order by q

-- ordered
select id from o order by id limit 2

-- ordered
select id from o order by id limit 2 offset 3

-- ordered
select id from o order by id offset 4

select id from o order by id limit 0

-- ordered
select id from o order by id limit null

-- ordered
select id from o order by id limit all offset null

select id from o order by id limit -1

select id from o order by id offset -1

select id from o limit 'x'

-- args: ["2", "1"]
-- ordered
select id from o order by id limit $1 offset $2

-- args: [null]
-- ordered
select id from o order by id limit $1

-- args: ["-1"]
select id from o order by id limit $1

-- ordered
select id from o order by case when a is null then 0 else 1 end, id

-- ordered
select id from o order by lower(b), id

-- ordered
select id from o order by a is null, a, id desc

-- ordered
select id from o order by id limit 1 + 1

select id from o order by id limit id

select count(*) from o

select count(a), count(*), min(a), max(a), sum(a), min(b), max(b) from o

select count(*), max(a), sum(a) from o where false

select sum(a), avg(a) from o

select sum(id::bigint) from o

select id, count(*) from o

select id from o where count(*) > 1

-- ordered
select id from o order by id fetch first 2 rows only
