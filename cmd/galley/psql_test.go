package main

import (
	"strings"
	"testing"
)

func TestWithoutPsql(t *testing.T) {
	for name, c := range map[string]struct {
		script, want string
		notices      int
	}{
		"plain":          {"select 1;", "select 1;", 0},
		"head":           {"DROP DATABASE IF EXISTS x;\nCREATE DATABASE x;\n\\c x;\nselect 1;", strings.Repeat(" ", 25) + ";\n" + strings.Repeat(" ", 17) + ";\n" + strings.Repeat(" ", 5) + "\nselect 1;", 4},
		"dump":           {"\\restrict abc\nSET a = 1;\nCREATE DATABASE x;\n\\connect x\nSET a = 1;\n\\unrestrict abc\n", strings.Repeat(" ", 13) + "\nSET a = 1;\n" + strings.Repeat(" ", 17) + ";\n" + strings.Repeat(" ", 10) + "\nSET a = 1;\n" + strings.Repeat(" ", 15) + "\n", 3},
		"stop at errors": {"\\set ON_ERROR_STOP on\nselect 1", strings.Repeat(" ", 21) + "\nselect 1", 0},
		"later":          {"select 1; create database x;", "select 1; create database x;", 0}, // the engine refuses it
		"in a string":    {"select '\\c x';", "select '\\c x';", 0},
	} {
		got, notices, err := withoutPsql(c.script)
		if err != nil || got != c.want || len(notices) != c.notices {
			t.Errorf("%s: %q, notices %q, error %v", name, got, notices, err)
		}
	}
	for script, want := range map[string]string{
		"select 1;\n\\c x\nselect 2;":     `\connect may only stand before a script's first statement`,
		"select 1;\n\\copy t from 'x'":    `line 2: \copy is a command of psql`,
		"\\set x 1\n":                     `line 1: \set is a command of psql`,
		"select 1 \\gset\n":               `line 1: \gset is a command of psql`,
		"copy t from stdin;\n1\ta\n\\.\n": `line 3: \. is a command of psql`,
	} {
		if _, _, err := withoutPsql(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", script, err)
		}
	}
}
