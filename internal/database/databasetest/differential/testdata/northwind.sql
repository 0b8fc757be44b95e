-- load: northwind

select count(*), min(order_date), max(order_date), max(order_date) - min(order_date) from orders

select sum(unit_price * quantity) from order_details

select sum((unit_price * quantity * (1 - discount))::numeric) from order_details where order_id < 10260

select order_id, unit_price * quantity * (1 - discount) from order_details where order_id < 10252

select order_id, sum(unit_price * quantity) as total, avg(discount) from order_details group by order_id having sum(unit_price * quantity) > 10000

select unit_price, unit_price::double precision, unit_price::numeric, unit_price::text from products where product_id < 6

select round(unit_price::numeric, 1), round(unit_price), unit_price / 3, unit_price::int from products where product_id < 12

select min(unit_price), max(unit_price), count(unit_price) from products

select avg(unit_price), sum(unit_price) from products where category_id = 1

select stddev(quantity), variance(quantity), stddev_pop(quantity), var_samp(quantity) from order_details

select freight, freight * 1.1, freight::numeric(10, 1), ceil(freight), floor(freight) from orders where order_id < 10255

select sum(freight::numeric) from orders

select order_id from orders where freight > 700

select order_id from orders where freight = 32.38

select order_id from orders where freight = 32.38::real

select product_name from products where unit_price between 9 and 10

select product_name from products where unit_price in (10, 18, 9.65)

select product_name from products where unit_price in (10::real, 9.65::real)

-- ordered
select product_name, unit_price from products order by unit_price desc, product_id limit 10

-- ordered
select category_name, count(*), min(p.unit_price), max(p.unit_price) from categories c join products p using (category_id) group by c.category_id order by category_name

-- ordered
select category_name, product_name from categories natural join products where unit_price > 60 order by 1, 2

select * from shippers natural join suppliers

select count(*) from products natural join order_details

select count(*) from products p join order_details d using (product_id, unit_price)

-- ordered
select s.company_name, count(o.order_id) from shippers s left join orders o on o.ship_via = s.shipper_id group by s.shipper_id order by s.shipper_id

select c.customer_id, c.company_name from customers c left join orders o using (customer_id) where o.order_id is null

select customer_id from customers except select customer_id from orders

select customer_id from customers where customer_id not in (select customer_id from orders where customer_id is not null)

-- ordered
select e.last_name, count(*) as n from employees e join orders o using (employee_id) group by e.employee_id order by n desc, 1

-- ordered
select e.first_name, m.last_name as boss from employees e left join employees m on m.employee_id = e.reports_to order by e.employee_id

select e.first_name, extract(year from age('1997-01-01', birth_date)) as age, hire_date - birth_date as days from employees e

select first_name, birth_date, to_char(birth_date, 'DD Mon YYYY'), date_part('dow', birth_date), extract(doy from birth_date) from employees where employee_id < 5

-- ordered
select extract(month from order_date) as m, count(*) from orders where order_date >= date '1997-01-01' and order_date < date '1998-01-01' group by m order by m

-- ordered
select date_trunc('month', order_date) as m, count(*) from orders group by m order by m limit 4

select count(*) from orders where shipped_date is null

select count(*) from orders where shipped_date > required_date

select avg(shipped_date - order_date), max(shipped_date - order_date) from orders

select order_id, required_date - order_date as days from orders where required_date - order_date > 40 limit 0

select order_date + 7, order_date - 7, order_date + interval '1 month', order_date + time '10:30' from orders where order_id = 10248

select order_date, order_date::timestamp, order_date::text, order_date > '1996-07-04', order_date = '1996-07-04' from orders where order_id < 10250

select make_date(1997, 2, 28), date '1997-02-29'

select customer_id, company_name from customers where company_name like '%markt%'

select company_name from customers where company_name ~ '[^[:ascii:]]' and country = 'Germany'

select company_name from customers where contact_name ilike 'maria%'

select contact_title, count(*) from customers group by contact_title having count(*) > 10

select country, city, count(*) from customers group by country, city having count(*) > 2

-- ordered
select country, count(*) from (select country from customers union all select country from suppliers) x group by country order by 2 desc, 1 limit 5

select country from customers intersect select country from suppliers

select city from customers intersect select city from suppliers

select city, country from customers intersect all select ship_city, ship_country from orders where ship_country = 'Mexico'

select region, count(*) from customers group by region having region is null

select coalesce(region, city, 'none') from customers where country = 'USA'

select count(region), count(*), count(distinct region), count(distinct country) from customers

-- ordered
select region from customers where country in ('USA', 'Canada', 'UK') order by region desc, customer_id limit 8

-- ordered
select fax, customer_id from customers order by fax nulls first, customer_id limit 3

select length(picture), picture = '\x', encode(picture, 'hex') from categories where category_id = 1

select length(photo), photo is null from employees where employee_id < 3

select length(notes), left(notes, 20), right(notes, 10), substring(notes from 5 for 8), strpos(notes, 'University') from employees where employee_id < 3

select category_id, description from categories where description like '%,%and%'

select territory_id, trim(territory_description), r.region_description from territories t join region r using (region_id) where territory_id like '0%' and region_id = 1 limit 0

-- ordered
select r.region_id, trim(r.region_description) as d, count(*) from region r join territories t using (region_id) group by r.region_id order by 1

select e.last_name, count(distinct t.region_id) from employees e join employee_territories et using (employee_id) join territories t using (territory_id) group by e.last_name having count(distinct t.region_id) = 1 and count(*) > 7

select state_abbr, state_region from us_states where state_name like 'New %'

select distinct state_region from us_states

-- ordered
select product_name, units_in_stock, units_on_order, reorder_level from products where units_in_stock + units_on_order <= reorder_level and discontinued = 0 order by product_id

select discontinued, count(*), sum(units_in_stock) from products group by discontinued

select product_name from products where discontinued = 1 and units_in_stock > 0

select product_name from products p where unit_price > 3 * (select avg(unit_price) from products p2 where p2.category_id = p.category_id)

-- ordered
select p.product_name, (select sum(quantity) from order_details d where d.product_id = p.product_id) as sold from products p order by sold desc, product_id limit 3

-- ordered
select product_id, sum(quantity) as q from order_details group by product_id order by q desc, product_id limit 3

select product_id from order_details group by product_id having sum(quantity) > all (select avg(s) * 2.3 from (select sum(quantity) as s from order_details group by product_id) x)

select o.order_id from orders o where not exists (select 1 from order_details d where d.order_id = o.order_id and d.quantity < 50)

select o.customer_id, count(*) from orders o where o.order_id in (select order_id from order_details group by order_id having count(*) > 5) group by o.customer_id having count(*) > 1

select ship_country, sum(freight)::int from orders group by ship_country having sum(freight) > 5000

select ship_country, max(freight), min(freight) from orders where ship_country like 'S%' group by ship_country

-- ordered
select ship_country, ship_city, count(*) from orders group by 1, 2 having count(*) > 15 order by 3 desc, 1, 2

select case when freight < 10 then 'low' when freight < 100 then 'middle' else 'high' end, count(*) from orders group by 1

select count(*) filter (where discount > 0), count(*), sum(quantity) filter (where discount = 0.25) from order_details

select discount, count(*) from order_details group by discount

select discount::numeric, count(*) from order_details group by 1

select discount = 0.05, discount = 0.05::real, discount::text from order_details where discount between 0.04 and 0.06 limit 1

select order_id, product_id, discount from order_details where discount > 0.2 and quantity > 100

select quantity / 7, quantity % 7, quantity::real / 7, quantity / 7.0, -quantity, @ (-quantity), quantity ^ 2, |/ quantity from order_details where order_id = 10248

select order_id * 2 from orders where order_id > 11070

select order_id * order_id from orders limit 1

select order_id::int * order_id from orders where order_id = 11077

select employee_id::smallint + 32767 from employees where employee_id = 1

select (employee_id + 32767)::smallint from employees where employee_id = 1

select quantity & 1, quantity | 1, quantity # 3, ~quantity, quantity << 2, quantity >> 1 from order_details where order_id = 10249

select company_name || ' (' || country || ')' from suppliers where supplier_id < 4

select concat_ws(', ', address, city, region, postal_code, country) from suppliers where supplier_id < 4

select md5(company_name), upper(city), initcap(lower(contact_name)), char_length(company_name), octet_length(company_name) from customers where customer_id in ('ALFKI', 'BERGS')

select translate(phone, '().- ', ''), regexp_replace(phone, '\D', '', 'g') from shippers

select split_part(contact_name, ' ', 1), split_part(contact_name, ' ', 2) from suppliers where supplier_id between 4 and 8

select ascii(customer_id), chr(ascii(customer_id) + 1) from customers where customer_id = 'ALFKI'

select customer_id, customer_id > 'M', customer_id || 1, customer_id < 'alfki' from customers where customer_id like '_A%'

select string_agg(shipper_id::text, '-' order by shipper_id desc), string_agg(distinct left(company_name, 1), '' order by left(company_name, 1)) from shippers

select array_agg(region_id order by region_id) from region

select json_build_object('n', count(*), 'max', max(freight)) from orders

select row_to_json(s) from shippers s

select to_json(birth_date), to_json(hire_date) from employees where employee_id = 1

select jsonb_agg(x) from (select category_id, category_name from categories where category_id < 3) x

select bool_and(discontinued = 0), bool_or(discontinued = 1), every(unit_price > 0) from products

-- args: ["1997-05-05"]
select count(*) from orders where order_date = $1

-- args: ["B%", 3]
select customer_id from customers where customer_id like $1 and length(customer_id) > $2

-- args: ["x"]
select count(*) from orders where order_date = $1

-- args: ["70000"]
select count(*) from orders where order_id = $1

-- args: ["10.5"]
select product_name from products where unit_price < $1 and category_id = 1

-- ordered
with totals as (select o.customer_id, sum(d.unit_price * d.quantity) as t from orders o join order_details d using (order_id) group by 1) select customer_id, round(t::numeric, 2) from totals where t > 40000 order by t desc

-- ordered
with recent as (select * from orders where order_date >= '1998-05-01'), big as (select order_id, sum(quantity) as q from order_details group by order_id) select r.order_id, r.customer_id, b.q from recent r join big b using (order_id) order by b.q desc, 1 limit 5

-- ordered
with a as (select country, count(*) as n from customers group by country), b as (select country, count(*) as n from suppliers group by country) select coalesce(a.country, b.country) as c, a.n, b.n from a full join b on a.country = b.country order by c limit 7

-- ordered
select country, a.n as customers, b.n as suppliers from (select country, count(*) as n from customers group by country) a full join (select country, count(*) as n from suppliers group by country) b using (country) order by country limit 7

select x.last_name from (select * from employees where title = 'Sales Representative') as x where x.reports_to = 5

select * from (values (1, 'one'), (3, 'three')) as v(shipper_id, word) join shippers using (shipper_id)

select v.* from (values ('ALFKI'), ('NOPE!')) as v(id) left join customers c on c.customer_id = v.id where c.customer_id is null

select 1 from orders group by order_date having count(*) > 4

select e1.last_name, e2.last_name from employees e1 join employees e2 on e1.city = e2.city and e1.employee_id < e2.employee_id

select count(*) from orders o1, orders o2 where o1.customer_id = o2.customer_id and o2.order_date - o1.order_date = 1

insert into customers (customer_id, company_name) values ('ALFKI', 'again')

insert into customers (customer_id, company_name) values ('TOOLONG', 'x')

insert into customers (customer_id, company_name) values ('SPACE  ', 'trailing spaces are cut') returning customer_id, length(customer_id)

insert into customers (customer_id) values ('NONAM')

insert into products values (78, 'cheap', 1, 1, null, 1e40, 0, 0, 0, 0)

insert into products values (78, 'cheap', 1, 1, null, 0.1, 40000, 0, 0, 0)

insert into products values (78, 'cheap', 1, 1, null, 0.1, 4, 0, 0, 0) returning unit_price, unit_price = 0.1, unit_price + 0.2

insert into order_details values (10248, 11, 1, 1, 0)

insert into order_details values (1, 11, 1, 1, 0)

insert into orders (order_id, order_date) values (32767, '2000-13-01')

insert into orders (order_id, order_date) values (32768, '2000-01-01')

insert into orders (order_id, order_date, freight) values (32767, 'yesterday'::date - 'today'::date + date '2000-01-02', 'infinity') returning order_date, freight

insert into orders (order_id, order_date, freight) values (32766, 'January 8, 1999', 1.23456789) returning order_date, freight

update products set unit_price = unit_price * 1.1 where category_id = 1 returning product_id, unit_price

update products set units_in_stock = units_in_stock - 40 where product_id in (1, 2) returning product_id, units_in_stock

update products set units_in_stock = units_in_stock * 1000 where product_id = 1 returning units_in_stock

update products set units_in_stock = 32000 * 2 where product_id = 1

update products set category_id = (select category_id from categories where category_name like 'C%') where product_id = 1

update products set category_id = (select max(category_id) from categories) where product_id = 1 returning category_id

update products set supplier_id = 999 where product_id = 1

update orders set ship_via = null, shipped_date = order_date + 1 where order_id = 10248 returning ship_via, shipped_date, shipped_date - order_date

update orders set (ship_city, ship_country) = ('Here', upper('there')) where order_id = 10249 returning ship_city, ship_country

delete from orders where order_id = 10248

delete from order_details where order_id = 10248 returning product_id, quantity

delete from orders where order_id = 10248 returning order_id, customer_id

delete from customers where not exists (select 1 from orders o where o.customer_id = customers.customer_id) returning customer_id

delete from region

delete from us_states where state_region = 'south' returning state_abbr

select count(*) from us_states

alter table us_states alter column state_name set not null

alter table us_states add column area numeric(8,2) default 1.005

select distinct area from us_states

alter table us_states alter column area type integer using (area * 100)::integer

select distinct area from us_states

alter table products alter column unit_price type numeric(10,2)

select sum(unit_price) from products where product_id > 2

alter table products alter column unit_price type varchar(3)

alter table products add check (unit_price >= 3)

alter table products add constraint positive check (unit_price >= 0)

update products set unit_price = -1 where product_id = 1

alter table employees add unique (last_name, first_name)

alter table employees add unique (title)

alter table orders add foreign key (order_id) references order_details

alter table orders drop constraint nope

drop table customers

alter table customers drop constraint pk_customers

alter table us_states rename to states

select count(*) from states

select count(*) from us_states
