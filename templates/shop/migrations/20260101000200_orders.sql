-- Carts and orders. No role of the API writes these tables: the functions do, as the
-- service role, and the state of an order changes by order_move alone.

create table carts (
  id         uuid primary key default gen_random_uuid(),
  user_id    uuid unique references auth.users (id) on delete cascade,
  secret     text unique,   -- sha256 of the guest's token
  coupon     text,
  updated_at timestamptz not null default now(),
  check ((user_id is null) <> (secret is null))
);

create table cart_items (
  cart_id    uuid not null references carts on delete cascade,
  variant_id bigint not null references variants on delete cascade,
  quantity   integer not null check (quantity between 1 and 99),
  primary key (cart_id, variant_id)
);
create index on cart_items (variant_id);

create table orders (
  id             bigint generated always as identity (start with 1001) primary key,
  key            uuid not null unique,  -- made by the page: the same one is the same order
  user_id        uuid references auth.users (id) on delete set null,
  cart_id        uuid references carts on delete set null,
  email          text not null check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(email) <= 254),
  state          text not null default 'new',
  step           integer not null default 0,
  currency       text not null,
  subtotal       bigint not null check (subtotal >= 0),
  discount       bigint not null check (discount between 0 and subtotal),
  shipping       bigint not null check (shipping >= 0),
  tax            bigint not null check (tax >= 0),
  total          bigint not null check (total = subtotal - discount + shipping + tax),
  refunded       bigint not null default 0 check (refunded between 0 and total),
  coupon         text references coupons on delete set null,
  address        jsonb not null,
  address_key    text not null,         -- by which the same door is told, however it is written
  reserved_until timestamptz not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);
create index on orders (user_id, id);
create index on orders (cart_id);
create index on orders (coupon);
create index on orders (reserved_until) where state = 'pending';
create index on orders (created_at);
create index on orders (email, created_at);
create index on orders (address_key, created_at);

-- What a guest shows to see the order. Mails carry it, so it is kept as it is, where no
-- role of the API reads.
create table order_secrets (
  order_id bigint primary key references orders on delete cascade,
  token    text not null
);

create table order_lines (
  order_id   bigint not null references orders on delete cascade,
  line       integer not null,
  variant_id bigint references variants on delete set null,
  product_id bigint references products on delete set null,
  name       text not null,
  option     text not null,
  sku        text not null,
  quantity   integer not null check (quantity > 0),
  unit_price bigint not null check (unit_price >= 0),
  net        bigint not null check (net = unit_price * quantity),
  discount   bigint not null check (discount between 0 and net),
  tax_rate   integer not null,
  tax        bigint not null,
  primary key (order_id, line)
);
create index on order_lines (variant_id);
create index on order_lines (product_id);

-- The states an order may go through. Stock is held in pending, review, paid and shipped.
create table order_transitions (
  from_state text not null,
  state      text not null,
  primary key (from_state, state)
);
insert into order_transitions (from_state, state) values
  ('new', 'pending'),
  ('pending', 'paid'), ('pending', 'review'), ('pending', 'expired'), ('pending', 'cancelled'), ('pending', 'refunding'),
  ('expired', 'paid'), ('expired', 'review'), ('expired', 'refunding'),
  ('cancelled', 'refunding'),
  ('review', 'paid'), ('review', 'refunding'),
  ('paid', 'shipped'), ('paid', 'review'), ('paid', 'refunding'),
  ('shipped', 'refunding'),
  ('refunding', 'refunded');

-- Each step begins where the one before it ended, and is one that is allowed: foreign keys
-- see to both, so no program can write another history.
create table order_history (
  order_id   bigint not null references orders on delete cascade,
  step       integer not null check (step > 0),
  previous   integer generated always as (nullif(step - 1, 0)) stored,
  from_state text not null,
  state      text not null,
  at         timestamptz not null default now(),
  actor      text not null,
  note       text,
  primary key (order_id, step),
  unique (order_id, step, state),
  check ((step = 1) = (from_state = 'new')),
  foreign key (from_state, state) references order_transitions (from_state, state),
  foreign key (order_id, previous, from_state) references order_history (order_id, step, state)
);
create index on order_history (from_state, state);
create index on order_history (order_id, previous, from_state);

create table payments (
  order_id        bigint primary key references orders on delete cascade,
  site            text not null,        -- where the browser comes back to
  session         text unique,
  url             text,
  intent          text unique,
  amount          bigint,
  billing_country text,
  card_country    text,
  paid_at         timestamptz
);

create table refunds (
  id         bigint generated always as identity primary key,
  key        uuid not null unique default gen_random_uuid(),
  order_id   bigint not null references orders on delete cascade,
  amount     bigint not null check (amount > 0),
  reason     text not null check (length(reason) between 1 and 500),
  state      text not null default 'pending' check (state in ('pending', 'done', 'failed')),
  reference  text unique,             -- of the payment service
  problem    text,
  created_at timestamptz not null default now()
);
create index on refunds (order_id);

create table shipments (
  order_id   bigint primary key references orders on delete cascade,
  label      text,
  carrier    text,
  tracking   text,
  tracking_url text,
  label_url  text,
  problem    text,
  created_at timestamptz not null default now()
);

create table order_flags (
  order_id bigint not null references orders on delete cascade,
  reason   text not null,
  detail   text not null default '',
  primary key (order_id, reason)
);

-- Events of the payment service that were seen to, by their ids.
create table payment_events (
  id         text primary key,
  type       text not null,
  order_id   bigint,
  outcome    text,
  created_at timestamptz not null default now()
);
create index on payment_events (created_at);

-- order_move takes an order from one state to the next, and notes it. It gives the step,
-- or nothing when the order is not in that state (any more).
create function order_move(order_id bigint, from_state text, state text, actor text, note text default null) returns integer
language sql security definer set search_path = '' as $$
  update public.orders o set state = $3, step = o.step + 1, updated_at = now() where o.id = $1 and o.state = $2;
  insert into public.order_history (order_id, step, from_state, state, actor, note)
    select o.id, o.step, $2, $3, $4, $5 from public.orders o
    where o.id = $1 and o.state = $3 and not exists (select 1 from public.order_history h where h.order_id = o.id and h.step = o.step)
    returning step
$$;
revoke execute on function order_move(bigint, text, text, text, text) from public, anon, authenticated;
revoke insert, update, delete on order_history from service_role;
revoke insert, update on orders from service_role;
grant insert (key, user_id, cart_id, email, currency, subtotal, discount, shipping, tax, total, coupon, address, address_key, reserved_until),
  update (refunded, reserved_until, updated_at, user_id) on orders to service_role;

-- order_show is one order with all that belongs to it: for its customer, for staff, and
-- for who has its token.
create function order_show("order" bigint, token text default null) returns jsonb language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('id', o.id, 'state', o.state, 'email', o.email, 'currency', o.currency, 'subtotal', o.subtotal, 'discount', o.discount,
      'shipping', o.shipping, 'tax', o.tax, 'total', o.total, 'refunded', o.refunded, 'coupon', o.coupon, 'address', o.address,
      'reserved_until', o.reserved_until, 'created_at', o.created_at,
      'url', case when o.state = 'pending' then (select p.url from public.payments p where p.order_id = o.id) end,
      'lines', (select jsonb_agg(to_jsonb(l) - 'order_id' order by l.line) from public.order_lines l where l.order_id = o.id),
      'history', (select jsonb_agg(jsonb_build_object('step', h.step, 'from_state', h.from_state, 'state', h.state, 'at', h.at) order by h.step)
        from public.order_history h where h.order_id = o.id),
      'shipment', (select jsonb_build_object('carrier', s.carrier, 'tracking', s.tracking, 'tracking_url', s.tracking_url, 'created_at', s.created_at)
        from public.shipments s where s.order_id = o.id and s.tracking is not null),
      'refunds', coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'amount', r.amount, 'reason', r.reason, 'state', r.state, 'created_at', r.created_at) order by r.id)
        from public.refunds r where r.order_id = o.id), '[]'::jsonb))
  from public.orders o
  where o.id = $1 and (o.user_id = auth.uid() or public.may('orders.read')
    or exists (select 1 from public.order_secrets s where s.order_id = o.id and s.token = $2))
$$;

-- suggest counts what was bought with what in the last year.
create function suggest() returns void language sql security definer set search_path = '' as $$
  delete from public.bought_together;
  insert into public.bought_together (product_id, other_id, times)
    select r.product_id, r.other_id, r.times from (
      select a.product_id, b.product_id as other_id, count(distinct a.order_id) as times,
        row_number() over (partition by a.product_id order by count(distinct a.order_id) desc, b.product_id) as rank
      from public.order_lines a
      join public.order_lines b on b.order_id = a.order_id and b.product_id <> a.product_id
      join public.orders o on o.id = a.order_id
      where o.state in ('paid', 'shipped') and o.created_at > now() - interval '1 year'
      group by a.product_id, b.product_id) r
    where r.rank <= 8
$$;
revoke execute on function suggest() from public, anon, authenticated;

create policy "one's own" on orders for select to authenticated using (user_id = (select auth.uid()));
create policy "staff" on orders for select to authenticated using ((select may('orders.read')));
create policy "of one's own orders" on order_lines for select to authenticated using (exists (select 1 from orders o where o.id = order_id));
create policy "of one's own orders" on order_history for select to authenticated using (exists (select 1 from orders o where o.id = order_id));
create policy "of one's own orders" on shipments for select to authenticated using (exists (select 1 from orders o where o.id = order_id));
create policy "of one's own orders" on refunds for select to authenticated using (exists (select 1 from orders o where o.id = order_id));
create policy "staff" on payments for select to authenticated using ((select may('orders.read')));
create policy "staff" on order_flags for select to authenticated using ((select may('orders.read')));
create policy "all see" on order_transitions for select using (true);
revoke insert, update, delete on carts, cart_items, orders, order_secrets, order_lines, order_transitions, order_history, payments, refunds,
  shipments, order_flags, payment_events, bought_together, product_words, coupon_uses, stock_changes from anon, authenticated;
revoke select on carts, cart_items, order_secrets, payment_events, product_words, coupon_uses from anon, authenticated;
