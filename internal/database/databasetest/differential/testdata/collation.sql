-- # A collation that a part of a text compares by is not the text's own.

-- setup
create table orders (order_id integer primary key, freight real);
insert into orders values (10248, 32.38), (10249, 11.61), (10250, 65.83), (10251, 9.5), (10252, null), (10253, 10)

select count(*) from (select case when o.freight::numeric > 10 then '1.0' else '1' end as v from orders o) s where s.v = '1.00'

select distinct case when o.freight::numeric > 10 then '1.0' else '1' end as v from orders o

select case when o.freight::numeric > 10 then '1.0' else '1' end as v, count(*) from orders o group by 1

select case when o.freight::numeric > 10 then '1.0' else '1' end as v from orders o union select '1.00'

select '1.00' in (select case when o.freight::numeric > 10 then '1.0' else '1' end from orders o)

select case when o.freight::numeric > 10 then '1.0' else '1' end in ('1.00') from orders o where order_id < 10252

select max(case when o.freight::numeric > 10 then '10' else '9' end), min(case when o.freight::numeric > 10 then '10' else '9' end) from orders o

select count(*) over (partition by case when o.freight::numeric > 10 then '1.0' else '1' end) from orders o where order_id < 10262

select '1.0' = case when o.freight::numeric > 10 then '1.00' else '1' end from orders o where order_id < 10252

select nullif('1.0', case when o.freight::numeric > 10 then '1.00' else '1' end) from orders o where order_id < 10252

select greatest('10', case when o.freight::numeric > 10 then '9' else '1' end) from orders o where order_id < 10252

select '1.0' is distinct from case when o.freight::numeric > 10 then '1.00' else '1' end from orders o where order_id < 10252

select count(distinct case when o.freight::numeric > 10 then '1.0' else '1' end) from orders o

select a.order_id from orders a join (select order_id, case when o.freight::numeric > 10 then '1.0' else '1' end as v from orders o) b using (order_id) where v = '1.00'

select string_agg(x, ',' order by x) from (select case when order_id::numeric > 10250 then '10' else '9' end as x from orders where order_id < 10255) s

-- ordered
select x from (values ('9'),('10')) v(x) order by case when 1::numeric < 2 then x end

select x between '1' and case when 1::numeric < length(x)::numeric then '2' else '10' end from (values ('9'),('10')) v(x)

select x = any (array[case when length(x)::numeric > 1 then '10.0' else '9' end]) from (values ('9'),('10')) v(x)

select (x, 1) < (case when length(x)::numeric > 1 then '9' else '10' end, 1) from (values ('9'),('10')) v(x)

select case x when case when length(x)::numeric > 1 then '10.0' else '9.0' end then 1 else 2 end from (values ('9'),('10')) v(x)
