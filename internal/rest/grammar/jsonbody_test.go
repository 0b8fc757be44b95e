package grammar

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// A key costs the same however many an object has. Compared one by one these
// would take minutes.
func TestManyKeys(t *testing.T) {
	var b bytes.Buffer
	b.WriteByte('{')
	const n = 200_000
	for i := range n {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	b.WriteString(`"k7":"last"}`)
	p, err := ParseJSON(b.Bytes())
	if err != nil || len(p.First) != n || string(p.First[7].Value) != `"last"` {
		t.Fatalf("%v, %d members", err, len(p.First))
	}
}

func TestParseJSON(t *testing.T) {
	for _, c := range []struct {
		body   string
		code   string
		single bool
		rows   int
		even   bool
	}{
		{`{"a":1}`, "", true, 1, true},
		{`[{"a":1,"b":2},{"b":1,"a":2}]`, "", false, 2, true},
		{`[{"a":1},{"b":1}]`, "", false, 2, false},
		{`[{"a":1},{"a":1,"b":1}]`, "", false, 2, false},
		{`[]`, "", false, 0, true},
		{`1`, "", false, 0, true},
		{`[1]`, "PGRST102", false, 0, false},
		{``, "PGRST102", false, 0, false},
		{`}{ x = 2`, "PGRST102", false, 0, false},
		{"{\"a\":\"\xff\"}", "PGRST102", false, 0, false},
		{`{"\ud800":1}`, "PGRST102", false, 0, false},
	} {
		p, err := ParseJSON([]byte(c.body))
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %q", c.body, err, c.code)
		}
		if err == nil && (p.Single != c.single || p.Rows != c.rows || p.Uniform != c.even) {
			t.Errorf("%s: %+v", c.body, p)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]database.Arg{
		`null`: database.Null, `"a\u00e9\ud83d\ude00\n"`: database.Text("aé😀\n"), `""`: database.Text(""),
		`1.50`: database.Text("1.50"), `true`: database.Text("true"), `{"a": [1]}`: database.Text(`{"a": [1]}`),
	} {
		if got, err := Text([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for text, code := range map[string]string{`"\u0000"`: "22P05", `"\udc00"`: "PGRST102", `"\ud800x"`: "PGRST102", `"\ud800\ud800"`: "PGRST102"} {
		if _, err := Text([]byte(text)); fault.Code(err) != code {
			t.Errorf("%s: %v, want %s", text, err, code)
		}
	}
}
