-- setup
create table u (id integer primary key, v uuid);
insert into u values (1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), (2, '00000000-0000-0000-0000-000000000000'), (3, null), (4, 'ffffffff-ffff-ffff-ffff-ffffffffffff');

select id, v from u

select 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid

select '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid

select 'a0eebc999c0b4ef8bb6d6bb9bd380a11'::uuid

select 'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11'::uuid

select '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}'::uuid

select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1'::uuid

select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111'::uuid

select ' a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid

select '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid

select 'g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid

select 'a-0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid

select ''::uuid

-- args: ["A0EEBC999C0B4EF8BB6D6BB9BD380A11"]
select id from u where v = $1

-- args: ["x"]
select id from u where v = $1

-- ordered
select id from u order by v

-- ordered
select id from u order by v desc

select id from u where v > '10000000-0000-0000-0000-000000000000'

select v::text from u

select v = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' from u where id = 1

select 1::uuid

select gen_random_uuid()

select gen_random_uuid() = gen_random_uuid()

select v || '' from u where id = 1

insert into u values (5, 'not-a-uuid')

select id from u where v in ('00000000000000000000000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')

select id from u where v like 'a%'

select id from u where v::text like 'a%'
