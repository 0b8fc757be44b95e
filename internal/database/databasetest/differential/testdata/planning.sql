-- setup
create table e (id integer primary key, n integer, s text, d timestamptz);
create table f (id integer primary key, n integer, s text);
insert into f values (1, 10, 'one'), (2, null, null), (3, 0, 'three');

# Patterns are compiled when rows are estimated, though there are none.
select id from e where s ~ '*'

select id from e where s ~* '*' or id = 1

select id from e where not s !~ '*'

select id from e where (s ~ '*') is true

select id from e where s ~ '*' and 1 = 2

select id from e where 1 = 2 and s ~ '*'

select id from e where s ~ '*' or 1 = 1

select s ~ '*' from e

select id from e order by s ~ '*'

select id from e where case when id = 1 then s ~ '*' else false end

select id from e where coalesce(s ~ '*', false)

select id from e where upper(s) ~ '*'

select id from e where 'a' ~ s

select max(s) from e having max(s) ~ '*'

select id from e where exists (select 1 from f where f.s ~ '*')

select id from e where exists (select 1 from f where e.s ~ '*')

select e.id from e join f on e.id = f.id and f.s ~ '*'

select e.id from e left join f on e.id = f.id and f.s ~ '*'

select x.id from (select id, s from e) x where x.s ~ '*'

delete from e where s ~ '*'

update e set n = 1 where s ~ '*'

-- args: ["*"]
select id from e where s ~ $1

-- args: ["*"]
select id from e where s ~ $1 and id = 1

-- args: ["*", "1"]
select id from e where s ~ $1 and $2::integer = 2

-- args: ["*", "2"]
select id from e where s ~ $1 and $2::integer = 2

-- args: [null]
select id from e where s ~ $1

-- args: ["a(b"]
select id from f where s !~* $1

-- args: ["*"]
select s ~ $1 from e

# Calls over constants and parameters are evaluated when the statement is planned.
select 1 / 0 from e

-- args: ["0"]
select 1 / $1::integer from e

-- args: ["0"]
select id from e where n = 1 / $1::integer

-- args: ["0"]
select id from e where n / $1::integer = 1

-- args: ["0", "false"]
select id from e where $2::boolean and 1 / $1::integer = 1

-- args: ["0", "true"]
select id from e where $2::boolean and 1 / $1::integer = 1

-- args: ["0", "false"]
select id from e where 1 / $1::integer = 1 and $2::boolean

-- args: ["0", "true"]
select id from e where $2::boolean or 1 / $1::integer = 1

-- args: ["0", "false"]
select id from e where $2::boolean or 1 / $1::integer = 1

-- args: ["0"]
select case when n > 0 then 1 / $1::integer else 0 end from e

-- args: ["0", "false"]
select case when $2::boolean then 1 / $1::integer else 0 end from e

-- args: ["0", "true"]
select case when $2::boolean then 1 / $1::integer else 0 end from e

-- args: ["0", "true"]
select case when $2::boolean then 0 else 1 / $1::integer end from e

-- args: ["0", "false"]
select case when $2::boolean then 0 else 1 / $1::integer end from e

select case when n = 0 then 0 else 1 / 0 end from f

select case n when 0 then 1 / 0 else 1 end from e

select case 1 when 0 then 1 / 0 else 1 end from e

select case when true then 1 when false then 1 / 0 end from e

select case when 1 / 0 = 1 then 1 else n end from e

select coalesce(1, 1 / 0) from e

select coalesce(null, 1 / 0) from e

select coalesce(n, 1 / 0) from e

select coalesce(n, 1, 1 / 0) from e

-- args: ["5"]
select coalesce($1::integer, 1 / 0) from e

-- args: [null]
select coalesce($1::integer, 1 / 0) from e

select false and 1 / 0 = 1 from e

select 1 / 0 = 1 and false from e

select true or 1 / 0 = 1

select 1 / 0 = 1 or true

select null::boolean and 1 / 0 = 1 from e

select n = 1 and 1 / 0 = 1 from e

select nullif(1, 1 / 0) from e

select greatest(1, 1 / 0) from e

select 1 in (1, 1 / 0) from e

select n in (1, 1 / 0) from e

select (1 / 0) is null from e

select null::integer + 1 / 0 from e

select '7'::text::integer from e

select 'x'::text::integer from e

-- args: ["x"]
select $1::text::integer from e

-- args: ["x"]
select case when n > 0 then $1::text::integer end from e

select max(1 / 0) from e

select count(*) from e having 1 / 0 = 1

select id from e limit 1 / 0

select id from e order by 1 / 0

select id from e group by id, 1 / 0

select (select 1 / 0 from f where false) from e

select id from e where exists (select 1 / 0)

select a from (select id as a, 1 / 0 as b from e) x

select a, b from (select id as a, 1 / 0 as b from e) x

select a from (select id as a, 1 / 0 as b from e limit 1) x

select a from (select distinct id as a, 1 / 0 as b from e) x

select 1 / 0 from e where false

insert into e (id, n) select id, 1 / 0 from e

update e set n = 1 / 0

-- args: ["0"]
update e set n = 1 / $1::integer where id = 1

delete from e where n = 1 / 0

# Stable functions are evaluated only where a column is compared with them.
select id from e where d > 'x'::text::timestamptz

select 'x'::text::timestamptz from e

select id from e where d in ('2020-01-01', 'x'::text::timestamptz)

select id from e where case when n = 1 then d > 'x'::text::timestamptz end

-- args: ["x"]
select id from e where $1::text::timestamptz < d

select id from e where d > date_trunc('nonsense', now())

select date_trunc('nonsense', now()) from e

select id from e where d > 'x'::text::timestamptz and 1 = 2
