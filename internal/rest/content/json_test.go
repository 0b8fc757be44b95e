package content

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
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

// TestCSV reads bodies as PostgREST does, but for rows of too many fields, which it
// cuts.
func TestCSV(t *testing.T) {
	for body, want := range map[string]string{
		"a,b\n1,2\n":                  `[{"a":"1","b":"2"}]`,
		"a,b\r\n1,2\r\n3,4":           `[{"a":"1","b":"2"},{"a":"3","b":"4"}]`,
		"a,b\r1,2\r":                  `[{"a":"1","b":"2"}]`,
		"\ufeffa\n1":                  `[{"a":"1"}]`,
		"\ufeff\"a\"\n1":              `[{"a":"1"}]`,
		"a\n\"x\r\ny\rz\n\"\n":        `[{"a":"x\r\ny\rz\n"}]`,
		"a,b\n\"\"\"q\"\", \",\"\"\n": `[{"a":"\"q\", ","b":""}]`,
		"a,b\nNULL,\"NULL\"\n":        `[{"a":null,"b":null}]`,
		"a,b,c\n,null, NULL\n":        `[{"a":"","b":"null","c":" NULL"}]`,
		"a,b\n,\n":                    `[{"a":"","b":""}]`,
		"a\n\n\"\"\n\n1\n\n":          `[{"a":""},{"a":"1"}]`,
		"a,b":                         `[]`,
		"\n\na\n":                     `[]`,
		" a , b \n 1 , 2 ":            `[{" a ":" 1 "," b ":" 2 "}]`,
		"a,\n1,2":                     `[{"a":"1","":"2"}]`,
		"\"a,\"\"x\"\"\",b\n1,é😀":     `[{"a,\"x\"":"1","b":"é😀"}]`,
		"a\n<&>\\t":                   `[{"a":"\u003c\u0026\u003e\\t"}]`,
		"":                            "",
		"\n\r\n":                      "",
		"a,b\n1":                      "",
		"a,b\n1,2,3":                  "",
		"a,b\n1,2\n3,4,\n":            "",
		"a\n\"x":                      "",
		"a\n\"x\"y":                   "",
		"a\nx\"y\"":                   "",
		"a\n\"x\" ":                   "",
		"\"":                          "",
		"a\n\xff":                     "",
	} {
		p, err := parseCSV([]byte(body))
		switch {
		case want == "" && err == nil:
			t.Errorf("%q becomes %s", body, p.Raw)
		case want == "" && fault.From(err).Code != "PGRST102":
			t.Errorf("%q: %v", body, err)
		case want != "" && (err != nil || string(p.Raw) != want):
			t.Errorf("%q: %v, want %s", body, err, want)
			if err == nil {
				t.Errorf("got %s", p.Raw)
			}
		}
	}
}

// curl -d sends JSON as a form unless it is told otherwise; the error says how.
func TestFormThatIsJSON(t *testing.T) {
	for _, body := range []string{`{"title":"x=1&y"}`, "\n [ {} ] "} {
		if f, ok := errors.AsType[*fault.Error](formError(body)); !ok || f.Code != "PGRST102" || !strings.Contains(f.Hint, "application/json") {
			t.Errorf("%q: %v", body, f)
		}
	}
	for _, body := range []string{"title=x", "%7B%22a%22%3A1%7D=1", `{"a":`, "{", ""} {
		if err := formError(body); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func formError(body string) error {
	_, err := parseForm([]byte(body))
	return err
}
