-- setup
drop role if exists pf_a, pf_b, pf_c;
create role pf_a; create role pf_b in role pf_a; create role pf_c noinherit in role pf_a;
create schema pf; create table pf.t (a int, b text); create sequence pf.s; create view pf.v as select a from pf.t;
grant usage on schema pf to pf_a; grant select, insert on pf.t to pf_a; grant update on pf.t to pf_b with grant option; grant select (b), update (a) on pf.t to pf_c;
grant usage on pf.s to pf_a; grant select on pf.v to public; revoke all on pf.t, pf.v, pf.s from anon, authenticated

select has_table_privilege('pf_a', 'pf.t', 'select'), has_table_privilege('pf_b', 'pf.t', 'INSERT'), has_table_privilege('pf_c', 'pf.t', 'select'), has_table_privilege('pf_a', 'pf.t', 'delete')

select has_table_privilege('pf_b', 'pf.t', 'update with grant option'), has_table_privilege('pf_a', 'pf.t', 'select with grant option'), has_table_privilege('pf_a', 'pf.t', 'delete, select')

select has_table_privilege('pf.t', 'truncate'), has_table_privilege('public', 'pf.v', 'select'), has_table_privilege('public', 'pf.t', 'select')

-- role: pf_b
select has_table_privilege('pf.t', 'select'), has_table_privilege('pf.t', 'delete'), has_table_privilege('pf.v', 'select')

-- role: anon
select has_table_privilege('pf.t', 'select')

-- role: pf_b
-- search_path: pf
select has_table_privilege('t', 'select'), has_schema_privilege('pf', 'usage'), has_schema_privilege('pf', 'create')

select has_table_privilege('nobody', 'pf.t', 'select')

select has_table_privilege('pf_a', 'pf.nope', 'select')

select has_table_privilege('pf_a', 'nope.t', 'select')

select has_table_privilege('pf_a', 'pf.t', 'usage')

select has_table_privilege('pf_a', 'pf.t', '')

select has_table_privilege(null, 'pf.t', 'select') is null

select has_column_privilege('pf_c', 'pf.t', 'b', 'select'), has_column_privilege('pf_c', 'pf.t', 'a', 'select'), has_column_privilege('pf_a', 'pf.t', 'a', 'select'), has_column_privilege('pf_c', 'pf.t', 'a', 'update')

select has_column_privilege('pf_c', 'pf.t', 'nope', 'select')

select has_column_privilege('pf.t', 'a', 'references')

select has_any_column_privilege('pf_c', 'pf.t', 'select'), has_any_column_privilege('pf_c', 'pf.t', 'insert'), has_any_column_privilege('pf.t', 'insert')

select has_sequence_privilege('pf_a', 'pf.s', 'usage'), has_sequence_privilege('pf_a', 'pf.s', 'update'), has_sequence_privilege('pf_c', 'pf.s', 'usage'), has_sequence_privilege('pf.s', 'select')

select has_sequence_privilege('pf_a', 'pf.t', 'usage')

select has_schema_privilege('pf_a', 'pf', 'usage'), has_schema_privilege('pf_c', 'pf', 'usage'), has_schema_privilege('pf', 'create')

select has_schema_privilege('pf_a', 'nope', 'usage')

select has_schema_privilege('pf_a', 'pf', 'select')

select pg_has_role('pf_b', 'pf_a', 'member'), pg_has_role('pf_b', 'pf_a', 'usage'), pg_has_role('pf_c', 'pf_a', 'member'), pg_has_role('pf_c', 'pf_a', 'usage'), pg_has_role('pf_a', 'pf_b', 'member')

select pg_has_role('pf_a', 'usage'), pg_has_role('pf_b', 'pf_a', 'member with admin option')

select pg_has_role('pf_b', 'nobody', 'member')

select pg_has_role('pf_b', 'pf_a', 'select')

-- role: pf_b
select pg_has_role('pf_a', 'member'), pg_has_role('pf_c', 'member')

drop schema pf cascade

drop role pf_b, pf_c, pf_a
