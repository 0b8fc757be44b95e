select pg_notify('orders', 'paid')

select pg_notify('orders', null)

select pg_notify('', 'x')

select pg_notify(null, 'x')

select pg_notify(repeat('c', 63), 'x')

select pg_notify(repeat('c', 64), 'x')

select pg_notify('c', repeat('x', 8000))

select n, pg_notify('c', n::text) from generate_series(1, 3) as g(n)

select count(pg_notify('c', 'x')) from generate_series(1, 3)
