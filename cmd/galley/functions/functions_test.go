package functions

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"

	"log/slog"
)

// run runs a command line on a project, and returns what it printed.
func run(t *testing.T, project, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	load := func() (config.Config, error) {
		c, _, err := config.Load(config.Source{Project: project})
		return c, err
	}
	s := Shell{Config: load, Shell: subcommand.Shell{In: strings.NewReader(in), Out: &out,
		Args: func(a cobra.PositionalArgs) cobra.PositionalArgs { return a },
		WithDatabase: func(ctx context.Context, fn func(config.Config, database.DB) error) error {
			c, err := load()
			if err != nil {
				return err
			}
			db, err := app.Open(ctx, c, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			defer func() { _ = db.Close() }()
			return fn(c, db)
		}}}
	cmd := New(s, &cobra.Command{Use: "serve"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// TestTemplates makes a function of each template, and has all of them loaded.
func TestTemplates(t *testing.T) {
	project := t.TempDir()
	for name := range templates {
		if _, err := run(t, project, "", "new", "a-"+name, "--template", name); err != nil {
			t.Fatal(err)
		}
	}
	list, err := run(t, project, "", "list")
	if err != nil || strings.Count(list, "ready") != len(templates) {
		t.Fatalf("%s %v", list, err)
	}
	for _, want := range []string{"/functions/v1/a-hello", "/a-route/:id", "queue a-job", "schedule 0 3 * * * Europe/Berlin", "/rest/v1/rpc/a-rpc", "before insert on public.a_hook"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in\n%s", want, list)
		}
	}
	if out, err := run(t, project, `{"name":"Ann"}`, "invoke", "a-hello", "--data", "-"); err != nil || out != `{"message":"Hello Ann!"}` {
		t.Errorf("%q %v", out, err)
	}
	for name, want := range map[string]string{"a-job": "galley jobs enqueue a-job", "a-rpc": "/rest/v1/rpc/a-rpc", "a-hook": "before insert on public.a_hook"} {
		if out, err := run(t, project, "", "invoke", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q %v", name, out, err)
		}
	}
	for _, wrong := range [][]string{{"new", "a-hello"}, {"new", "../x"}, {"new", "x", "--template", "none"}, {"invoke", "none"}, {"delete", "a-hello"}, {"delete", "none", "--yes"}} {
		if out, err := run(t, project, "", wrong...); err == nil {
			t.Errorf("%v went well: %s", wrong, out)
		}
	}
	if _, err := run(t, project, "", "delete", "a-hello", "--yes"); err != nil {
		t.Error(err)
	}
	if list, _ := run(t, project, "", "list"); strings.Contains(list, "a-hello") {
		t.Errorf("deleted, and still there: %s", list)
	}
}

func TestSecretsAndLogs(t *testing.T) {
	project := t.TempDir()
	if _, err := run(t, project, "", "new", "hi"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"set", "A=1", "B=x=y"}, {"set", "C"}, {"unset", "A"}} {
		if _, err := run(t, project, "of stdin\n", append([]string{"secrets"}, args...)...); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	file := filepath.Join(t.TempDir(), "secrets.env")
	if err := os.WriteFile(file, []byte("# for tests\nD='of a file'\nB=again\nSUPABASE_URL=http://x\nGALLEY_A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := run(t, project, "", "secrets", "set", "--env-file", file, "E=1")
	if err != nil || said != "GALLEY_A is left out: Galley sets it itself\nSUPABASE_URL is left out: Galley sets it itself\n" {
		t.Errorf("%q %v", said, err)
	}
	if _, err := run(t, project, "F=of stdin", "secrets", "set", "--env-file", "-"); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][]string{{}, {"--env-file", file + "x"}, {"--env-file", "-"}, {"A", "B=1"}} {
		if out, err := run(t, project, "SUPABASE_URL=x", append([]string{"secrets", "set"}, wrong...)...); err == nil {
			t.Errorf("%v went well: %s", wrong, out)
		}
	}
	if _, err := run(t, project, "A=1\nno line", "secrets", "set", "--env-file", "-"); err == nil || !strings.Contains(err.Error(), "-: line 2: expected NAME=value") {
		t.Error(err)
	}
	list, err := run(t, project, "", "secrets", "list")
	for _, name := range []string{"B ", "C ", "D ", "E ", "F "} {
		if !strings.Contains(list, name) {
			t.Errorf("%s is not in\n%s", name, list)
		}
	}
	if err != nil || strings.Contains(list, "SUPABASE") || strings.Contains(list, "A ") || !strings.Contains(list, "B ") || strings.Contains(list, "x=y") {
		t.Errorf("%s %v", list, err)
	}
	if _, err := run(t, project, "", "invoke", "hi", "--data", "no JSON"); err == nil {
		t.Error("an error of the function is none of the command")
	}
	if out, err := run(t, project, "", "logs", "hi", "--level", "error"); err != nil || !strings.Contains(out, "SyntaxError") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := run(t, project, "", "logs", "other"); err != nil || out != "" {
		t.Errorf("%s %v", out, err)
	}
}
