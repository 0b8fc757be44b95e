-- Runs once, on a new database, after the migrations. Everything here may go.

insert into members (id, role, slug, name, bio) overriding system value values
  (1, 'editor', 'mara-lindqvist', 'Mara Lindqvist', 'Mara repairs old radios and writes about what she finds inside them.'),
  (2, 'author', 'jonas-adler', 'Jonas Adler', 'Jonas draws maps for a living, and walks what he draws.');

insert into categories (id, parent_id, slug, name, description) overriding system value values
  (1, null, 'workshop', 'Workshop', 'Things taken apart, and most of them put together again.'),
  (2, 1, 'radio', 'Radio', 'Valves, coils and voices from far away.'),
  (3, 1, 'paper', 'Paper', 'Folding, binding, printing.'),
  (4, 2, 'short-wave', 'Short wave', 'What the ionosphere brings on a good night.'),
  (5, null, 'outside', 'Outside', 'Walks, weather, and what grows in between.'),
  (6, 5, 'maps', 'Maps', 'Drawing places, and finding them again.');

insert into posts (id, slug, title, summary, body, tags, category_id, author_id, updated_by, published_at, created_at, updated_at) overriding system value values
(1, 'a-radio-that-waited', 'A radio that waited forty years',
 'It stood in a barn since 1983. One capacitor, one fuse and a lot of patience later it spoke.',
 $md$The set came wrapped in a newspaper of **March 1983**. Nobody had plugged it in since, which was luck: old capacitors do not like surprises.

## First, do nothing

The rule of the workshop is to look before touching. The back plate came off with four screws, and inside was

- dust, as deep as a thumbnail,
- a mouse's nest, long left,
- and every valve that belonged there.

> A radio that nobody has tried to repair is worth two that somebody has.

## Then, slowly

I brought the voltage up over a day with a *variable transformer*, a tenth at a time. At 180 volts there was a hum. At 200 there was a voice.

```
heater      6.3 V   ok
anode     212   V   ok
bias       -7.4 V   a little low
```

The [schematic](https://www.radiomuseum.org) says −8. It can wait another forty years.
$md$, array['repair', 'valves', 'patience'], 2, 1, 1, now() - interval '3 days', now() - interval '5 days', now() - interval '3 days'),
(2, 'listening-at-night', 'Listening at night',
 'Why a wire in an apple tree hears Brazil at three in the morning and nothing at noon.',
 $md$Short waves go up, and at night they come down again a long way off. The layer that swallows them by day, the *D layer*, lives on sunlight and is gone an hour after dusk.

What you need:

1. A receiver, any receiver.
2. Ten metres of wire. Mine ends in an apple tree.
3. A night without anything else to do.

At three I had a preacher, a weather report for ships, and somebody counting in Portuguese. I wrote down the numbers. **They were football results.**
$md$, array['short-wave', 'night', 'antennas'], 4, 1, 1, now() - interval '12 days', now() - interval '13 days', now() - interval '12 days'),
(3, 'the-path-that-is-not-there', 'The path that is not there',
 'Every map has one: a dotted line across a field that no foot has found in years. I went to look for mine.',
 $md$A map is a promise. Some of its promises were made in 1911, by a man in a hurry.

The dotted line leaves the road at the chapel, crosses two fields and reaches the river at a ford. I found the chapel. Then I found **brambles**.

## What the survey says

The surveyor's book is in the county archive. His note for that day reads, in full: *“Rain. Path good.”* It is the only remark in four hundred pages that I would call optimistic.

I have drawn it as a gap. A gap is a promise too: *go and see*.
$md$, array['walking', 'survey', 'patience'], 6, 2, 2, now() - interval '20 days', now() - interval '21 days', now() - interval '20 days'),
(4, 'a-notebook-in-an-evening', 'A notebook in an evening',
 'Sixteen sheets, one thread, five holes. The binding that has held since the second century.',
 $md$Fold four sheets of four. Prick five holes along each fold, a thumb apart. Then the needle goes *in, out, in, out, in*, and back the way it came.

That is all. The rest is choosing the paper, which takes the evening.

- **Too smooth** and the pencil slips.
- **Too rough** and the pen catches.
- Just right is what the printer down the road throws away.
$md$, array['binding', 'paper', 'evenings'], 3, 2, 2, now() - interval '33 days', now() - interval '33 days', now() - interval '33 days'),
(5, 'what-the-barometer-knows', 'What the barometer knows',
 'A glass tube, a year of mornings, and the one rule that turned out to be true.',
 $md$I wrote down the pressure every morning at seven for a year. Of the forty sayings in the almanac I could confirm **one**: *long foretold, long last; short notice, soon past*.

A slow fall over two days meant rain for two days. A sudden one meant a wet hat and a clear evening. Everything about swallows was wrong, at least for the swallows here.
$md$, array['weather', 'notes'], 5, 2, 2, now() - interval '47 days', now() - interval '47 days', now() - interval '47 days'),
(6, 'on-keeping-screws', 'On keeping screws',
 'A short defence of the jar.',
 $md$Everybody who repairs things has the jar. It holds screws of no known thread, and it is never thrown away.

I have now needed it **three** times in nineteen years. Each time the screw was there, and each time it was the last one of its kind in the world. That is not storage. That is insurance.
$md$, array['repair', 'notes'], 1, 1, 1, now() - interval '61 days', now() - interval '61 days', now() - interval '61 days'),
(7, 'the-coil-winder', 'The coil winder (not finished)', 'A machine of wood and counting.', $md$Notes so far: a crank, a counter from a tape deck, *patience*.
$md$, array['repair'], 2, 1, 1, null, now() - interval '1 day', now() - interval '1 day');

insert into posts (id, kind, slug, title, summary, body, author_id, updated_by, published_at, comments_open) overriding system value values
(8, 'page', 'about', 'About', 'Two people, one workshop, and a notebook that became a blog.',
 $md$**Field Notes** is written by Mara and Jonas. She takes things apart; he goes outside. On rainy days it is the other way round.

Write to us in the comments, or [see what we have made](/portfolio).

## This blog

It runs on Galley: one program, one folder. The texts here came with it and may be deleted: sign in at [/write/](/write/).
$md$, 1, 1, now() - interval '90 days', false);

-- What was published before there were readers is no news.
insert into announcements (post_id) select id from posts where kind = 'post' and published_at is not null;

insert into comments (post_id, user_id, name, body, state, created_at) values
(1, null, 'Ida', 'My grandfather had the same set. His hummed too, and he called it singing.', 'approved', now() - interval '2 days'),
(1, null, 'Tom B.', E'Which capacitor was it in the end?\n\nMine blew the mains filter first.', 'approved', now() - interval '1 day'),
(3, null, 'Ruth', 'There is a gap like that near us. It is a good gap.', 'held', now() - interval '4 hours');

insert into projects (id, slug, title, summary, body, picture, picture_text, links, position) overriding system value values
(1, 'tide-clock', 'Tide clock', 'A clock with one hand, which shows the water instead of the time.',
 $md$Built of a kitchen clock, two gears cut by hand, and **a year of tables**. The hand goes round in twelve hours and twenty-five minutes.

It hangs in the harbour office of a town that asked not to be named, where it is right.
$md$, '/pictures/tide-clock.svg', 'A round dial with one hand above a wavy line', '[{"label": "The gears", "url": "https://example.org/gears"}]', 1),
(2, 'river-atlas', 'River atlas', 'Forty sheets of one small river, from the spring to the sea.',
 $md$Drawn on foot in three summers, printed in two colours. Sheet 17 is the ford that is not there.
$md$, '/pictures/river-atlas.svg', 'A river winding between contour lines', '[{"label": "All sheets", "url": "https://example.org/atlas"}]', 2),
(3, 'night-receiver', 'Night receiver', 'A radio with one knob, for people who cannot sleep.',
 $md$One valve, one coil, one knob. It has no scale: what you find is where you are.
$md$, '/pictures/night-receiver.svg', 'A wooden box with a knob, waves above it', '[]', 3),
(4, 'pocket-press', 'Pocket press', 'A printing press that fits into a coat, for cards and small truths.',
 $md$Beech, brass and a rubber roller. It prints ten words at most, which is nearly always enough.
$md$, '/pictures/pocket-press.svg', 'A small press with a printed card', '[{"label": "Plans", "url": "https://example.org/press"}]', 4);

-- The identities above were given; the next ones come after them.
select setval(pg_get_serial_sequence('members', 'id'), 2), setval(pg_get_serial_sequence('categories', 'id'), 6),
       setval(pg_get_serial_sequence('posts', 'id'), 8), setval(pg_get_serial_sequence('projects', 'id'), 4);

-- Has the function "index" write the words of these posts, by which they are found.
select galley.enqueue('index', '{}');
