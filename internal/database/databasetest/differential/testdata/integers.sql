-- setup
create table n (id integer primary key, i integer, b bigint);
insert into n values (1, 2147483647, 9223372036854775807), (2, -2147483648, -9223372036854775808), (3, 0, 0), (4, null, null), (5, 7, -7), (6, 1, 1);

select i + 1 from n where id = 1

select b + 1 from n where id = 1

select i - 1 from n where id = 2

select b - 1 from n where id = 2

select -i from n where id = 2

select -b from n where id = 2

select 2147483647 + 1

select 9223372036854775807 + 1

select -(-9223372036854775808)

select 2147483648, 9223372036854775807, -2147483648, -9223372036854775808

select 2147483647::bigint + 1, 2147483647 + 1::bigint

select i * i from n where id = 1

select b * 2 from n where id = 1

select i * b from n where id = 5

select 1 / 0

select 1 % 0

select 1::bigint / 0

select i / (i - 7) from n where id = 5

select 7 / 2, -7 / 2, 7 / -2, 7 % 2, -7 % 2, 7 % -2

select i / -1 from n where id = 2

select i % -1 from n where id = 2

select b / -1 from n where id = 2

select b % -1 from n where id = 2

select id from n where 10 / i > 0 and i <> 0 and id = 5

select null + 1, null * 2, 1 / null

select i + null from n where id = 1

select id from n where i = b

select id from n where b > 2147483647

select id from n where i between -1 and 7

select id from n where i not between 0 and 7

select id, i from n where i in (0, 7, null)


-- args: [7]
select id from n where i = $1

-- args: ["2147483648"]
select id from n where i = $1

-- args: ["2147483648"]
select id from n where b < $1

-- args: [" 7 "]
select id from n where i = $1

-- args: ["7.0"]
select id from n where i = $1

-- args: ["0x7"]
select id from n where i = $1

-- args: [""]
select id from n where i = $1

-- args: ["+7"]
select id from n where i = $1

-- args: ["9223372036854775808"]
select id from n where b = $1

-- args: ["-9223372036854775808"]
select id from n where b = $1

-- args: [null]
select id from n where i = $1

-- args: ["1", "2"]
-- types: ["int4", "int8"]
select $1 + $2

-- ordered
select id, i % 3 from n where i is not null order by i % 3, id

select count(*) from n where i > 0

update n set i = i + 1 where id in (1, 5)

select id, i from n where id in (1, 5)

select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 3, 16 >> 2

select abs(i) from n where id = 2

select abs(-7), abs(7)
