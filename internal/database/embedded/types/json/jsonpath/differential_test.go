package jsonpath_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/jsonpath"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

// probe runs statements and reports errors as values, many in one round trip.
const probe = `
create function pg_temp.probe(statements text[]) returns table (n int, answer text) language plpgsql as $$
declare code text; message text;
begin
	for n in 1 .. cardinality(statements) loop
		probe.n := n; answer := null;
		begin
			execute statements[n] into answer;
		exception when others then
			get stacked diagnostics code = returned_sqlstate, message = message_text;
			answer := 'ERROR ' || code || ' ' || message;
		end;
		return next;
	end loop;
end $$`

func ask(t *testing.T, statements []string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, probe); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "select coalesce(answer, 'NULL') from pg_temp.probe($1::text[]) order by n", statements)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// trial is a question put to both sides.
type trial struct {
	statement string
	own       func() (string, error)
}

// compare puts all trials to both sides. A refusal of ours is counted, any other
// difference is an error.
func compare(t *testing.T, trials []trial) {
	t.Helper()
	statements := make([]string, len(trials))
	for i, tr := range trials {
		statements[i] = tr.statement
	}
	refused, failed, values := 0, 0, 0
	for i, want := range ask(t, statements) {
		got, err := trials[i].own()
		if err != nil {
			e := fault.From(err)
			got = "ERROR " + e.Code + " " + e.Message
		}
		switch {
		case got == want && err == nil:
			values++
		case got == want:
			failed++
		case fault.Code(err) == fault.FeatureNotSupported:
			refused++
		default:
			t.Errorf("%s: %s, in PostgreSQL %s", trials[i].statement, got, want)
		}
	}
	t.Logf("%d values and %d errors agree, %d were refused", values, failed, refused)
	if values == 0 {
		t.Error("no value was compared")
	}
}

// table is the paths and documents that are tried with each other.
type table struct{ Paths, Documents []string }

func readTable(t *testing.T) (tb table) {
	t.Helper()
	data, err := os.ReadFile("testdata/paths.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &tb); err != nil {
		t.Fatal(err)
	}
	return tb
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// TestTexts reads each path and writes it again.
func TestTexts(t *testing.T) {
	var trials []trial
	for _, text := range readTable(t).Paths {
		trials = append(trials, trial{"select " + quote(text) + "::jsonpath::text", func() (string, error) {
			p, err := jsonpath.Parse(text)
			if err != nil {
				return "", err
			}
			again, err := jsonpath.Parse(p.String())
			if err != nil || again.String() != p.String() {
				t.Errorf("%s is written %s, which is read as %v (%v)", text, p, again, err)
			}
			return p.String(), nil
		}})
	}
	compare(t, trials)
}

// TestResults runs each path over each document.
func TestResults(t *testing.T) {
	var trials []trial
	tb := readTable(t)
	for _, p := range tb.Paths {
		for _, d := range tb.Documents {
			trials = append(trials, runs(p, d)...)
		}
	}
	compare(t, trials)
}

// TestRandom runs paths that are put together at random.
func TestRandom(t *testing.T) {
	var trials []trial
	documents := readTable(t).Documents
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		g := generator{r}
		trials = append(trials, runs(g.path(), documents[r.IntN(len(documents))])...)
	}
	compare(t, trials)
}

const vars = `{"one": 1, "two": 2.5, "s": "ab", "list": [1, 2], "n": null, "odd key": true}`

// runs asks what a path finds, whether it finds anything, and the first with
// errors kept quiet.
func runs(path, doc string) []trial {
	arguments := "(" + quote(doc) + ", " + quote(path) + ", " + quote(vars)
	query := func(silent bool) func() (string, error) {
		return func() (string, error) {
			p, err := jsonpath.Parse(path)
			if err != nil {
				return "", err
			}
			all, err := p.Query(read(doc), read(vars))
			if code := fault.Code(err); err != nil && (!silent || code == fault.FeatureNotSupported || code == fault.UndefinedObject) {
				return "", err
			}
			n := document.Node{Kind: document.Array}
			for _, v := range all {
				n.Items = append(n.Items, *v)
			}
			return string(n.Append(nil)), nil
		}
	}
	return []trial{
		{"select jsonb_path_query_array" + arguments + ")", query(false)},
		{"select jsonb_path_query_array" + arguments + ", true)", query(true)},
		{"select jsonb_path_exists" + arguments + ")", func() (string, error) {
			p, err := jsonpath.Parse(path)
			if err != nil {
				return "", err
			}
			found, err := p.Exists(read(doc), read(vars))
			return strconv.FormatBool(found), err
		}},
	}
}

func read(s string) *document.Node {
	n, err := document.ParseBinary(s)
	if err != nil {
		panic(err)
	}
	return n
}

// generator makes paths.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) path() string { return g.pick("", "", "strict ", "lax ") + g.value(3, "$") }

func (g generator) value(depth int, here string) string {
	if depth == 0 {
		return g.pick(here, here, "1", "2.5", `"ab"`, "null", "true", "$one", "$s", "$list", "$n", "0", "-1", "1e2", "$")
	}
	switch g.IntN(9) {
	case 0:
		return "(" + g.value(depth-1, here) + g.pick(" + ", " - ", " * ", " / ", " % ") + g.value(depth-1, here) + ")"
	case 1:
		return g.pick("-", "+") + g.value(depth-1, here)
	case 2:
		return "(" + g.predicate(depth-1, here) + ")"
	}
	s := g.value(depth-1, here)
	if s[0] == '-' || s[0] == '+' {
		s = "(" + s + ")"
	}
	if c := s[len(s)-1]; c >= '0' && c <= '9' {
		s = "(" + s + ")"
	}
	for range 1 + g.IntN(2) {
		s += g.step(depth-1, here)
	}
	return s
}

func (g generator) step(depth int, here string) string {
	switch g.IntN(8) {
	case 0:
		return g.pick("[*]", "[0]", "[1]", "[last]", "[last - 1]", "[0 to 1]", "[1 to last]", "[0, 2]", "[$one]", "[-1]", "[2 to 1]", "[last + 1]", `["x"]`, "[1.7]")
	case 1:
		return ".**" + g.pick("", "{1}", "{0 to 1}", "{2 to last}", "{last}", "{1 to 2}")
	case 2:
		return g.pick(".size()", ".type()", ".abs()", ".floor()", ".ceiling()", ".double()")
	case 3, 4:
		return " ? (" + g.predicate(depth, "@") + ")"
	}
	return g.pick(".a", ".b", ".c", ".*", `."a"`, ".d", ".a", ".b")
}

func (g generator) predicate(depth int, here string) string {
	if depth < 0 {
		depth = 0
	}
	switch g.IntN(12) {
	case 0:
		return "(" + g.predicate(depth-1, here) + ")" + g.pick(" && ", " || ") + "(" + g.predicate(depth-1, here) + ")"
	case 1:
		return "!(" + g.predicate(depth-1, here) + ")"
	case 2:
		return "exists(" + g.value(depth, here) + ")"
	case 3:
		return "(" + g.predicate(depth-1, here) + ") is unknown"
	case 4:
		return g.value(depth, here) + ` starts with ` + g.pick(`"a"`, `"ab"`, "$s", `""`, "$one")
	case 5:
		return g.value(depth, here) + ` like_regex ` + g.pick(`"^a"`, `"A" flag "i"`, `"b$"`, `"."`, `"a.b" flag "s"`, `"a." flag "q"`, `"^b" flag "m"`)
	}
	return g.value(depth, here) + g.pick(" == ", " != ", " < ", " > ", " <= ", " >= ", " <> ") + g.value(depth, here)
}
