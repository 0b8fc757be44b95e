-- setup
create table notes (id integer primary key, owner uuid default auth.uid(), body text not null, public boolean not null default false);
alter table notes enable row level security;
create policy readers on notes for select using (public or owner = auth.uid());
create policy writers on notes for insert to authenticated with check (owner = auth.uid());
create policy editors on notes for update to authenticated using (owner = auth.uid()) with check (owner = auth.uid() and body <> 'forbidden');
create policy cleaners on notes for delete to authenticated using (owner = auth.uid() and not public);
insert into notes values (1, '11111111-1111-1111-1111-111111111111', 'a1', false), (2, '11111111-1111-1111-1111-111111111111', 'a2', true), (3, '22222222-2222-2222-2222-222222222222', 'b1', false), (4, null, 'n', true);
create table locked (id integer primary key);
insert into locked values (1);
alter table locked enable row level security;
create table drop_box (id integer primary key, v text);
alter table drop_box enable row level security;
create policy put on drop_box for insert with check (v <> 'no');
create table allp (id integer primary key, role text);
alter table allp enable row level security;
create policy everything on allp using (role = auth.role());
create table closed (id integer primary key, v text);
insert into closed values (1, 'x');
revoke all on closed from anon, authenticated;
grant select on closed to authenticated;
create table team (id integer primary key, who uuid);
insert into team values (1, '11111111-1111-1111-1111-111111111111');
create table plans (id integer primary key, team integer);
insert into plans values (1, 1), (2, 2);
alter table plans enable row level security;
create policy of_team on plans using (exists (select 1 from team where team.id = plans.team and team.who = auth.uid()));

select id from notes

-- role: anon
select id from notes

-- role: authenticated
select id from notes

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111", "role": "authenticated"}
select id from notes

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222", "role": "authenticated"}
select id from notes

-- role: service_role
select id from notes

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into notes (id, body) values (10, 'mine') returning id, owner

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into notes (id, owner, body) values (11, '22222222-2222-2222-2222-222222222222', 'not mine')

-- role: authenticated
insert into notes (id, body) values (11, 'nobody')

-- role: anon
insert into notes (id, body, public) values (11, 'anon', true)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into notes (id, body) values (12, 'ok'), (13, null)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into notes (id, owner, body) values (12, auth.uid(), 'ok'), (13, null, 'bad')

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
update notes set body = body || '!' returning id, body

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
update notes set body = 'forbidden' where id = 1

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
update notes set owner = null where id = 1

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
update notes set body = 'stolen' where id = 1 returning id

-- role: anon
update notes set body = 'x' returning id

-- role: service_role
update notes set body = 'service' where id = 3 returning id

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
delete from notes where id in (1, 2, 3) returning id

-- role: anon
delete from notes returning id

-- role: service_role
select id, owner, body from notes

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
select count(*) from notes where body like '%'

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
select id from notes n where exists (select 1 from notes m where m.id <> n.id)

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
select (select count(*) from notes)

-- role: anon
select id from locked

-- role: anon
insert into locked values (2)

-- role: anon
delete from locked

-- role: service_role
select id from locked

-- role: anon
insert into drop_box values (1, 'yes')

-- role: anon
insert into drop_box values (2, 'yes') returning id

-- role: anon
insert into drop_box values (2, 'no')

-- role: anon
insert into drop_box values (2, null)

-- role: anon
select count(*) from drop_box

select id, v from drop_box

-- role: authenticated
-- claims: {"role": "authenticated"}
insert into allp values (1, 'authenticated') returning id

-- role: authenticated
-- claims: {"role": "authenticated"}
insert into allp values (2, 'other')

-- role: authenticated
-- claims: {"role": "authenticated"}
update allp set role = 'other'

-- role: authenticated
-- claims: {"role": "other"}
select id from allp

-- role: authenticated
-- claims: {"role": "authenticated"}
delete from allp returning id

-- role: anon
select id from closed

-- role: authenticated
select id from closed

-- role: authenticated
insert into closed values (2, 'y')

-- role: authenticated
update closed set v = 'y'

-- role: authenticated
delete from closed

-- role: service_role
insert into closed values (2, 'y') returning id

-- role: anon
select 1 where exists (select 1 from closed)

-- role: anon
select id from notes where id in (select id from closed)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
select id from plans

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
select id from plans where 1 / (id - 1) > 0

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into plans values (3, 2)

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
insert into plans values (3, 1) returning id

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
update plans set team = 2 where id = 3

-- role: anon
create table mine (id integer)

-- role: anon
drop table notes

-- role: anon
alter table notes disable row level security

-- role: anon
create policy open on notes using (true)

-- role: anon
grant all on notes to anon

-- role: anon
select key from galley.settings

-- role: nobody_such
select 1

create policy readers on notes for select using (true)

drop policy nope on notes

drop policy if exists nope on notes

create policy bad on notes for insert using (true)

create policy bad on notes for select with check (true)

create policy bad on notes using (nope = 1)

create policy bad on notes using (1)

-- tx: rollback
create policy temp on notes for select to anon using (true); drop policy temp on notes; drop policy temp on notes
