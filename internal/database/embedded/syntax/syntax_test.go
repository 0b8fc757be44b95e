package syntax

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

func TestSplit(t *testing.T) {
	body := "create function f() returns int begin atomic select case when true then 1 else 2 end; select 2; end"
	cases := []struct {
		sql  string
		want []string
	}{
		{"", nil},
		{" ; -- nothing\n ;", nil},
		{"select 1", []string{"select 1"}},
		{"select 1; select 2 ;", []string{"select 1", "select 2"}},
		{"select ';'; select $$;$$; select $a$;$$;$a$", []string{"select ';'", "select $$;$$", "select $a$;$$;$a$"}},
		{"select E'\\';'; select /* ; /* ; */ ; */ 1; select \";\" from t -- ;\n", []string{
			"select E'\\';'", "select /* ; /* ; */ ; */ 1", "select \";\" from t"}},
		{body + "; select 1", []string{body, "select 1"}},
		{"begin; select 1; end", []string{"begin", "select 1", "end"}},
		{"select 'a'\n';'; select 1", []string{"select 'a'\n';'", "select 1"}},
	}
	for _, c := range cases {
		got, err := Split(c.sql)
		if err != nil {
			t.Errorf("%q: %v", c.sql, err)
			continue
		}
		if len(got) != len(c.want) {
			t.Errorf("%q: %d statements, want %d", c.sql, len(got), len(c.want))
			continue
		}
		for i, st := range got {
			if st.Text != c.want[i] || st.Node == nil {
				t.Errorf("%q: statement %d is %q, want %q", c.sql, i, st.Text, c.want[i])
			}
		}
	}
}

func TestOffsetsCountCharacters(t *testing.T) {
	got, err := Split("select 'äöü';  select 2;\n/* ☃ */ select 3")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 15, 33} {
		if got[i].Offset != want {
			t.Errorf("statement %d begins at %d, want %d", i, got[i].Offset, want)
		}
	}
}

func TestLimits(t *testing.T) {
	cases := map[string]struct{ sql, code string }{
		"parentheses":      {"select " + strings.Repeat("(", 100_000) + "1", fault.StatementTooComplex},
		"closed":           {"select " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000), fault.StatementTooComplex},
		"sum":              {"select " + strings.Repeat("1+", 100_000) + "1", fault.StatementTooComplex},
		"not":              {"select " + strings.Repeat("not ", 100_000) + "true", fault.StatementTooComplex},
		"minus":            {"select " + strings.Repeat("- ", 100_000) + "1", fault.StatementTooComplex},
		"case":             {"select " + strings.Repeat("case when ", 100_000) + "1", fault.StatementTooComplex},
		"union":            {strings.Repeat("select 1 union ", 50_000) + "select 1", fault.StatementTooComplex},
		"and":              {"select " + strings.Repeat("a and ", 20_000) + "b", ""},
		"values":           {"insert into t values " + strings.Repeat("(1,'x'),", 20_000) + "(1,'x')", ""},
		"nul":              {"select 'a\x00b'", fault.CharacterNotInRepertoire},
		"not utf-8":        {"select '\xff'", fault.CharacterNotInRepertoire},
		"recursive view":   {"create recursive view v (a) as select 1", fault.FeatureNotSupported},
		"check no inherit": {"create table t (a int check (a > 0) no inherit)", fault.FeatureNotSupported},
		"other database":   {"select * from a.b.c", fault.FeatureNotSupported},
		"grant on another": {"grant select on a.b.c to x", fault.FeatureNotSupported},
		"column of schema": {"select a.b.c from a.b", ""},
		"star of a table":  {"insert into s.* select 1", fault.SyntaxError},
		"star in from":     {"select 1 from t.*", fault.SyntaxError},
		"star of columns":  {"select t.*, s.t.* from t where a is distinct from t.*", ""},
		"no alias":         {"select * from (select 1)", fault.SyntaxError},
		"alias":            {"select * from (select 1) x, (values (1)) as y", ""},
		"temporary":        {"create temp sequence s", fault.FeatureNotSupported},
		"constraint trigger": {"create constraint trigger x after insert on t deferrable for each row execute function f()",
			fault.FeatureNotSupported},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(c.sql); fault.Code(err) != c.code {
				t.Errorf("code %q (%v), want %q", fault.Code(err), err, c.code)
			}
		})
	}
}

func TestLongIdentifiersAreCut(t *testing.T) {
	long := strings.Repeat("x", 70)
	umlaut := strings.Repeat("x", 62) + "ä" // 64 bytes: the last character goes
	cases := map[string]string{
		"select 1 as " + long + ", 2 as b":     "SELECT 1 AS " + long[:63] + ", 2 AS b",
		`select 1 as "` + umlaut + `", 2 as b`: "SELECT 1 AS " + umlaut[:62] + ", 2 AS b",
	}
	for sql, want := range cases {
		st, err := Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Node.SqlString(); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
}

func TestDeparse(t *testing.T) {
	for _, sql := range []string{
		"owner = auth.uid()", "a + b * c", "(a + b) * c", "NOT (a OR b) AND c", "a AND b AND c",
		"CAST('x' AS VARCHAR(3))", `"pg_catalog"."timezone"('utc', a)`, `"pg_catalog"."btrim"(a, 'x')`,
		"EXISTS (SELECT 1 FROM t WHERE t.x = y)", "CASE WHEN a THEN b ELSE c END", "a IS DISTINCT FROM b",
		"x LIKE 'a%' ESCAPE '!'", "ARRAY[1,2]", `a COLLATE "C"`, `"Weird "" name" = 1`, "E'\\\\' = a",
	} {
		node, err := ParseExpr(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		got, err := Deparse(node)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		again, err := ParseExpr(got)
		if err != nil || !same(node, again) {
			t.Errorf("%s became %s", sql, got)
		}
	}
}

func TestParseExprTakesOneExpression(t *testing.T) {
	for _, sql := range []string{"", "a, b", "a from t", "a b", "a as b", "distinct a", "a; select 1", "a where b", "1) or (1", "a union select b"} {
		if _, err := ParseExpr(sql); err == nil {
			t.Errorf("%q was accepted", sql)
		}
	}
}

func TestLocate(t *testing.T) {
	sql := `select 'x', "X", ä.x from Xs, X`
	for nth, want := range []int{20, 31, 0} {
		if got := Locate(sql, "x", nth); got != want {
			t.Errorf("occurrence %d at %d, want %d", nth, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, sql := range broken {
		f.Add(sql)
	}
	f.Add("select 1; insert into t (a) values ($1) returning *")
	f.Fuzz(func(t *testing.T, sql string) {
		all, err := Split(sql)
		if err != nil {
			f := fault.From(err)
			if f.Code == fault.InternalError || f.Position < 0 || f.Position > len(sql)+1 {
				t.Fatalf("%q: %v at %d", sql, err, f.Position)
			}
			return
		}
		for _, st := range all {
			if !strings.Contains(sql, st.Text) {
				t.Fatalf("%q: statement %q is not part of it", sql, st.Text)
			}
		}
	})
}
