create table customers (
	id uuid primary key,
	email text not null,
	tier text not null default 'standard' check (tier in ('standard', 'gold'))
);
create table products (
	id int primary key,
	name text not null,
	price numeric(10, 2) not null,
	stock int not null check (stock >= 0)
);
create table orders (
	id uuid primary key,
	customer uuid not null references customers default auth.uid(),
	product int not null references products,
	quantity int not null check (quantity between 1 and 10),
	price numeric(12, 2) not null,
	created timestamptz not null default now()
);
create table payments (
	"order" uuid primary key references orders,
	amount numeric(12, 2) not null
);
create table confirmations ("order" uuid primary key references orders);
create table days (
	day date primary key,
	orders int not null,
	revenue numeric(14, 2) not null
);

alter table customers enable row level security;
alter table products enable row level security;
alter table orders enable row level security;
alter table payments enable row level security;
alter table confirmations enable row level security;
alter table days enable row level security;

create policy own on orders for select to authenticated using (customer = auth.uid());
create policy place on orders for insert to authenticated with check (customer = auth.uid());
create policy own on customers for select to authenticated using (id = auth.uid());
create policy all_see on products for select to anon, authenticated using (true);

revoke all on customers, products, orders, payments, confirmations, days from anon, authenticated;
grant select on customers, products to authenticated;
grant select on orders to authenticated;
-- The price is not a customer's to say.
grant insert (id, customer, product, quantity) on orders to authenticated;
grant all on customers, products, orders, payments, confirmations, days to service_role;

insert into customers (id, email, tier) values
	('11111111-1111-4111-8111-111111111111', 'ada@example.org', 'gold'),
	('22222222-2222-4222-8222-222222222222', 'bob@example.org', 'standard'),
	('33333333-3333-4333-8333-333333333333', 'eve@example.org', 'standard');
insert into products (id, name, price, stock) values
	(1, 'A book', 19.90, 100000), (2, 'A lamp', 49.00, 100000), (3, 'The last chair', 99.00, 3);
