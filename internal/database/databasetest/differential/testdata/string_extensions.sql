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

-- search_path: public
select uuid_generate_v4()

-- search_path: public
select uuid_nil()

select uuid_nil()

select nosuch.uuid_nil()

select extensions.digest('a', 'md5')

select digest(1, 'md5')

select digest('a')

select crypt('a', 'x')

select count(distinct id) from account

insert into account (name) values ('eve') returning name, length(id::text), pass is null

select pgp_sym_encrypt('a', 'b') from account where false

-- setup
create extension pg_trgm;
create table product (id integer primary key, name text);
insert into product values (1, 'Coffee grinder'), (2, 'Tea kettle'), (3, 'Coffe mug'), (4, ''), (5, null), (6, 'KÄSE');

select id, similarity(name, 'coffee') from product order by id

select id from product where name % 'coffee' order by similarity(name, 'coffee') desc, id

select id, name <-> 'coffee mug' as d from product where name is not null order by d, id

select word_similarity('kettle', name), strict_word_similarity('coff', name), 'coffe' <% name, name %> 'grind', 'coffe' <<% name, name <->> 'tea', 'tea' <<-> name from product order by id

select show_trgm('Käse x'), show_trgm(''), 'word' % 'two words', 5 % 3

-- refused
select 'a' <-> 1

set pg_trgm.similarity_threshold = 0.9

select id from product where name % 'coffee' order by id
