-- setup
create table a (id integer primary key, v integer);
create table c (id integer primary key, a_id integer, v integer);
insert into a values (1, 10), (2, 20), (3, null), (4, 10);
insert into c values (1, 1, 10), (2, 1, 11), (3, 2, null), (4, null, 20), (5, 9, 10);

select id from a where id in (select a_id from c)

select id from a where id not in (select a_id from c)

select id from a where id not in (select a_id from c where a_id is not null)

select id from a where id not in (select a_id from c where false)

select id from a where v in (select v from c where v > 100)

select id from a where v not in (select v from c where c.v is not null)

select id from a where exists (select 1 from c where c.a_id = a.id)

select id from a where not exists (select 1 from c where c.a_id = a.id)

select id from a where v = (select v from c where c.id = 1)

select id from a where v = (select v from c where c.id = 99)

select id from a where v = (select v from c)

select id from a where v = (select v from c where c.a_id = a.id)

select (select v from c where c.id = 3)

select (select v from c where a_id = 1)

select (select 1, 2)

select id from a where id in (select id, v from c)

select id from a where v = any (select v from c)

select id from a where v > all (select v from c where v is not null)

select id from a where v <> all (select v from c)

select id from a where v > any (select v from c where v is not null)

select id from a where (id, v) in (select a_id, v from c)

select id from a where id = any ('{1,3}'::integer[])

-- args: ["{1,2}"]
select id from a where id = any ($1)

-- args: ["{1,x}"]
select id from a where id = any ($1)

select id, (select count(*) from c where c.a_id = a.id) from a

select id, (select v from c where c.a_id = a.id order by v desc nulls last limit 1) from a

select id from a where id = (select a_id from c where c.v = a.v limit 1)

select id from a where v in (10, null)

select id from a where v not in (10, null)

select a.id from a where exists (select 1 from c where a_id = a.id and exists (select 1 from a a2 where a2.v = c.v))

select x.id from (select id, v from a where v is not null) x where x.v > 10

select id from a where nope in (select id from c)

select id from a where id in (select nope from c)

-- # the inner name comes from outside
select id from a where id in (select v from c where a.v is null)

select id from c where id in (select c.id from a)

select id from a a1 where v = (select max(v) from a a2 where a2.id <= a1.id)

select id from a where id in ()

select id from a where id in (1, 'x')

select id from a where v in (select id from c where 1 / (c.id - c.id) = 1)
