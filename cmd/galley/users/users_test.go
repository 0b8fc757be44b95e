package users_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/cmd/galley/users"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

// project runs commands on one database.
type project struct {
	*testing.T
	config config.Config
}

func (p *project) open(fn func(config.Config, database.DB) error) error {
	db, err := app.Open(p.Context(), p.config, slog.New(slog.DiscardHandler))
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	return fn(p.config, db)
}

func (p *project) run(in string, args ...string) (string, error) {
	p.Helper()
	var out bytes.Buffer
	cmd := users.New(subcommand.Shell{In: strings.NewReader(in), Out: &out, Args: func(a cobra.PositionalArgs) cobra.PositionalArgs { return a },
		WithDatabase: func(_ context.Context, fn func(config.Config, database.DB) error) error { return p.open(fn) }})
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(p.Context())
	return out.String(), err
}

func (p *project) must(in string, args ...string) string {
	p.Helper()
	out, err := p.run(in, args...)
	if err != nil {
		p.Fatalf("%q: %v", args, err)
	}
	return out
}

func TestUsers(t *testing.T) {
	for name, env := range map[string]func() []string{
		"embedded": func() []string { return nil },
		"postgres": func() []string { return []string{"GALLEY_DATABASE_URL=" + pgtest.Database(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: env()})
			if err != nil {
				t.Fatal(err)
			}
			testUsers(&project{t, c})
		})
	}
}

func testUsers(p *project) {
	made := p.must("tangible-otter-42-umbrella\n", "create", "Ada@example.org", "--confirm", "--password-stdin", "--phone", "+4915112345678",
		"--app-metadata", `{"plan": "pro"}`, "--user-metadata", `{"full_name": "Ada"}`)
	var u struct {
		ID   string
		Data struct{ Plan string } `json:"app_metadata"`
	}
	if err := json.Unmarshal([]byte(made), &u); err != nil || u.Data.Plan != "pro" {
		p.Fatal(made, err)
	}
	for _, c := range []struct {
		in   string
		args []string
		want string
	}{
		{"", []string{"create", "ada@example.org"}, "already been registered"},
		{"x", []string{"create", "bob@example.org", "--password-stdin"}, "assword"},
		{"", []string{"create", "bob@example.org", "--app-metadata", "{"}, "no JSON"},
		{"", []string{"erase", "jada@example.org"}, "there is no user with the address"},
		{"", []string{"export", "x"}, "UUID"},
	} {
		if out, err := p.run(c.in, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			p.Errorf("%q: %s %v", c.args, out, err)
		}
	}
	if list := p.must("", "list", "--filter", "ada@"); !strings.Contains(list, u.ID+"  ada@example.org  4915112345678  confirmed") || strings.Count(list, "\n") != 2 {
		p.Error(list)
	}
	if err := p.open(func(_ config.Config, db database.DB) error {
		return database.InTx(p.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			return tx.Script(p.Context(), `create table notes (id int primary key, owner uuid references auth.users (id), text text);
				insert into notes select 1, id, 'mine' from auth.users`, nil)
		})
	}); err != nil {
		p.Fatal(err)
	}
	file := filepath.Join(p.TempDir(), "ada.json")
	p.must("", "export", "ada@example.org", "-o", file)
	raw, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(raw), `"table":"public.notes"`) || !strings.Contains(string(raw), `"mine"`) || strings.Contains(string(raw), "$2a$") {
		p.Errorf("%s %v", raw, err)
	}
	out, err := p.run("", "erase", u.ID, "--yes")
	if err == nil || !strings.Contains(out, "public.notes  1     in the way by notes_owner_fkey") {
		p.Errorf("%s %v", out, err)
	}
	if out := p.must("", "erase", "ADA@example.org", "--cascade"); !strings.Contains(out, "public.notes") || !strings.Contains(out, "Nothing was changed") {
		p.Error(out)
	}
	if out := p.must("", "erase", u.ID, "--cascade", "--yes", "--json"); !strings.Contains(out, `"dry_run": false`) {
		p.Error(out)
	}
	if list := p.must("", "list", "--json"); !strings.Contains(list, `"users": []`) {
		p.Error(list)
	}
}
