insert into items values ('pen', 1.50, 10), ('book', 12.00, 2);
