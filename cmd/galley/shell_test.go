package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/galleyhq/galley/cmd/galley/terminal"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

func newShell(t *testing.T, out io.Writer) *shell {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &shell{db: db, out: out}
}

func TestPrompt(t *testing.T) {
	var out strings.Builder
	s := newShell(t, &out)
	err := s.prompt(t.Context(), strings.NewReader(`create table t (id bigint primary key,
  name text default 'x;y');
\dt
\d t
\d nope
select 1 as a
, 'b' as b;
select nope;
\role anon
select current_user as me;
\role
\s
\nonsense
\q
select 'never';
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"galley=> galley-> CREATE TABLE\n",
		"public  t     table  off\n",
		"name    text    yes   'x;y'::text\nprimary key (id)\nrow-level security off\n",
		"error: there is no table or view public.nope\n",
		" a | b \n---+---\n 1 | b\n(1 row)\n",
		"error: line 1, column 8: column \"nope\" does not exist (42703)\n",
		"  me  \n------\n anon\n",
		"select 1 as a\n, 'b' as b;\n", // \s
		"unknown command \\nonsense",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "never") {
		t.Error("the prompt went on after \\q")
	}
}

// TestPromptIsInterrupted has a prompt wait for a line that never comes.
func TestPromptIsInterrupted(t *testing.T) {
	s := newShell(t, io.Discard)
	in, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.prompt(ctx, in) }()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestJSONValue(t *testing.T) {
	for _, c := range []struct{ typeName, text, want string }{
		{"bool", "t", "true"}, {"bool", "f", "false"}, {"int8", "-5", "-5"}, {"numeric", "1.50", "1.50"},
		{"float8", "NaN", `"NaN"`}, {"numeric", "Infinity", `"Infinity"`}, {"jsonb", `{"a": 1}`, `{"a": 1}`},
		{"text", "<a>\"\n", `"<a>\"\n"`}, {"uuid", "x", `"x"`},
	} {
		if got := jsonValue(c.typeName, []byte(c.text)); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.typeName, c.text, got, c.want)
		}
	}
	if jsonValue("text", nil) != "null" {
		t.Error("NULL is not null")
	}
}

// TestControlCharacters keeps what is in a database from driving the terminal.
func TestControlCharacters(t *testing.T) {
	if got := terminal.Printable("a\x1b[2Jb\u009bc\nd"); got != "a\uFFFD[2Jb\uFFFDc↵d" {
		t.Errorf("%q", got)
	}
}

func TestManyRowsArePrintedInBatches(t *testing.T) {
	var out strings.Builder
	s := newShell(t, &out)
	if err := s.script(t.Context(), "select g as n from generate_series(1, 2500) g"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "\n"); got != 2500+2+2 || strings.Count(out.String(), " n") != 1 || !strings.Contains(out.String(), "(2500 rows)") {
		t.Errorf("%d lines", got)
	}
}
