create table items (
  name text primary key,
  price numeric not null,
  stock integer not null check (stock >= 0)
);
alter table items enable row level security;
create policy "everyone reads items" on items for select using (true);

create table orders (
  id bigint generated always as identity primary key,
  item text not null references items,
  quantity integer not null default 1 check (quantity between 1 and 100),
  total numeric not null default 0,
  confirmed boolean not null default false
);
alter table orders enable row level security;
create policy "everyone orders" on orders for insert with check (not confirmed);
create policy "everyone reads orders" on orders for select using (true);
