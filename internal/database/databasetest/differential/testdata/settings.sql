-- tx: rollback
set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; set client_encoding = 'UTF8'; set standard_conforming_strings = on; select pg_catalog.set_config('search_path', '', false); set check_function_bodies = false; set xmloption = content; set client_min_messages = warning; set row_security = off; set default_tablespace = ''; set default_table_access_method = heap; set default_with_oids = false; select 1

-- tx: rollback
set default_with_oids = true

-- tx: rollback
set default_with_oids = off; show default_with_oids

-- tx: rollback
set nope = 1

show nope

-- tx: rollback
set default_tablespace = ''; show default_tablespace

-- tx: rollback
set search_path = a, "B c", '$user', public; show search_path; select current_setting('search_path')

-- tx: rollback
set search_path = ''; show search_path

-- tx: rollback
set search_path to 'a,b'; show search_path

-- tx: rollback
set schema 'abc'; show search_path; reset search_path; show search_path

-- tx: rollback
set search_path = a, a, b; show search_path; set search_path = "$user", PUBLIC; show search_path; set search_path = 1; show search_path

-- tx: rollback
set search_path = default; show search_path

show search_path

-- search_path: s, "x y"
show search_path

-- setup
create schema s; create table s.t (id integer primary key); insert into s.t values (7); create table t (id integer primary key); insert into t values (1)

-- tx: rollback
select id from t; set search_path = s; select id from t

-- tx: commit
set search_path = s; insert into t values (8); create table only_s (a integer); select id from t order by id; reset search_path; select id from t

select id from s.t order by id

select a from s.only_s

-- tx: rollback
set local search_path to s, public; select id from t order by id; insert into t values (9); select id from t order by id; set search_path = ''; select id from public.t; select id from t

-- tx: rollback
set search_path = ''; create table x (a integer)

-- tx: rollback
select set_config('search_path', 's', true); select id from t order by id; select set_config('search_path', 'public', false); select id from t

-- tx: rollback
select set_config('search_path', 'a,  "B"', false); show search_path

-- tx: rollback
select set_config('search_path', 'a,', false)

-- tx: rollback
select set_config('search_path', 'a b', false)

select set_config(null, 'x', false)

select set_config('a.z', null, false)

select set_config('nope', 'x', false)

select set_config('a.z', 'x', null)

select set_config('a.z', 'x', false)

-- tx: rollback
select set_config('a.z', 'x', false); select current_setting('a.z'); show a.z; set a.z = default; show a.z; select current_setting('a.z', true)

-- tx: rollback
select set_config('Camel.Z', 'y', false); show camel.z

-- tx: rollback
set "q.W" = 3; show q.w

-- tx: rollback
set "qq.W" = 3; show qq.w; select current_setting('QQ.w'), current_setting('QQ.nope', true)

show c.d

-- tx: rollback
set c.d = 1.50; show c.d

-- tx: rollback
set c.d = a, b

-- tx: rollback
set "c d" = 1

-- tx: rollback
set "c.d e" = 1

set work_mem = a, b

-- tx: rollback
set statement_timeout = '1min'; show statement_timeout; set statement_timeout = '1500ms'; show statement_timeout; set statement_timeout = 1500.4; show statement_timeout; set statement_timeout = '1 d'; show statement_timeout; set statement_timeout = '1.5s'; show statement_timeout; set statement_timeout = '0x7530'; show statement_timeout; set statement_timeout to 0; show statement_timeout

set statement_timeout = -1

set statement_timeout = 'x'

set statement_timeout = ''

set statement_timeout = '2 parsecs'

set statement_timeout = 99999999999

set statement_timeout = '1s2'

-- tx: rollback
set work_mem = '2GB'; show work_mem; set work_mem = 64; show work_mem; set work_mem = '1.5MB'; show work_mem; set effective_cache_size = 100; show effective_cache_size; set random_page_cost = 1.1; show random_page_cost; set lock_timeout = '2h'; show lock_timeout

set work_mem = 1

set random_page_cost = -1

set random_page_cost = 'x'

-- tx: rollback
set jit = 'OF'; show jit; set jit = y; show jit; set enable_seqscan to off; show enable_seqscan; set synchronous_commit = false; show synchronous_commit; set client_min_messages = debug; show client_min_messages; set client_min_messages = 'WARNING'; show client_min_messages; set application_name = 'galley x'; show application_name

set jit = 'o'

set check_function_bodies = maybe

set client_min_messages = foo

set xmloption = 'nope'

-- tx: rollback
set xml option document; show xmloption

set server_version = 1

set max_connections = 5

set checkpoint_timeout = 5

reset server_version

reset nope

-- tx: rollback
set datestyle = 'ISO, MDY'; show datestyle; set datestyle to iso; show DateStyle; set intervalstyle = postgres; show intervalstyle; set bytea_output = hex; show bytea_output

-- refused
set datestyle = german

-- refused
set intervalstyle = iso_8601

-- refused
set timezone = 'Europe/Berlin'

-- refused
set standard_conforming_strings = off

-- refused
set session_replication_role = replica

-- tx: rollback
set time zone 'UTC'; show time zone; set timezone = 'utc'; show timezone; set time zone 'Etc/UTC'; show timezone

-- tx: rollback
show role; select current_user; set role anon; show role; select current_user, session_user = current_user; set role none; show role; set local role authenticated; select current_role; reset role; show role

-- tx: rollback
set role nope

-- tx: rollback
set role "none"; show role

-- tx: rollback
set role anon; select id from s.t

-- tx: rollback
set role anon; create table x (a integer)

-- tx: rollback
select set_config('role', 'anon', true); select current_user; select id from s.t

-- role: anon
select current_setting('role')

select current_setting('role')

-- tx: rollback
select set_config('request.jwt.claims', '{"sub": "11111111-1111-1111-1111-111111111111", "role": "x"}', true); select auth.uid(), auth.role(); select set_config('request.jwt.claims', '', true); select auth.role()

-- tx: rollback
set role anon; set log_duration = on

-- tx: rollback
set transaction isolation level read committed; show transaction_isolation; select 1

-- tx: rollback
set transaction read only; show transaction_read_only; insert into t values (2)

-- tx: rollback
set transaction read only; create table x (a integer)

-- tx: rollback
-- messages: differ
set transaction read only; set transaction read write

show transaction_isolation

show server_encoding

select current_setting('server_encoding'), current_setting('standard_conforming_strings'), current_setting('TimeZone')

-- tx: rollback
set a.b = 'c'; reset all; show a.b; show search_path

-- readonly
set search_path = x
