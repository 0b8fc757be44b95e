select uuid_generate_v4()

-- messages: differ
create extension nope

-- refused
create extension if not exists hstore

create extension "uuid-ossp"

create extension "uuid-ossp"

create extension if not exists "uuid-ossp"

create extension if not exists "uuid-ossp" with schema public

create extension if not exists pgcrypto with schema nope

create schema extensions

create extension if not exists pgcrypto with schema extensions

create extension if not exists plpgsql

create extension plpgsql

-- shape
select uuid_generate_v4(), public.uuid_generate_v4()

select uuid_nil(), uuid_ns_dns(), uuid_generate_v5(uuid_ns_dns(), 'example.org'), uuid_generate_v3(uuid_ns_url(), 'x')

select extensions.digest('a', 'sha256'::text)

select digest('a', 'sha256'::text)

-- search_path: public
select digest('a', 'sha256'::text)

-- search_path: public, extensions
select encode(digest('a'::text, 'md5'), 'hex'), encode(hmac('a'::text, 'key', 'sha1'), 'hex')

create table tu (id uuid primary key default uuid_generate_v4(), v text)

insert into tu (v) values ('a'), ('b')

select count(distinct id) from tu

alter table tu add other uuid default uuid_generate_v4()

select count(distinct other) from tu

drop extension nope

drop extension if exists nope

drop extension "uuid-ossp"

alter table tu alter id drop default, drop other

drop extension "uuid-ossp"

drop extension "uuid-ossp"

select uuid_generate_v4()

drop schema extensions

drop schema extensions cascade

-- search_path: public, extensions
select digest('a', 'md5')

-- role: anon
create extension pgcrypto

-- tx: rollback
create extension pgcrypto; select encode(digest('x'::text, 'sha1'), 'hex')

select digest('a', 'md5')

-- tx: commit
create extension pgcrypto; drop extension pgcrypto; create extension pgcrypto

select encode(digest('x'::text, 'sha1'), 'hex')
