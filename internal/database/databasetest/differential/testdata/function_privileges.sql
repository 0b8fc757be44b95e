-- setup
drop role if exists fp_a, fp_b;
create role fp_a; create role fp_b in role fp_a;
create schema fp; grant usage on schema fp to fp_a;
create type fp.mood as enum ('x', 'y'); create table fp.t (id integer);
create function fp.f(integer) returns integer language sql as 'select $1';
create function fp.f(integer, text[]) returns integer language sql as 'select $1';
create function fp.f(fp.mood) returns integer language sql as 'select 1';
create function fp.f(fp.t) returns integer language sql as 'select 1';
create function fp.f(variadic n numeric[]) returns integer language sql as 'select 1';
create function fp."Odd, (name"(character varying, timestamp with time zone, double precision) returns integer language sql as 'select 1';
create function here(a integer default 1) returns integer language sql as 'select 1';
revoke all on function fp.f(integer) from public;
revoke all on function fp.f(integer, text[]) from public;
grant execute on function fp.f(integer) to fp_a;
grant execute on function fp.f(integer, text[]) to fp_b with grant option

select has_function_privilege('fp_a', 'fp.f(integer)', 'execute'), has_function_privilege('fp_b', 'fp.f(int)', 'EXECUTE'), has_function_privilege('anon', 'fp.f(int4)', 'execute')

select has_function_privilege('fp.f(integer)', 'execute'), has_function_privilege('public', 'fp.f(integer)', 'execute'), has_function_privilege('public', 'fp.f(fp.mood)', 'execute')

select has_function_privilege('fp_a', 'fp.f(integer,text[])', 'execute'), has_function_privilege('fp_b', 'fp.f(integer, text[])', 'execute'), has_function_privilege('fp_b', 'fp.f( integer , _text )', 'execute with grant option')

select has_function_privilege('anon', 'fp.f(fp.mood)', 'execute'), has_function_privilege('anon', 'fp.f(fp.t)', 'execute'), has_function_privilege('anon', 'fp.f(numeric[])', 'execute')

select has_function_privilege('anon', 'fp."Odd, (name"(varchar, timestamptz, float8)', 'execute'), has_function_privilege('anon', 'fp."Odd, (name"(character varying,timestamp with time zone,double precision)', 'execute')

select has_function_privilege('anon', 'here(integer)', 'execute'), has_function_privilege('here(integer)', 'execute, execute with grant option')

-- role: fp_b
select has_function_privilege('fp.f(integer)', 'execute'), has_function_privilege('fp.f(integer,text[])', 'execute with grant option')

-- role: fp_b
-- search_path: fp
select has_function_privilege('f(integer)', 'execute'), has_function_privilege('f(mood)', 'execute'), has_function_privilege('f(t)', 'execute')

select has_function_privilege('here()', 'execute')

select has_function_privilege('nothing(integer)', 'execute')

select has_function_privilege('fp.f(bigint)', 'execute')

select has_function_privilege('fp.f(nosuch)', 'execute')

select has_function_privilege('here', 'execute')

select has_function_privilege('', 'execute')

select has_function_privilege('here(integer', 'execute')

select has_function_privilege('nowhere.f(integer)', 'execute')

select has_function_privilege('here(integer)', 'select')

select has_function_privilege('nobody', 'here(integer)', 'execute')

select has_function_privilege(null, 'execute') is null, has_function_privilege('fp_a', null, 'execute') is null

-- refused
select has_function_privilege('now()', 'execute')

-- role: anon
select has_function_privilege('fp.f(integer)', 'execute')

select f, has_function_privilege('fp_a', f, 'execute') from unnest(array['fp.f(integer)', 'here(integer)']) f order by 1

-- setup
drop owned by fp_a; drop owned by fp_b; drop role fp_a, fp_b
