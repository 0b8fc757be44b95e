-- # A condition fails on a row, or not at all: what a column is compared with is not put in its place.

-- setup
create table notes (id integer primary key, who text, n integer, day date);
insert into notes values (1, 'ann', 0, '2026-01-02'), (2, 'bob', 3, null);
create function mine(w text) returns boolean language sql stable as 'select w = current_user';
create table secrets (id integer primary key, who text, n integer);
insert into secrets values (1, 'ann', 0), (2, '7', 3);
alter table secrets enable row level security;
create policy p on secrets using (mine(who));
grant select, update, delete on secrets to authenticated

select who from notes where n = 7 and 10 / (n - 7) > 0

select who from notes where n = 0 and 10 / n > 0

select who from notes where who = 'abc' and who::integer > 0

select who from notes where who = 'ann' and who::integer > 0

-- args: ["zoe"]
select count(*) from notes where who = $1 and (who || '-x')::date > '2026-01-01'

-- args: ["5"]
select count(*) from notes where n = $1 and sqrt(n - 10) > 0

select a.id from notes a join notes b on b.id = a.id where a.n = 9 and 1 / (b.n - a.n) > 0 and b.n = 9

update notes set n = 1 where n = 7 and 10 / (n - 7) > 0

delete from notes where who = 'x' and who::integer = 1

select case when who = 'x' and who::integer = 1 then 1 else 2 end from notes

select id from (select * from notes where n = 12) s where 1 / (n - 12) = 0

-- role: authenticated
select who from secrets where who::integer > 0

-- role: authenticated
select who from secrets where ('{"a":' || who || '}')::jsonb is not null

-- role: authenticated
select count(*) from secrets where who::date is null

-- role: authenticated
update secrets set n = 1 where who::date is null

-- role: authenticated
delete from secrets where who::integer > 0

-- # A row that an outer join made is not one that a policy hides

-- setup
create table open (id integer primary key, k integer);
insert into open values (1, 1), (2, 2), (3, 9);
grant select on open to authenticated;
create policy q on secrets for select to authenticated using (id = 2);

-- role: authenticated
select o.id, s.id from open o full join secrets s on s.id = o.k where (10 / s.n > 0) is not false

-- role: authenticated
select o.id, s.id from open o left join secrets s on s.id = o.k where (10 / s.n > 0) is not false

-- role: authenticated
select o.id, s.id from secrets s right join open o on s.id = o.k where coalesce(10 / s.n, 1) > 0

-- role: authenticated
select o.id, s.id, p.id from open o left join secrets s on s.id = o.k left join open p on coalesce(6 / s.n, 2) = p.id
