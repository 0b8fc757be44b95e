package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSQLFile runs scripts of files: dumps as they are, with what their heads say
// to psql.
func TestSQLFile(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.write("dump.sql", "DROP DATABASE IF EXISTS shop;\nCREATE DATABASE shop;\n\\c shop;\nSET client_encoding = 'UTF8';\ncreate table t (id integer);\ninsert into t values (1), (2);\n")
		r := p.run("sql", "--file", filepath.Join(p.dir, "dump.sql"))
		want := "notice: line 1: left out DROP DATABASE IF EXISTS shop\nnotice: line 2: left out CREATE DATABASE shop\n"
		if r.code != 0 || !strings.HasSuffix(r.out, "CREATE TABLE\nINSERT 0 2\n") || !strings.Contains(r.errors, `left out \c shop`) || !strings.Contains(r.errors, want) {
			t.Errorf("%+v", r)
		}
		for _, c := range []struct{ script, want string }{
			{"select 1;\n\\c shop\n", `\connect may only stand before a script's first statement`},
			{"select 1;\ncreate database shop;\n", "error: "},
			{"\\copy t from 'x'\n", `line 1: \copy is a command of psql`},
			{"\\c shop\ncreate table u (id integer);\nselect nope;\n", "line 3, column 8: column \"nope\" does not exist (42703)"},
		} {
			if r := p.runWith(c.script, "sql"); r.code != 1 || !strings.Contains(r.errors, c.want) {
				t.Errorf("%q: %+v", c.script, r)
			}
		}
		if r := p.run("sql", "-f", "x.sql", "select 1"); r.code != 2 {
			t.Errorf("a file and statements: %+v", r)
		}
		if out := p.must("sql", "--json", "select count(*) as n from t"); out != "[{\"n\":2}]\n" {
			t.Error(out)
		}
	})
}

// TestSQLDatasets loads the data sets beside the repository as a person would.
func TestSQLDatasets(t *testing.T) {
	for _, c := range []struct{ name, count, want string }{
		{"chinook", "select count(*) as n, sum(total) as s from invoice", `[{"n":412,"s":2328.60}]`},
		{"northwind", "select count(*) as n, max(order_date) as s from orders", `[{"n":830,"s":"1998-05-06"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data", c.name+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Skipf("the shared data are not beside the repository: %v", err)
			}
			p := newProject(t)
			p.must("sql", "-f", path)
			if out := p.must("sql", "--json", c.count); out != c.want+"\n" {
				t.Errorf("%s", out)
			}
		})
	}
}
