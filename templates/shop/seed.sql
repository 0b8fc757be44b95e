-- The first products. Prices are in cents, without tax.

insert into countries (code, name, shipping, free_from) values
  ('DE', 'Germany', 490, 6000), ('AT', 'Austria', 790, 9000), ('FR', 'France', 990, 12000), ('NL', 'Netherlands', 790, 9000), ('CH', 'Switzerland', 1890, null);

insert into tax_rates (country, class, rate) values
  ('DE', 'standard', 1900), ('DE', 'reduced', 700), ('AT', 'standard', 2000), ('AT', 'reduced', 1000),
  ('FR', 'standard', 2000), ('FR', 'reduced', 550), ('NL', 'standard', 2100), ('NL', 'reduced', 900),
  ('CH', 'standard', 810), ('CH', 'reduced', 260);

insert into categories (id, parent_id, slug, name, position) overriding system value values
  (1, null, 'home', 'Home', 1),
  (2, 1, 'kitchen', 'Kitchen', 1),
  (3, 1, 'living', 'Living', 2),
  (4, null, 'books', 'Books', 2),
  (5, null, 'clothing', 'Clothing', 3),
  (6, 5, 'bags', 'Bags', 1);

insert into products (id, category_id, slug, name, tax_class, description) overriding system value values
  (1, 2, 'stoneware-mug', 'Stoneware mug', 'standard', 'Thrown by hand, glazed inside and out. Holds 300 ml and survives the dishwasher.'),
  (2, 2, 'oak-cutting-board', 'Oak cutting board', 'standard', 'One piece of oak, oiled, 40 by 25 cm. Comes with a small tin of oil.'),
  (3, 2, 'linen-tea-towel', 'Linen tea towel', 'standard', 'Washed linen that dries from the first day on.'),
  (4, 2, 'cast-iron-pan', 'Cast-iron pan', 'standard', '26 cm, seasoned three times. For every stove, and for a fire.'),
  (5, 2, 'carafe', 'Carafe', 'standard', 'A litre, of glass that is blown by mouth, with a cork.'),
  (6, 2, 'espresso-pot', 'Espresso pot', 'standard', 'Steel, for induction too. Makes four small cups.'),
  (7, 3, 'wool-blanket', 'Wool blanket', 'standard', 'New wool from one flock, woven in a mill of 1890. 140 by 200 cm.'),
  (8, 3, 'beeswax-candle', 'Beeswax candle', 'standard', 'Burns for thirty hours and smells of honey.'),
  (9, 3, 'desk-lamp', 'Desk lamp', 'standard', 'Turns and bends wherever the light should be. With a warm LED.'),
  (10, 3, 'wall-clock', 'Wall clock', 'standard', 'Runs silently. 30 cm, ash.'),
  (11, 3, 'storage-basket', 'Storage basket', 'standard', 'Of willow, made in the village next to ours.'),
  (12, 3, 'ceramic-vase', 'Ceramic vase', 'standard', 'Every one is another. About 22 cm high.'),
  (13, 4, 'the-garden-year', 'The Garden Year', 'reduced', 'What to do in each week, by a gardener who did it for forty years. 320 pages.'),
  (14, 4, 'bread-at-home', 'Bread at Home', 'reduced', 'Sixty breads, from the first loaf to sourdough. 240 pages.'),
  (15, 4, 'a-short-walk', 'A Short Walk', 'reduced', 'A novel about a long one. 190 pages.'),
  (16, 4, 'atlas-of-lighthouses', 'Atlas of Lighthouses', 'reduced', 'A hundred towers with maps and drawings. 216 pages.'),
  (17, 4, 'pocket-notebook', 'Pocket notebook', 'standard', '96 pages that open flat, in linen.'),
  (18, 4, 'fountain-pen', 'Fountain pen', 'standard', 'Steel nib, with a converter and a bottle of ink.'),
  (19, 5, 'merino-jumper', 'Merino jumper', 'standard', 'Light enough for summer evenings, warm enough for the rest.'),
  (20, 5, 'rain-jacket', 'Rain jacket', 'standard', 'Waxed cotton, sealed at the seams. Can be mended, and we do it.'),
  (21, 5, 'wool-socks', 'Wool socks', 'standard', 'A pair that does not slip.'),
  (22, 6, 'canvas-tote', 'Canvas tote', 'standard', 'Carries fifteen kilos, and has a pocket for the keys.'),
  (23, 6, 'leather-satchel', 'Leather satchel', 'standard', 'Saddle leather that grows more beautiful. For a computer of 14 inches.'),
  (24, null, 'gift-card', 'Gift card', 'none', 'For somebody who likes to choose. Comes by post, in an envelope.');

insert into variants (id, product_id, sku, name, price, stock, grams) overriding system value values
  (1, 1, 'SM-001-1', 'White', 1490, 80, 350),
  (2, 1, 'SM-001-2', 'Blue', 1490, 60, 350),
  (3, 1, 'SM-001-3', 'Moss green', 1590, 0, 350),
  (4, 2, 'OCB-002-1', '', 3900, 25, 1400),
  (5, 3, 'LTT-003-1', 'Natural', 1200, 120, 120),
  (6, 3, 'LTT-003-2', 'Striped', 1200, 90, 120),
  (7, 4, 'CIP-004-1', '26 cm', 5900, 18, 2600),
  (8, 4, 'CIP-004-2', '30 cm', 7400, 9, 3400),
  (9, 5, 'C-005-1', '', 3400, 30, 800),
  (10, 6, 'EP-006-1', '4 cups', 4200, 22, 700),
  (11, 6, 'EP-006-2', '6 cups', 4900, 14, 850),
  (12, 7, 'WB-007-1', 'Grey', 12900, 12, 1500),
  (13, 7, 'WB-007-2', 'Rust', 12900, 8, 1500),
  (14, 8, 'BC-008-1', 'Small', 900, 200, 150),
  (15, 8, 'BC-008-2', 'Large', 1900, 100, 420),
  (16, 9, 'DL-009-1', 'Black', 8900, 15, 2100),
  (17, 9, 'DL-009-2', 'Brass', 10900, 6, 2100),
  (18, 10, 'WC-010-1', '', 6900, 11, 900),
  (19, 11, 'SB-011-1', 'Small', 2400, 35, 500),
  (20, 11, 'SB-011-2', 'Large', 4400, 20, 1100),
  (21, 12, 'CV-012-1', '', 4900, 1, 1200),
  (22, 13, 'TGY-013-1', 'Hardcover', 2800, 60, 900),
  (23, 13, 'TGY-013-2', 'Paperback', 1600, 90, 500),
  (24, 14, 'BAH-014-1', '', 2400, 70, 800),
  (25, 15, 'ASW-015-1', '', 1400, 110, 300),
  (26, 16, 'AOL-016-1', '', 3600, 40, 1300),
  (27, 17, 'PN-017-1', 'Plain', 750, 300, 110),
  (28, 17, 'PN-017-2', 'Dotted', 750, 300, 110),
  (29, 17, 'PN-017-3', 'Ruled', 750, 250, 110),
  (30, 18, 'FP-018-1', 'Fine', 3900, 25, 60),
  (31, 18, 'FP-018-2', 'Medium', 3900, 25, 60),
  (32, 19, 'MJ-019-1', 'S', 8900, 10, 350),
  (33, 19, 'MJ-019-2', 'M', 8900, 14, 370),
  (34, 19, 'MJ-019-3', 'L', 8900, 9, 390),
  (35, 19, 'MJ-019-4', 'XL', 8900, 4, 410),
  (36, 20, 'RJ-020-1', 'S', 15900, 6, 1100),
  (37, 20, 'RJ-020-2', 'M', 15900, 9, 1150),
  (38, 20, 'RJ-020-3', 'L', 15900, 7, 1200),
  (39, 21, 'WS-021-1', '36-39', 1600, 80, 90),
  (40, 21, 'WS-021-2', '40-43', 1600, 95, 95),
  (41, 21, 'WS-021-3', '44-47', 1600, 50, 100),
  (42, 22, 'CT-022-1', 'Natural', 2900, 70, 400),
  (43, 22, 'CT-022-2', 'Black', 2900, 55, 400),
  (44, 23, 'LS-023-1', '', 24900, 5, 1600),
  (45, 24, 'GC-024-1', '25', 2500, 500, 10),
  (46, 24, 'GC-024-2', '50', 5000, 500, 10);

-- Cheaper from a quantity on.
insert into price_tiers (variant_id, from_quantity, price) values
  (1, 4, 1290), (2, 4, 1290), (3, 4, 1290), (1, 12, 1090),
  (2, 12, 1090), (3, 12, 1090), (5, 3, 1050), (6, 3, 1050),
  (14, 6, 790), (15, 6, 790), (25, 10, 1190), (27, 5, 650),
  (28, 5, 650), (29, 5, 650), (27, 20, 550), (28, 20, 550),
  (29, 20, 550), (39, 3, 1400), (40, 3, 1400), (41, 3, 1400);

insert into coupons (code, kind, value, minimum, max_per_customer) values
  ('WELCOME10', 'percent', 1000, 0, 1),      -- 10 %, once for each customer
  ('SAVE5', 'amount', 500, 3000, null);      -- 5.00 from 30.00 on

select setval('categories_id_seq', 100);
select setval('products_id_seq', 1000);
select setval('variants_id_seq', 1000);

insert into bought_together (product_id, other_id, times) values (1, 2, 5), (1, 6, 4), (2, 4, 4), (6, 1, 4), (14, 2, 3), (2, 14, 3), (17, 18, 6), (18, 17, 6);

update products set image = '/images/' || slug || '.svg';

select index_products();
