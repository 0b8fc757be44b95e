package statement

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestParameters holds each parameter to the value that was meant when it was written,
// though some of the text is thrown away.
func TestParameters(t *testing.T) {
	var b Builder
	b.Put(`SELECT '$1', "$2" WHERE a = `)
	b.Constant("own")
	b.Put(" AND b <= ")
	b.Ahead()
	b.Put(" AND b = ")
	b.Value()
	if _, err := b.Capture(func() error { b.Value(); return nil }); err != nil { // which stands nowhere
		t.Fatal(err)
	}
	b.Put(" AND c = ")
	b.Value()
	sql, p := b.Done()
	if want := `SELECT '$1', "$2" WHERE a = $1 AND b <= $2 AND b = $3 AND c = $4`; sql != want {
		t.Errorf("%s\nwant %s", sql, want)
	}
	args, err := p.Bind([]database.Arg{database.Text("x"), database.Text("y"), database.Text("z")})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"own", "x", "x", "z"} {
		if got, _ := args[i].Get(); got != want {
			t.Errorf("$%d is %s, want %s", i+1, got, want)
		}
	}
	if _, err := p.Bind(args); err == nil {
		t.Error("a value too many is taken")
	}
}

// TestDirect passes the values of a request on as they are.
func TestDirect(t *testing.T) {
	var b Builder
	_ = b.List(2, func(int) error { b.Value(); return nil })
	sql, p := b.Done()
	values := []database.Arg{database.Text("x"), database.Text("y")}
	if args, err := p.Bind(values); sql != "$1, $2" || err != nil || &args[0] != &values[0] {
		t.Errorf("%s: %v, %v", sql, args, err)
	}
}
