-- setup
create table b (id integer primary key, f boolean);
insert into b values (1, true), (2, false), (3, null);

select id, f from b

select true, false, null::boolean

select 'yes'::boolean, 'on'::boolean, 't'::boolean, 'TRUE'::boolean, '1'::boolean, 'y'::boolean, ' tRu '::boolean

select 'no'::boolean, 'off'::boolean, 'f'::boolean, '0'::boolean, 'n'::boolean, 'of'::boolean

select 'o'::boolean

select 'maybe'::boolean

select ''::boolean

select 1::boolean, 0::boolean, 7::boolean

select true::integer, false::integer, true::text, false::text

select 2::bigint::boolean

select id from b where f

select id from b where not f

select id from b where f is true

select id from b where f is not true

select id from b where f is unknown

select id from b where f is not unknown

select id from b where f is false or f is null

select id from b where f = true

select id from b where f <> true

select true and null, false and null, null and null, true or null, false or null, not null

select null = null, null <> null, null is null, 1 is null

select null is distinct from null, 1 is distinct from null, 1 is distinct from 1, 1 is not distinct from 1

select a.id, c.id from b a, b c where a.f is distinct from c.f

select true > false, true = 't', false < 'yes'

-- args: ["on"]
select id from b where f = $1

-- args: ["nope"]
select id from b where f = $1

-- ordered
select id from b order by f, id

-- ordered
select id from b order by f desc nulls last, id

select 1 where 1

select id from b where id

select case when f then 'y' when not f then 'n' else '?' end from b

select case id when 1 then 'one' when 2 then 'two' end from b

select case when false then 1 / 0 else 2 end

select coalesce(f, true) from b

select coalesce(null, null, 3), coalesce(null::integer, 1 / 1)

select coalesce(1, 1 / 0)

select nullif(1, 1), nullif(1, 2), nullif(null, 1), nullif('a', 'b')

select id in (1, null), id not in (1, null) from b

select case when true then 1 else 'x' end

select coalesce(1, 'x')

select greatest(1, null, 3), least(2, null), greatest(null, null)
