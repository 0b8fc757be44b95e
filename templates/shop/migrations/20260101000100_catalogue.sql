-- What is sold, for how much. Every amount is in whole cents and without tax.

create table settings (
  id                    integer primary key default 1 check (id = 1),
  name                  text not null default 'The Shop' check (length(name) between 1 and 80),
  currency              text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
  site_url              text check (site_url ~ '^https?://'),       -- where the pages are; this server if empty
  country               text not null default 'DE',                    -- of whose taxes the cart is, until it is known
  reservation_minutes   integer not null default 30 check (reservation_minutes between 0 and 1440),
  coupon_tries          integer not null default 60 check (coupon_tries between 1 and 1000000), -- an hour, of one address of the network
  guest_checkouts       integer not null default 60 check (guest_checkouts between 1 and 1000000)  -- the same, of who is not signed in
);
insert into settings default values;

-- When a paid order waits for a look of the staff: from a total on, and beyond so many
-- paid orders within the window. Where the countries differ it always does.
create table review_rules (
  id             integer primary key default 1 check (id = 1),
  total          bigint not null default 100000 check (total > 0),
  window_minutes integer not null default 60 check (window_minutes between 1 and 10080),
  email_orders   integer not null default 3 check (email_orders > 0),    -- of one e-mail address
  address_orders integer not null default 3 check (address_orders > 0),  -- to one door
  country_orders integer not null default 50 check (country_orders > 0)  -- by cards of one country
);
insert into review_rules default values;

create table categories (
  id        bigint generated always as identity primary key,
  parent_id bigint references categories on delete restrict,
  slug      text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name      text not null check (length(name) between 1 and 80),
  position  integer not null default 0,
  check (parent_id <> id)
);
create index on categories (parent_id);

create table tax_classes (name text primary key);
insert into tax_classes values ('standard'), ('reduced'), ('none');

create table products (
  id          bigint generated always as identity primary key,
  category_id bigint references categories on delete restrict,
  slug        text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name        text not null check (length(name) between 1 and 160),
  description text not null default '' check (length(description) <= 20000),
  image       text check (image ~ '^(/|https://)'),
  tax_class   text not null default 'standard' references tax_classes,
  active      boolean not null default true,
  price_from  bigint,            -- of its cheapest variant; index_products keeps it
  created_at  timestamptz not null default now()
);
create index on products (category_id);
create index on products (name, id) where active;
create index on products (price_from, id) where active;
create index on products (category_id, price_from, id) where active;
create index on products (category_id, name, id) where active;
create index on products (tax_class);

create table variants (
  id         bigint generated always as identity primary key,
  product_id bigint not null references products on delete restrict,
  sku        text not null unique check (length(sku) between 1 and 60),
  name       text not null default '' check (length(name) <= 80),
  price      bigint not null check (price between 0 and 99999999),
  stock      integer not null default 0 check (stock >= 0),
  grams      integer not null default 0 check (grams >= 0),
  active     boolean not null default true
);
create index on variants (product_id);

-- The price of one from a quantity on.
create table price_tiers (
  variant_id    bigint not null references variants on delete cascade,
  from_quantity integer not null check (from_quantity > 1),
  price         bigint not null check (price between 0 and 99999999),
  primary key (variant_id, from_quantity)
);

-- Stock that came or went otherwise than by orders: who changed it, and why.
create table stock_changes (
  id         bigint generated always as identity primary key,
  variant_id bigint not null references variants on delete cascade,
  change     integer not null,
  reason     text not null check (length(reason) between 1 and 200),
  user_id    uuid,
  at         timestamptz not null default now()
);
create index on stock_changes (variant_id);

-- Where is delivered, for how much; nothing is charged for goods worth free_from.
create table countries (
  code      text primary key check (code ~ '^[A-Z]{2}$'),
  name      text not null,
  shipping  bigint not null check (shipping >= 0),
  free_from bigint check (free_from >= 0)
);

-- In hundredths of a percent: 1900 is 19 %. Shipping is taxed by the class standard.
create table tax_rates (
  country text not null references countries on delete cascade,
  class   text not null references tax_classes,
  rate    integer not null check (rate between 0 and 10000),
  primary key (country, class)
);
create index on tax_rates (class);

create table coupons (
  code             text primary key check (code ~ '^[A-Z0-9-]{3,40}$'),
  kind             text not null check (kind in ('percent', 'amount')),
  value            bigint not null check (value > 0),              -- hundredths of a percent, or cents
  minimum          bigint not null default 0 check (minimum >= 0), -- of the goods, before it
  valid_from       timestamptz,
  valid_until      timestamptz,
  max_uses         integer check (max_uses > 0),
  max_per_customer integer check (max_per_customer > 0),
  active           boolean not null default true,
  uses             integer not null default 0 check (uses >= 0 and uses <= max_uses),
  check (kind = 'amount' or value <= 10000)
);

-- How often a customer (an address, in small letters) has used one.
create table coupon_uses (
  code     text not null references coupons on delete cascade,
  customer text not null,
  uses     integer not null check (uses >= 0),
  primary key (code, customer)
);

create table bought_together (
  product_id bigint not null references products on delete cascade,
  other_id   bigint not null references products on delete cascade,
  times      integer not null,
  primary key (product_id, other_id)
);
create index on bought_together (other_id);

-- Search: the words of each product. functions/index_product keeps them, and
-- functions/search_products asks them.
create table product_words (
  word       text collate "C" not null,
  product_id bigint not null references products on delete cascade,
  primary key (product_id, word)
);
create index on product_words (word, product_id);

-- words_of are the words of a text, in small letters.
create function words_of(text) returns setof text language sql immutable as $$
  select t.word from (select distinct left(w, 60) as word from regexp_split_to_table(lower($1), '[\s!-/:-@[-`{-~«»–—‘’“”„…]+') as w) t where t.word <> ''
$$;

-- index_products reads the words of the products anew, and what each costs at least; of
-- all without ids.
create function index_products(ids bigint[] default null) returns void language sql security definer set search_path = '' as $$
  delete from public.product_words w where $1 is null or w.product_id = any ($1);
  insert into public.product_words (word, product_id)
    select w.word, p.id
    from public.products p
    cross join lateral public.words_of(p.name || ' ' || p.description || ' ' ||
      coalesce((select string_agg(v.sku || ' ' || v.name, ' ') from public.variants v where v.product_id = p.id), '')) as w(word)
    where $1 is null or p.id = any ($1);
  update public.products p set price_from = (select min(v.price) from public.variants v where v.product_id = p.id and v.active)
    where $1 is null or p.id = any ($1)
$$;
revoke execute on function index_products(bigint[]) from public, anon, authenticated;

-- adjust_stock is the one way by which staff change the stock.
create function adjust_stock(variant bigint, change integer, reason text) returns integer language sql security definer set search_path = '' as $$
  insert into public.stock_changes (variant_id, change, reason, user_id)
    select v.id, $2, $3, auth.uid() from public.variants v where v.id = $1 and public.may('catalogue.write');
  update public.variants v set stock = v.stock + $2 where v.id = $1 and public.may('catalogue.write') returning v.stock
$$;
revoke execute on function adjust_stock(bigint, integer, text) from public, anon;

-- Who sees and changes what. The catalogue is public; prices are the staff's to say, the
-- stock nobody's but by adjust_stock and the functions of orders.
create policy "all see" on settings for select using (true);
create policy "by permission" on settings for update to authenticated using ((select may('settings.write'))) with check ((select may('settings.write')));

create policy "staff see" on review_rules for select to authenticated using ((select may('orders.review')));
create policy "by permission" on review_rules for update to authenticated using ((select may('settings.write'))) with check ((select may('settings.write')));

create policy "all see" on categories for select using (true);
create policy "staff" on categories for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));

create policy "all see" on tax_classes for select using (true);

create policy "all see what is sold" on products for select using (active);
create policy "staff" on products for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));

create policy "all see what is sold" on variants for select using (active and exists (select 1 from products p where p.id = product_id and p.active));
create policy "staff" on variants for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));
revoke insert, update on variants from anon, authenticated;
grant insert (product_id, sku, name, price, grams, active), update (product_id, sku, name, price, grams, active) on variants to authenticated;

create policy "all see" on price_tiers for select using (true);
create policy "staff" on price_tiers for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));

create policy "staff" on stock_changes for select to authenticated using ((select may('catalogue.write')));

create policy "all see" on countries for select using (true);
create policy "staff" on countries for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));
create policy "all see" on tax_rates for select using (true);
create policy "staff" on tax_rates for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));

create policy "staff" on coupons for all to authenticated using ((select may('catalogue.write'))) with check ((select may('catalogue.write')));
revoke insert, update on coupons from anon, authenticated;
grant insert (code, kind, value, minimum, valid_from, valid_until, max_uses, max_per_customer, active),
  update (kind, value, minimum, valid_from, valid_until, max_uses, max_per_customer, active) on coupons to authenticated;

create policy "all see" on bought_together for select using (true);
