-- setup
create table customers (id integer primary key, name text not null, email varchar(40) unique, city text, credit numeric(10,2) default 0, born date, tags jsonb default '[]', vip boolean);
create table products (id smallint primary key, sku char(6) unique, name varchar(20) not null check (name <> ''), price numeric(8,2) check (price >= 0), weight real, stock integer default 0 not null);
create table orders (id bigint primary key, customer_id integer references customers on delete cascade on update cascade, at timestamptz not null default '2026-01-01 00:00+00', note text);
create table lines (order_id bigint references orders on delete cascade, n smallint, product_id smallint references products, qty integer not null check (qty > 0), price numeric(8,2), primary key (order_id, n));
insert into customers values (1, 'Ann', 'ann@x.io', 'Bonn', 10.50, '1990-02-28', '["a","b"]', true), (2, 'Bob', null, null, 0, null, null, null), (3, 'Cy', 'CY@x.io', 'bonn', -3.25, '2000-12-31', '{}', false), (4, 'Dé', 'de@x.io', 'Bonn ', null, '1970-01-01', '["a"]', true);
insert into products values (1, 'A1', 'apple', 0.10, 0.1, 100), (2, 'B22', 'bread', 2.99, 0.75, 0), (3, 'C333', 'cable', 19.90, null, 7), (4, null, 'Dust', 0.00, 0, 2147483647), (5, 'e', 'ink', null, 1e-7, 1);
insert into orders values (10, 1, '2026-01-01 10:00+01', 'first'), (11, 1, '2026-01-31 23:59:59.999999+00', null), (12, 2, '2026-02-28 00:00-05', ''), (13, null, '2026-03-01', 'nobody''s');
insert into lines values (10, 1, 1, 3, 0.10), (10, 2, 2, 1, 2.99), (11, 1, 1, 100, 0.09), (12, 1, 3, 2, 19.90), (12, 2, 3, 1, null), (13, 1, null, 5, 1.00);

select o.id, sum(l.qty * l.price) as total, count(l.price), count(*) from orders o left join lines l on l.order_id = o.id group by o.id

select c.name, coalesce(sum(l.qty * l.price), 0) as spent from customers c left join orders o on o.customer_id = c.id left join lines l on l.order_id = o.id group by c.id

select c.name, max(o.at), min(o.at)::date, count(distinct l.product_id) from customers c join orders o on o.customer_id = c.id join lines l on l.order_id = o.id group by c.id having count(*) > 1

select p.name, sum(qty) from lines l right join products p on p.id = l.product_id group by p.id

select city, count(*) from customers group by city

select lower(trim(city)) as c, count(*), array_length(array[1], 1) from customers group by c

select lower(trim(city)) as c, count(*) from customers group by lower(trim(city)) having lower(trim(city)) is not null

select vip, count(*), sum(credit), avg(credit), min(credit), max(credit) from customers group by vip

select count(*), count(credit), sum(credit), avg(credit), min(born), max(born) from customers where false

select sum(x), avg(x), min(x), max(x), count(x) from (values (null::integer), (null)) v(x)

select sum(x), count(*) from (values (1), (1), (null)) v(x)

select sum(distinct x), count(distinct x), avg(distinct x) from (values (1), (1), (2), (null)) v(x)

select sum(x) from (values (9223372036854775807), (1)) v(x)

select sum(x) from (values (2147483647), (2147483647)) v(x)

select avg(x), sum(x) from (values (32767::smallint), (32767)) v(x)

select sum(x), avg(x) from (values (0.1::real), (0.2::real)) v(x)

select sum(x), avg(x) from (values (0.1::float8), (0.2)) v(x)

select sum(x), avg(x) from (values (0.1), (0.20)) v(x)

select max(x), min(x) from (values ('a'), ('B'), ('ä'), ('')) v(x)

select max(sku), min(sku), max(length(sku)) from products

select sku, sku || '|', length(sku), octet_length(sku), sku = 'A1', sku = 'A1    ', sku like 'A1', sku::text = 'A1' from products where id = 1

select name from products where sku in ('A1', 'e  ', 'nope')

select a.id, b.id from products a join products b on a.sku = rpad(trim(b.sku), 9)

select price, price::integer, price::text, price * 100, price / 3, -price, abs(price), price::float8, price::real from products

select price * stock from products where id = 4

select stock + 1 from products

select stock + 1 from products where id < 4

select stock::bigint + 1, stock * 2::bigint from products where id = 4

select weight, weight * 10, weight::numeric, weight::float8, weight + 0.1, weight = 0.1, weight = 0.1::real from products

select round(price / 7, 4), trunc(price / 7, 4), price % 0.03, mod(price, 0.04), power(price, 2), sqrt(price) from products where id in (2, 3)

select round(2.5), round(-2.5), round(2.5::float8), round(3.5::float8), round(0.125, 2), round(1234.5, -2)

select 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7 / 2.0, 7.0 / 2, 1 / 3.0, 2 / 3::numeric, 1e0 / 3

select 0.1 + 0.2, 0.1 + 0.2 = 0.3, 0.1::float8 + 0.2, 0.1::float8 + 0.2::float8 = 0.3, 1.10 = 1.1, 1.10::text

select born, extract(year from born), born + 1, born + interval '1 year', age(date '2026-01-01', born), to_char(born, 'Day DD.MM.YY') from customers

select at, at::date, at at time zone 'Europe/Berlin', date_trunc('day', at), at + interval '1 month', extract(epoch from at) from orders

select at - lag from (select id, at, (select max(at) from orders p where p.at < o.at) as lag from orders o) x

select id from orders where at >= '2026-02-01' and at < timestamptz '2026-02-01' + interval '1 month'

select id from orders where at between '2026-01-01' and '2026-01-31'

select id from orders where at::date = '2026-01-31'

select note, note is null, note = '', length(note), coalesce(nullif(note, ''), '-') from orders

select id from orders where note <> 'first'

select id from orders where note is distinct from 'first'

select id from orders where not (note = 'first')

select id from orders where note in ('first', null)

select id from orders where note not in ('first', null)

select id from orders where (note = 'first') is not true

select id from orders where customer_id = 1 and null

select null and false, null or true, null and true, not null, null = null, null is null

select tags, tags -> 0, tags ->> 0, jsonb_typeof(tags), tags @> '["a"]', tags = '{}', tags ? 'b' from customers

select jsonb_agg(name order by id) from customers

select name, row_to_json(c) from customers c where id = 1

select json_build_object('name', name, 'credit', credit, 'born', born, 'vip', vip) from customers

select jsonb_object_agg(name, credit) from customers

select string_agg(name, ','), string_agg(name, ',' order by name desc) from customers where id < 3

-- ordered
select name, credit from customers order by credit

-- ordered
select name, credit from customers order by credit desc

-- ordered
select name, credit from customers order by credit nulls first, name

-- ordered
select name from customers order by lower(name) desc

-- ordered
select name from customers order by city is null, city, name desc

-- ordered
select name, length(name) as l from customers order by l, -id

-- ordered
select distinct vip from customers order by vip

-- ordered
select distinct lower(trim(city)) from customers order by lower(trim(city)) nulls first

-- ordered
select distinct on (vip) vip, name from customers order by vip, name desc

-- ordered
select id from customers order by id limit 2 offset 1

-- ordered
select id from customers order by id limit null offset null

-- ordered
select id from customers order by id limit all offset 3

-- ordered
select id from customers order by 1 desc fetch first 2 rows only

-- ordered
select id from customers order by id offset 2 rows fetch next row only

select id from customers order by 2

select id from customers order by 0

select id from customers order by 'x'

select id from customers limit 'x'

select id from customers limit -1

select id as name, name as id from customers order by id limit 0

select name as n, name as n from customers order by n limit 0

select name as n, id as n from customers order by n

select max(name) from customers order by name

select city from customers group by city order by count(*) desc, name

select name, count(*) from customers group by id, vip

select email, count(*) from customers group by email having max(id) > 1 and bool_or(vip)

select count(*) from customers having count(*) > 3

select count(*) from customers having count(*) > 99

select 1 from customers having true

select 'x' from customers group by 'x'

select 1 from customers group by 1

select id + 1 from customers group by id + 1

select id + 2 from customers group by id + 1

select (id + 1) * 2 from customers group by id + 1

select case when vip then 'y' else 'n' end as v, count(*) from customers group by v

select case when vip then 1 / 0 else 0 end from customers where not vip

select case id when 1 then 'one' when 2 then null else name end from customers

select coalesce(credit, 1 / 0) from customers where credit is not null

select greatest(credit, 0), least(credit, null, 0), greatest(null, null) from customers

select (select name from customers where id = 1), (select name from customers where id = 99)

select (select name from customers)

select (select id, name from customers)

select id from orders where customer_id = (select id from customers where name = 'Ann')

select id from orders where customer_id = (select id from customers where name > 'A')

select id from customers where id in (select customer_id from orders)

select id from customers where id not in (select customer_id from orders)

select id from customers where id not in (select customer_id from orders where customer_id is not null)

select id from customers c where not exists (select * from orders where customer_id = c.id)

select id, exists (select 1 from orders where customer_id = c.id and note is null) from customers c

select id, (select count(*) from lines where product_id = products.id), (select sum(qty) from lines where product_id = products.id) from products

select id from products p where price > (select avg(price) from products where id <> p.id)

select id from products p where (select count(*) from products where price > p.price) < 2

select * from (select id, price from products) x where x.price = (select max(y.price) from (select price from products) y)

select t.n, t.total from (select customer_id as n, sum((select sum(qty) from lines where order_id = o.id)) as total from orders o group by customer_id) t where t.total > 4

select id, name from customers union select id, name from products

select city from customers union all select note from orders

select customer_id from orders intersect select id from customers

select name like 'A%', name ilike 'a%', name like '_n_', name ~ '^A', name ~* 'é', name like '%é', name not like 'B%' from customers

select 'a_b' like 'a\_b', 'axb' like 'a\_b', 'a%b' like 'a!%b' escape '!', '' like '%', '' like '_', null like 'x', 'A' like 'a'

select upper(name), lower(name), initcap(name), length(name), reverse(name), left(name, 1), right(name, -1), substr(name, 2), position('n' in name) from customers

select concat(name, null, id, true), name || null, concat_ws('-', name, null, city), format('%s has %L', name, city) from customers

select repeat('ab', 3), repeat('x', -1), lpad('7', 3, '0'), rpad('abc', 2), split_part('a,b,c', ',', -1), translate('abc', 'ab', 'x'), overlay('hello' placing 'XX' from 2 for 3)

insert into customers (id, name) values (5, 'Eve') returning *

insert into customers (id, name) values (5, 'Eve')

insert into customers (id, name, email) values (6, 'Fay', 'ann@x.io')

insert into customers (id, name, email) values (6, 'Fay', 'ANN@x.io'), (7, 'Gil', null), (8, 'Hal', null) returning id

insert into customers (id, name) values (9, 'Ivy'), (9, 'Jon')

insert into customers (id, name) values (9, null)

insert into customers (id) values (9)

insert into customers (name) values ('no key')

insert into customers (id, name, credit) values (9, 'Ivy', 12345678.005) returning credit

insert into customers (id, name, credit) values (10, 'Jon', 123456789)

insert into customers (id, name, born) values (10, 'Jon', '31.12.2000')

insert into customers (id, name, tags) values (10, 'Jon', '{a}')

insert into customers (id, name, vip) values (10, 'Jon', 'perhaps')

insert into customers (id, name, nope) values (10, 'Jon', 1)

insert into customers (id, name) values (10, 'Jon', 1)

insert into customers (id, name, city) values (10, 'Jon')

insert into customers (id, id) values (10, 11)

insert into customers (id, name) select 10, 'Jon' where false returning id

insert into customers (id, name) select id + 20, name || '!' from customers where id < 3 returning id, name, credit

insert into products values (6, 'toolong', 'x', 1, 1, 1)

insert into products values (6, 'abc', '', 1, 1, 1)

insert into products values (6, 'abc', 'x', -0.01, 1, 1)

insert into products values (6, 'abc', 'x', -0.001, 1, 1) returning price

insert into products values (40000, 'abd', 'x', 1, 1, 1)

insert into products values (7, 'abd', 'x', 'NaN', 'NaN', 1)

insert into products values (8, 'abe', 'x', 1, 1, default) returning stock

insert into products (id, name) values (9, 123) returning name

insert into lines values (10, 3, 99, 1, 1)

insert into lines values (99, 1, 1, 1, 1)

insert into lines values (10, 1, 1, 1, 1)

insert into lines values (10, 3, 1, 0, 1)

insert into lines values (10, 3, 1, null, 1)

update products set stock = stock - 1 where id = 2 returning stock

update products set stock = stock + 1 where id = 4

update products set price = price * 1.1, name = upper(name) where price > 1 returning id, price, name

update products set price = (select max(price) from products) where id = 1 returning price

update products set price = (select price from products) where id = 1

update products set stock = (select count(*) from lines where product_id = products.id) returning id, stock

update products set id = id + 1

update products set id = id + 100 where id > 4 returning id

update customers set id = id + 100 where id = 1

select id, customer_id from orders

update customers set name = city, city = name where city is not null and id < 5 returning id, name, city

update customers set credit = credit + 1 where credit = (select min(credit) from customers) returning id, credit

update customers set (name, vip) = (lower(name), not vip) where id = 4 returning name, vip

update customers set email = 'one@x.io' where id in (3, 4)

update customers set email = null returning id

update customers set nope = 1

update customers set id = null where id = 2

update lines set order_id = 10 where order_id = 11

update lines set n = n + 1 where order_id = 12

update lines set n = 3 - n where order_id = 10

select order_id, n from lines where order_id in (10, 12)

delete from lines where price < (select avg(price) from lines) returning order_id, n

delete from products where id = 3

delete from customers where id = 2 returning id, name

select count(*) from orders

delete from orders where id in (select order_id from lines group by order_id having count(*) > 0) returning id

select (select count(*) from orders), (select count(*) from lines)

-- tx: rollback
insert into orders values (50, 4); update orders set note = 'x' where id = 50; select id, note, at from orders where id = 50; delete from orders where id = 50; select count(*) from orders where id = 50

-- tx: commit
insert into orders values (51, 4); insert into orders values (51, 4); select 1

select count(*) from orders where id in (50, 51)

-- args: ["3", null, "x'y"]
select $1::integer + 1, $2::text is null, $3 || '!'

-- args: ["4"]
select name from customers where id = $1

-- args: ["4", "z"]
select name from customers where id = $1 or name = $2

-- args: ["2147483648"]
select name from customers where id = $1

-- args: ["1.5"]
select name from customers where credit < $1

-- args: ["2", "1"]
select id from customers order by id limit $1 offset $2

-- args: ["5", "via args", "0.005"]
insert into products (id, name, price) values ($1, $2, $3) returning price, sku

-- args: ["a"]
select $1
