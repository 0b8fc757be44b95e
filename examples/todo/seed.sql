-- The first data of a new database. It runs as its owner, who has no account, so
-- the owner of the private list is named.

insert into lists (name, owner) values
  ('Getting started', null),
  ('Groceries', null),
  ('Private list of an account', '7f0f2a52-8d0b-4c0e-9f0a-6f1f0b1f2a3b');

-- A new database counts from 1.
insert into todos (list_id, title, done) values
  (1, 'Start Galley', true),
  (1, 'Add a to-do of your own', false),
  (1, 'Look at the policies in examples/todo/migrations', false),
  (1, 'Open /rest/v1/todos?select=title,done in another tab', false),
  (2, 'Bread', false),
  (2, 'Tomatoes', false),
  (2, 'Coffee', true),
  (3, 'Visible with a token of that account only', false);
