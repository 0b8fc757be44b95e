-- setup
create schema extensions;
create extension pgcrypto;
create extension "uuid-ossp" with schema extensions;
create table account (id uuid primary key default extensions.uuid_generate_v4(), name text, pass text);
insert into account (name, pass) values ('ann', crypt('secret', '$2a$04$abcdefghijklmnopqrstuv')), ('bob', crypt('hidden', '$1$abcdefgh$'));

select name from account where pass = crypt('secret', pass)

select name, pass = crypt('hidden', pass) from account order by name

select encode(digest('abc', 'sha256'), 'hex'), encode(digest('\x00ff'::bytea, 'md5'), 'hex'), encode(hmac('data', 'key', 'sha1'), 'base64')

select digest('abc', 'nope')

select length(gen_salt('bf')), length(gen_salt('bf', 8)), length(gen_salt('md5')), left(gen_salt('bf', 8), 7)

select gen_salt('bf', 99)

select length(gen_random_bytes(16)), length(public.gen_random_bytes(1)), length(gen_random_uuid()::text), length(public.gen_random_uuid()::text)

select gen_random_bytes(-1)

select convert_from(decrypt(encrypt('attack at dawn', 'key', 'aes'), 'key', 'aes'), 'utf8'), encrypt('abc', 'key', 'aes')

select extensions.uuid_generate_v5(extensions.uuid_ns_url(), 'https://example.com'), extensions.uuid_generate_v3(extensions.uuid_ns_dns(), 'example.com'), extensions.uuid_nil()

select length(extensions.uuid_generate_v4()::text), length(extensions.uuid_generate_v1()::text), substr(extensions.uuid_generate_v1mc()::text, 15, 1)

select uuid_generate_v4()

select uuid_nil()

select nosuch.uuid_nil()

select extensions.digest('a', 'md5')

select digest(1, 'md5')

select digest('a')

select crypt('a', 'x')

select count(distinct id) from account

insert into account (name) values ('eve') returning name, length(id::text), pass is null

select pgp_sym_encrypt('a', 'b') from account where false
