-- setup
create table docs (id integer primary key, owner text not null, body text not null, hidden boolean not null default false, n integer unique);
alter table docs enable row level security;
create policy sees on docs for select using (not hidden and (owner = 'a' or body = 'public'));
create policy puts on docs for insert with check (owner in ('a', 'b') and body <> 'noinsert');
create policy edits on docs for update using (owner = 'a') with check (body <> 'forbidden');
create policy short on docs as restrictive for update using (id < 100) with check (length(body) < 20);
insert into docs values (1, 'a', 'mine', false), (2, 'b', 'yours', false), (3, 'b', 'public', false), (4, 'a', 'gone', true), (100, 'a', 'far', false);
grant all on docs to authenticated;
create table noupdate (id integer primary key, v text);
alter table noupdate enable row level security;
create policy i on noupdate for insert with check (true);
create policy s on noupdate for select using (true);
insert into noupdate values (1, 'x');
create table blind (id integer primary key, v text);
alter table blind enable row level security;
create policy i on blind for insert with check (true);
insert into blind values (1, 'x');
create table partly (id integer primary key, v text, w text);
insert into partly values (1, 'v', 'w');
revoke all on partly from anon, authenticated;
grant insert (id, v), update (v), select (id) on partly to authenticated;
grant insert, select on partly to anon;
create table bare (id integer primary key, v text);
revoke all on bare from anon, authenticated;
grant insert on bare to authenticated;

-- role: authenticated
insert into docs values (1, 'a', 'changed') on conflict (id) do update set body = excluded.body returning id, body, xmax = 0

-- role: authenticated
insert into docs values (10, 'a', 'fresh') on conflict (id) do update set body = excluded.body returning id, body, xmax = 0

-- role: authenticated
insert into docs values (11, 'b', 'fresh') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (11, 'b', 'fresh') on conflict do nothing

-- role: authenticated
insert into docs values (12, 'b', 'fresh') on conflict (id) do nothing

-- role: authenticated
insert into docs values (2, 'a', 'x') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (3, 'a', 'x') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (4, 'a', 'x') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (4, 'a', 'x') on conflict (id) do nothing

-- role: authenticated
insert into docs values (4, 'a', 'x') on conflict do nothing

-- role: authenticated
insert into docs values (100, 'a', 'x') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (1, 'c', 'x') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (1, 'a', 'noinsert') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (1, 'a', 'forbidden') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (1, 'a', 'much too long for the policy') on conflict (id) do update set body = excluded.body

-- role: authenticated
insert into docs values (1, 'a', 'x') on conflict (id) do update set hidden = true

-- role: authenticated
insert into docs values (1, 'a', 'x') on conflict (id) do update set owner = 'b'

-- role: authenticated
insert into docs values (2, 'a', 'x') on conflict (id) do update set body = excluded.body where docs.owner = 'a'

-- role: authenticated
insert into docs values (1, 'a', 'w') on conflict (id) do update set body = excluded.body where docs.owner = 'b' returning id

-- role: authenticated
insert into docs values (1, 'a', 'second'), (20, 'a', 'third'), (2, 'a', 'x') on conflict (id) do update set body = excluded.body returning id

-- role: authenticated
insert into docs values (1, 'a', 'second'), (20, 'a', 'third') on conflict (id) do update set body = excluded.body returning id, body, docs.xmax = 0

-- role: authenticated
insert into noupdate values (1, 'y') on conflict (id) do update set v = excluded.v

-- role: authenticated
insert into noupdate values (2, 'y') on conflict (id) do update set v = excluded.v returning id

-- role: authenticated
insert into noupdate values (2, 'y') on conflict (id) do nothing

-- role: authenticated
insert into blind values (2, 'y') on conflict (id) do nothing

-- role: authenticated
insert into blind values (2, 'y') on conflict do nothing

-- role: authenticated
insert into blind values (1, 'y') on conflict do nothing

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = excluded.v

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = excluded.v || excluded.w

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = partly.v

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set w = excluded.w

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = excluded.v returning id

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = excluded.v returning xmax = 0

-- role: authenticated
insert into partly (id, v) values (1, 'n') on conflict on constraint partly_pkey do update set v = excluded.v

-- role: anon
insert into partly (id, v) values (1, 'n') on conflict (id) do update set v = excluded.v

-- role: anon
insert into partly (id, v) values (1, 'n') on conflict (id) do nothing

-- role: anon
insert into partly (id, v) values (2, 'n') on conflict (id) do nothing returning xmax = 0

-- role: authenticated
insert into bare values (1, 'n') on conflict (id) do nothing

-- role: authenticated
insert into bare values (1, 'n') on conflict on constraint bare_pkey do nothing

-- role: authenticated
insert into bare values (1, 'n') on conflict do nothing

-- role: authenticated
insert into bare values (1, 'n') on conflict (id) do update set v = 'x'

select id, owner, body, hidden from docs

select * from partly
