package sqltext

import (
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		want   []string
	}{
		"empty":            {" ; -- nothing\n;;", nil},
		"two":              {"select 1; select 2", []string{"select 1", "select 2"}},
		"string":           {"select ';'';';select 2;", []string{"select ';'';'", "select 2"}},
		"backslash":        {`select 'a\';select E'a\';b';`, []string{`select 'a\'`, `select E'a\';b'`}},
		"identifier":       {`select 1 as ";""";select 2`, []string{`select 1 as ";"""`, "select 2"}},
		"comments":         {"-- a;\nselect /* ; /* ; */ ; */ 1 -- ;\n;select 2", []string{"select /* ; /* ; */ ; */ 1", "select 2"}},
		"dollar":           {"do $$ begin; end $$; do $x$ $$;$y$;$x$;", []string{"do $$ begin; end $$", "do $x$ $$;$y$;$x$"}},
		"parameter":        {"select $1; select $2", []string{"select $1", "select $2"}},
		"dollar in a name": {"select a$b$; select $b$;$b$", []string{"select a$b$", "select $b$;$b$"}},
		"rule":             {"create rule r as on insert to t do (select 1; select 2); select 3", []string{"create rule r as on insert to t do (select 1; select 2)", "select 3"}},
		"atomic": {"create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
			[]string{"create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end", "select 3"}},
		"transaction": {"begin; select 1; end; commit", []string{"begin", "select 1", "end", "commit"}},
		"unbalanced":  {"select 1); select 2", []string{"select 1)", "select 2"}},
		"umlaut":      {"select 'ä;' as ä; select 2", []string{"select 'ä;' as ä", "select 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, st := range Split(c.script) {
				got = append(got, st.Text)
				if c.script[st.Offset:st.Offset+len(st.Text)] != st.Text {
					t.Errorf("offset %d of %q is wrong", st.Offset, st.Text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSplitDescribes(t *testing.T) {
	got := Split("-- one\nSELECT 1;\n\n/* two\n */ Insert into t\nvalues ('a\nb'")
	want := []Statement{
		{Text: "SELECT 1", Offset: 7, Line: 2, Keyword: "select", Terminated: true},
		{Text: "Insert into t\nvalues ('a\nb'", Offset: 29, Line: 5, Keyword: "insert", Open: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSplitOpen(t *testing.T) {
	for script, open := range map[string]bool{
		"select 1": false, "select '": true, "select $$ ; $": true, "select /* ": true, "select (1;": true,
		"select 1 -- '": false, "create function f() begin atomic select 1;": true, `select "`: true, "select E'\\'": true,
	} {
		st := Split(script)
		if len(st) != 1 || st[0].Open != open || st[0].Terminated {
			t.Errorf("%q: %+v", script, st)
		}
	}
}

func TestPosition(t *testing.T) {
	for _, c := range []struct{ position, line, column int }{
		{0, 1, 1}, {1, 1, 1}, {2, 1, 2}, {4, 2, 1}, {5, 2, 2}, {99, 2, 3},
	} {
		if line, column := Position("äö\nb;", c.position); line != c.line || column != c.column {
			t.Errorf("Position(%d) = %d:%d, want %d:%d", c.position, line, column, c.line, c.column)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("select 1; select $$ ; $$ -- x")
	f.Add("/*'$a$\"")
	f.Fuzz(func(t *testing.T, script string) {
		end := 0
		for _, st := range Split(script) {
			if st.Offset < end || st.Text == "" || script[st.Offset:st.Offset+len(st.Text)] != st.Text {
				t.Fatalf("statement at %d overlaps, is empty or is not in the script", st.Offset)
			}
			end = st.Offset + len(st.Text)
		}
	})
}
