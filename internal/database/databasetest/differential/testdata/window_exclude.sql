-- setup
create table f (id integer primary key, p text, o integer, v text, n numeric(6,2));
insert into f values (1, 'a', 1, 'one', 1.0), (2, 'a', 1, 'two', 2), (3, 'a', 2, null, 3.50), (4, 'a', 3, 'four', null), (5, 'a', 3, 'five', 1.00), (6, 'a', 3, 'six', 6), (7, 'a', 6, 'seven', 7), (8, 'b', 2, 'eight', 8), (9, 'b', 2, 'nine', 9), (10, 'b', null, 'ten', 10), (11, 'b', null, 'eleven', null), (12, null, 5, 'twelve', 12), (13, null, 7, 'thirteen', 2.50);
create table g (id integer primary key, f_id integer, w text);
insert into g values (1, 1, 'x'), (2, 1, 'y'), (3, 4, 'z'), (4, 99, 'w')

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 preceding and 1 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 preceding and 1 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 preceding and 1 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 2 preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 2 preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 2 preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 following and 3 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 following and 3 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between 1 following and 3 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between current row and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o rows between unbounded preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 preceding and 1 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 preceding and 1 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 preceding and 1 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 2 preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 2 preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 2 preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 following and 3 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 following and 3 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between 1 following and 3 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between current row and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o range between unbounded preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 preceding and 1 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 preceding and 1 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 preceding and 1 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 2 preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 2 preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 2 preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 following and 3 following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 following and 3 following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between 1 following and 3 following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and unbounded following exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and unbounded following exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and unbounded following exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and current row exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and current row exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between current row and current row exclude ties) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and 1 preceding exclude current row) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and 1 preceding exclude group) order by id

select id, first_value(v) over w as f, last_value(v) over w as l, nth_value(v, 2) over w as n2, nth_value(id, 3) over w as n3, nth_value(id, 1) over w as n1 from f window w as (partition by p order by o groups between unbounded preceding and 1 preceding exclude ties) order by id

select id, first_value(v) over (rows between unbounded preceding and unbounded following exclude current row), last_value(id) over (groups between unbounded preceding and current row exclude group), nth_value(id, 4) over (range between unbounded preceding and current row exclude ties) from f order by id

select id, first_value(id) over (order by o desc nulls last, id rows between 2 preceding and current row exclude current row) as a, count(*) over (partition by p) as k, row_number() over (order by id desc) as r from f order by 2 nulls first, id limit 5

select id, upper(first_value(v) over (partition by p, n > 2 order by o + 1, id desc rows between unbounded preceding and unbounded following exclude group)) || '!' as u from f where id <> 5 order by u, id

select n, first_value(n) over (order by n, id groups between unbounded preceding and current row exclude current row) = 1 as one, nth_value(n, 2) over (partition by n order by id rows between unbounded preceding and unbounded following exclude current row) as same from f order by id

select f.id, g.w, f.v, last_value(g.w) over (partition by f.id order by g.id rows between unbounded preceding and unbounded following exclude current row) from f left join g on g.f_id = f.id order by f.id, g.id

select g.id, to_json(f), first_value(f.v) over (order by g.id rows between unbounded preceding and unbounded following exclude current row) from f right join g on g.f_id = f.id order by g.id

select distinct on (p) p, id, first_value(id) over (partition by p order by id rows between unbounded preceding and unbounded following exclude current row) as o from f order by p, id desc

select distinct on (o % 2) o % 2, id, last_value(id) over (order by id rows between unbounded preceding and unbounded following exclude current row) as l from f order by o % 2, id

select distinct first_value(id) over (order by id rows between unbounded preceding and unbounded following exclude current row) as o from f order by 1

select p, sum(id), first_value(p) over (order by p nulls last rows between unbounded preceding and unbounded following exclude current row), last_value(sum(id)) over (order by p nulls last rows between unbounded preceding and unbounded following exclude current row) from f group by p order by p

select id, (select first_value(g.w) over (order by g.id rows between unbounded preceding and unbounded following exclude current row) from g where g.f_id = f.id order by g.id limit 1) as x from f order by id

select id, (select count(*) from g where g.f_id = f.id) as c, first_value((select max(w) from g where g.f_id = f.id)) over (order by id rows between 1 preceding and 1 following exclude current row) as m from f order by id

select f.id, l.* from f, lateral (select g.id, first_value(g.w) over (order by g.id desc groups between unbounded preceding and unbounded following exclude current row) as w, f.v from g where g.f_id = f.id) l order by 1, 2

with q as (select id, p, nth_value(v, 2) over (partition by p order by id rows between unbounded preceding and unbounded following exclude current row) as v from f) select q.*, r.v from q join q r on r.id = q.id + 1 order by q.id

select id, nth_value(id, 0) over (order by id rows between unbounded preceding and current row exclude current row) from f

select id, nth_value(id, null) over (order by id rows between unbounded preceding and current row exclude current row) from f where id < 3

-- args: ["2", "1"]
select id, nth_value(id, $1) over (order by id rows between $2 preceding and unbounded following exclude current row) from f order by id

-- args: ["0", "1"]
select id, nth_value(id, $1) over (order by id rows between $2 preceding and unbounded following exclude current row) from f order by id

-- args: ["2", "-1"]
select id, nth_value(id, $1) over (order by id rows between $2 preceding and unbounded following exclude current row) from f order by id

select a.x from (select id, first_value(v) over (partition by p order by o, id rows between unbounded preceding and unbounded following exclude current row) as x from f) a where a.id > 3 and a.x is not null order by a.x, a.id

select id from f order by first_value(v) over (partition by p order by o, id rows between unbounded preceding and unbounded following exclude current row), id

select first_value(v) over (order by id rows between unbounded preceding and unbounded following exclude current row) from f where false
