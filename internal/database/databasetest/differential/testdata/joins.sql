-- setup
create table a (id integer primary key, x text, n numeric);
create table b (id bigint primary key, x text, a_id integer, d numeric);
create table c (id smallint, y text, x varchar(5));
insert into a values (1, 'p', 1.0), (2, 'q', 2.50), (3, null, null), (4, 'p', 1.00);
insert into b values (1, 'p', 1, 1.00), (2, 'r', 1, 2.5), (5, null, 9, 0), (3, 'q', null, null);
insert into c values (1, 'one', 'p'), (1, 'uno', 'q'), (null, 'none', null), (7, 'seven', 'p');

select * from a join b using (id)

select * from a left join b using (id)

select * from a right join b using (id)

select * from a full join b using (id)

select id, a.id, b.id, a.x, b.x from a full join b using (id)

select * from a join b using (x)

select * from a full join b using (x, id)

select * from a natural join b

select * from a natural left join b

select * from a natural full join c

select * from a natural join (select 1 as zz) z

select * from a join b using (id) join c using (id)

select * from a left join b using (id) left join c using (id)

select * from a full join b using (id) full join c using (id)

select id, count(*) from a full join b using (id) full join c using (id) group by id

select * from a join b using (nope)

select * from a join b using (n)

select * from a join b using (d)

select * from a join b using (id, id)

select * from (a join b on a.id = b.id) join c using (id)

select * from (a cross join c) join b using (id)

select x from a join b using (id)

select id from a, b

select j.* from (a join b using (id)) as j

select j.id, j.n, j.a_id from (a join b using (id)) as j

select a.id from (a join b using (id)) as j

select * from (a join b using (id)) as j(k, l, m, o, p, q)

select k, q from (a join b using (id)) as j(k, l, m, o, p, q) where k > 1

select * from (a join b using (id)) as j(k, l, m, o, p, q, r)

select k.id, a.n, k.* from a join b using (id) as k

select k.x from a join b using (id) as k

select * from (a join b on true) as j(one, two) where one = 1 and j.two = 'p'

select * from a join b using (id) as a

select id from a join b using (id) group by id

select a.x from a join b using (id) group by id

select a.x, count(*) from a join b using (id) group by a.id

select b.id from a join b using (id) group by id

select a.id from a left join b using (id) group by id

select a.id, id, b.id from a right join b using (id) order by id

-- ordered
select id, a.x as ax, b.x as bx from a full join b using (id) order by id desc nulls first

select x, y from a join c using (x) where y <> 'uno'

-- refused
select pg_typeof(x), pg_typeof(id) from a full join c using (x, id) limit 1

select count(*), count(id), count(a.id), count(b.id) from a full join b using (id)

select * from a a1 join a a2 using (id, x) join a a3 using (id)

select * from a where exists (select 1 from b join c using (id) where id = a.id)

select (select max(id) from b join c using (id) where b.id >= a.id) from a

select * from a join b on a.id = b.a_id join c on c.id = b.id

select * from a left join (b join c using (id)) on a.id = b.a_id

select * from a left join (b join c using (id)) using (id)

select a.* from a, c where a.id = c.id

select a.id, c.y from a cross join c where a.id < 2

select * from a inner join b on a.n = b.d

select * from a full join b on a.n = b.d and a.id > 1

select * from a left join b on false

select * from a left join b on null

select count(*) from a full join b on true

select count(*) from a full join b on false

select * from a full join b on a.id < b.id

select * from a right join b on a.id = b.id and b.x = 'p' where a.id is null

select t.column1, t.column2 from (values (1, 'a'), (2, 'b')) as t

select * from (values (1, 'a'), (2, null)) as v(n, s) join a on a.id = v.n

select v.n + 1, s || '!' from (values (1, 'a'), (2, null)) as v(n, s)

select * from (values (1), (2.5), (null)) v(n) order by n

select * from (values (1, 2)) v(a, b, c)

select * from (values (1, 2)) v(a)

select t1.id, t2.id from a as t1(id, y) join a as t2 on t1.y = t2.x and t1.id < t2.id

select id from a as t(k)

select z.k, z.x from a as z(k) where k = 2

select * from a, a

select * from a join a on true

select a.id from a as z

select x from a natural join b natural join c

select * from b join a using (id) where a.x = b.x

select * from a join b using (id) where id in (select id from c)

select sum(n) from a natural left join b

update a set x = x || '2' where id in (select id from a natural join c) returning *

select * from a
