-- setup
create table parents (id integer primary key, owner uuid, slug text unique);
create table children (id integer primary key, parent integer references parents (id) on delete cascade, owner uuid, v integer check (v < 100));
alter table parents enable row level security;
alter table children enable row level security;
create policy own on parents using (owner = auth.uid());
create policy own on children using (owner = auth.uid());
insert into parents values (1, '11111111-1111-1111-1111-111111111111', 'a'), (2, '22222222-2222-2222-2222-222222222222', 'b'), (3, null, 'c');
insert into children values (1, 1, '11111111-1111-1111-1111-111111111111', 1), (2, 1, '22222222-2222-2222-2222-222222222222', 2), (3, 2, '22222222-2222-2222-2222-222222222222', 3);
create table levels (id integer primary key, level integer, secret integer);
alter table levels enable row level security;
create policy low on levels for select using (level < 3);
create policy mid on levels for select to authenticated using (level < 5);
create policy never on levels as restrictive for select using (id <> 4);
create policy change on levels for update using (level < 9) with check (level < 9);
create policy remove on levels for delete using (true);
insert into levels values (1, 1, 0), (2, 2, 5), (3, 4, 0), (4, 1, 7), (5, 6, 0), (6, null, 0);

-- # a key is checked against rows that a policy hides
-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into children values (4, 2, auth.uid(), 5) returning id, parent

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into children values (5, 77, auth.uid(), 5)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into parents values (2, auth.uid(), 'z')

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into parents values (9, auth.uid(), 'b')

-- # which comes first, the policy or the constraint
-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into parents values (1, null, 'x')

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into children values (6, 1, null, 500)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into children values (6, 1, auth.uid(), 500)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into children values (null, 1, null, 5)

-- # the cascade deletes what the user cannot see
-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
delete from parents returning id

select id, parent from children

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
select p.id, c.id from parents p, children c where c.parent = p.id

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
update children set parent = 3 where id = 3 returning id, parent

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
update children set owner = null where id = 3

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
update children set v = (select count(*) from parents) where id = 3 returning v

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
insert into children select id + 100, id, owner, 1 from parents returning id

-- role: anon
select id from levels

-- role: authenticated
select id from levels

-- role: service_role
select id from levels

select id from levels

-- role: anon
select id from levels where 10 / secret > 1

-- role: authenticated
select id, 10 / secret from levels where id = 2

-- role: authenticated
select id from levels where 10 / secret > 1

-- role: anon
select id from levels where not (level < 3)

-- role: anon
select id from levels where level is null

-- role: anon
select count(*), max(level) from levels

-- # the new row must be visible as well, since the old one is read
-- role: anon
update levels set level = 5 where id = 1

-- role: anon
update levels set level = 2 where id = 1 returning id, level

-- # nothing is read: the policies for SELECT do not apply
-- role: anon
update levels set secret = 1

select id, secret from levels

-- role: authenticated
update levels set level = 20 where id = 3

-- role: anon
delete from levels where level = 6

-- role: anon
delete from levels where id = 2 returning id

-- role: anon
delete from levels

select id from levels

-- role: anon
-- tx: commit
insert into levels values (50, 1, 1)

drop policy low on levels

-- role: anon
select id from levels

alter table levels disable row level security

-- role: anon
select count(*) from levels

alter table levels enable row level security

alter table levels force row level security

select count(*) from levels

create table plain (id integer primary key)

-- role: anon
insert into plain values (1) returning id

revoke insert on plain from anon

-- role: anon
insert into plain values (2)

-- role: anon
select id from plain

revoke all on plain from anon

-- role: anon
select id from plain

-- role: anon
delete from plain where id = 1

grant delete on plain to anon

-- role: anon
delete from plain where id = 1

-- role: anon
delete from plain

grant all on plain to anon

-- role: anon
select id from plain

grant select (id) on plain to anon
