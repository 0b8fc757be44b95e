-- setup
create table a (id integer primary key, x text, y integer, n numeric(8,3));
create table b (x varchar(10), y bigint, n double precision, k smallint);
insert into a values (1, 'p', 1, 1), (2, 'q', null, 2.5), (3, null, 3, null), (4, 'p', 2, 1.000), (5, 'z', 9, -1);
insert into b values ('p', 1, 1, 1), ('q', null, 2.5, 2), (null, 3, 0, 3), ('r', 2, 7, null), ('p', 1, 1, 1);

select (1, 2) = (1, 2), (1, 2) = (1, 3), (1, 2) <> (1, 2), (1, 2) <> (2, 2), (1, 2) != (1, 1)

select (1, 2) < (1, 3), (1, 2) < (1, 2), (1, 2) <= (1, 2), (2, 1) > (1, 9), (1, 2) >= (1, 3)

select (1, null) = (1, 2), (1, null) = (2, 2), (null, 1) <> (1, 1), (1, null) <> (2, 2)

select (1, null) < (1, 2), (1, null) < (2, 2), (null, 1) < (1, 2), (2, null) < (1, 2), (1, 2) < (1, null), (1, null) <= (1, null)

select (1, 2, 3) < (1, 2, 4), (1, 2, 3) < (1, 3, null), (1, 2, null) >= (1, 2, 3), ('a', 1) < ('b', 0)

select row(1, 'a') = row(1, 'a'), row(1) = row(1), row(1, 2.0) = row(1.0, 2), (1, '2') = (1.0, 2)

select (1, 2) = (1, 2, 3)

select (1, 2) = (1, 'x')

select (1, 2) = (true, 2)

select row() = row()

select id from a where (x, y) = ('p', 1)

select id from a where (x, y) <> ('p', 1)

select id from a where (y, n) > (1, 1) or (y, n) < (1, 1)

-- ordered
select id from a where (y, id) > (1, 1) order by y, id

select id from a where (x, y) in (('p', 1), ('p', 2), ('q', 7))

select id from a where (x, y) not in (('p', 1), ('z', 9))

select id from a where (x, y) in (('p', null), ('q', null))

select id, (x, y) in (select x, y from b) from a

select id, (x, y) not in (select x, y from b) from a

select id, (x, y) in (select x, y from b where x is not null and y is not null) from a

select id, (y, n) in (select y, n from b) from a

select id, (x, y, n) in (select x, y, n from b) from a

select id, (x, y) in (select x, y from b where false), (x, y) not in (select x, y from b where false) from a

select id, (y, n) in (select y, n::numeric from b group by y, n) from a

select id from a where (x, y) in (select x from b)

select id from a where x in (select x, y from b)

select id from a where (x, y) in (select y, x from b)

select id from a where (id, y) in (select max(id), max(y) from a)

select id from a where (x, id) in (values ('p', 1), ('q', 2))

select id from a where (x, id) in (select x, k from b union select 'z', 5)

select (1, null) is null, (null, null) is null, (1, 2) is not null, (1, null) is not null

select id from a where (x, y) is not null

select id, y > any (select y from b), y > all (select y from b) from a

select id, y >= any (select y from b where y is not null), y >= all (select y from b where y is not null) from a

select id, y <> any (select y from b), y = all (select y from b) from a

select id, y = any (select y from b where false), y = all (select y from b where false), y < any (select y from b where false), y < all (select y from b where false) from a

select id, n = any (select n from b), n <> all (select n from b), n in (select n from b), n not in (select n from b) from a

select id, y in (select n from b), y in (select k from b), n in (select k from b), y in (select distinct n from b) from a

select id, x like any (select x || '%' from b), x like all (select '%' from b where x is not null) from a

select id, y < some (select k from b) from a

select id, y < any (select x from b) from a

select id, y + any (select y from b) from a

select id from a where not y = any (select y from b)

select id from a where y > all (select y from b b2 where b2.x = a.x)

select id from a where (y, id) > all (select y, k from b where y is not null and k is not null)

select id from a where (x, y) = any (select x, y from b)

select id, y > all (select y from a a2 where a2.id < a.id) from a

select id, n > all (select avg(n) from a) from a

select id, n >= any (select n from a union select 99) from a

select 1 > all (select 1/0 from b where false)

select null = any (select y from b), null in (select y from b), null in (select y from b where false), null = all (select y from b where false)

select '1' = any (select y from b), '1' = any (select x from b), 1 = any (select '1' from b)

-- args: [1]
select $1 in (select y from b), $1 > all (select k from b where k is not null)

select a.id from a join b on (a.x, a.y) = (b.x, b.y)

select a.id, b.k from a left join b on (a.y, a.n) >= (b.y, b.n)

-- refused
select id from a order by (y, id)

update a set y = 100 where (x, y) in (select x, y from b) returning id

delete from a where y > all (select y from b where y is not null) returning id, y
