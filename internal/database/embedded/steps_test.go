//go:build !race

// The race detector takes thirty times as long, which is what is told apart here.

package embedded_test

import "testing"

// What takes as many steps as the product of two numbers of rows would take minutes
// here, and end with the time that a statement has.
func TestStepsGrowWithTheRows(t *testing.T) {
	db := planDB(t)
	for _, c := range []struct{ sql, want string }{
		{`select count(*), sum(x), min(y), max(z) from (select first_value(id) over (order by n, id rows between current row and unbounded following exclude current row) as x,
			last_value(id) over (order by n groups between unbounded preceding and unbounded following exclude group) as y,
			nth_value(n, 30) over (order by n, id range between unbounded preceding and unbounded following exclude ties) as z from facts) s`, "20000|200009003|19938|1"},
		{"select count(*) from facts f where 20000 - id < all (select id::text::integer from facts)", "1"},
		{"select count(*) from (select id < any (select n::text::integer + 20000 from facts) as b from facts) s where b", "20000"},
		{"select count(*) from facts f where not (id > any (select id::text::integer + f.n * 0 from facts))", "1"},
	} {
		if got := answer(t, db, c.sql); got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}
