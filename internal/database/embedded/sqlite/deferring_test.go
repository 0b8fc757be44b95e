package sqlite

import "testing"

// TestDeferring switches between the two ways to check foreign keys, with
// statements that were compiled in either.
func TestDeferring(t *testing.T) {
	c := open(t, Options{})
	must(t, c.Exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
		CREATE TABLE k (p INTEGER REFERENCES p);
		CREATE TABLE d (p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)`))
	const insert = `INSERT INTO k VALUES (1)`
	refused := func(when string, err error) {
		t.Helper()
		if e, ok := err.(*Error); !ok || e.Code != CodeForeignKey {
			t.Errorf("%s: %v", when, err)
		}
	}
	pending := func(want int) {
		t.Helper()
		if n, err := c.DeferredFKs(); err != nil || n != want {
			t.Errorf("%d violated, want %d: %v", n, want, err)
		}
	}
	refused("at once", c.Run(insert))

	must(t, c.Exec("BEGIN"))
	back := c.Deferring(true)
	must(t, c.Run(insert))
	pending(1)
	held, err := c.Prepare(insert) // compiled while deferring
	must(t, err)
	back()
	pending(1) // is not forgotten
	refused("no longer deferred", c.Run(insert))
	if _, err := held.Step(); err == nil {
		t.Error("a statement that was compiled before is not checked")
	} else {
		refused("compiled before", err)
	}
	held.Reset()
	pending(1)
	held, err = c.Prepare(insert) // compiled while not
	must(t, err)
	back = c.Deferring(true)
	if more, err := held.Step(); more || err != nil {
		t.Errorf("a statement that was compiled before is checked: %v", err)
	}
	held.Reset()
	back()
	must(t, c.Exec("ROLLBACK"))

	must(t, c.Exec("BEGIN; INSERT INTO d VALUES (1)"))
	back = c.Deferring(true)
	must(t, c.Run(`INSERT INTO d VALUES (2)`))
	must(t, c.Run(`INSERT INTO k VALUES (2)`))
	must(t, c.Run(`INSERT INTO p VALUES (2)`))
	back()
	pending(1)
	must(t, c.Exec("INSERT INTO d VALUES (1); INSERT INTO p VALUES (1)"))
	pending(0)
	must(t, c.Exec("COMMIT"))
	refused("afterwards", c.Run(`INSERT INTO k VALUES (3)`))

	must(t, c.Exec("BEGIN"))
	c.Deferring(true)
	must(t, c.Run(`INSERT INTO k VALUES (4)`))
	refused("at the end", c.Exec("COMMIT"))
	must(t, c.Exec("ROLLBACK"))
	refused("after the end", c.Run(`INSERT INTO k VALUES (4)`))
}
