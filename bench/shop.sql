-- The catalogue of the shop that is measured: 200 categories, 20 of them at the top,
-- 100,000 products in 10,000 names of 200 words, two variants of each.
insert into countries (code, name, shipping) values ('DE', 'Germany', 490);
insert into tax_rates (country, class, rate) values ('DE', 'standard', 1900);
insert into categories (id, parent_id, slug, name) overriding system value
  select i, case when i > 20 then (i - 1) % 20 + 1 end, 'category-' || i, 'Category ' || i from generate_series(1, 200) as i;
insert into products (id, category_id, slug, name, description) overriding system value
  select i, i % 200 + 1, 'product-' || i,
    (array['ka', 'lo', 'mi', 'ne', 'pu', 'ra', 'so', 'ti', 'vu', 'ze'])[i % 10 + 1] || (array['ban', 'cor', 'dal', 'fen', 'gor', 'hul', 'jas', 'kim', 'lon', 'mur'])[i / 10 % 10 + 1] || ' ' ||
    (array['bo', 'cha', 'du', 'fli', 'gro', 'he', 'ja', 'kle', 'my', 'no'])[i / 100 % 10 + 1] || (array['ble', 'cket', 'dder', 'ffer', 'gle', 'mper', 'nner', 'pper', 'sk', 'tter'])[i / 1000 % 10 + 1] || ' ' || i / 10000,
    'Made to last, and to be mended when it does not.'
  from generate_series(1, 100000) as i;
insert into variants (id, product_id, sku, name, price, stock) overriding system value
  select i, (i + 1) / 2, 'S' || i, case i % 2 when 1 then 'small' else 'large' end, 500 + i % 9000, 1000000 from generate_series(1, 200000) as i;
select index_products();
