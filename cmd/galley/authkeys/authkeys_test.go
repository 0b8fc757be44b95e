package authkeys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/authkeys"
	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
)

type key struct{ ID, Algorithm, State string }

func TestKeys(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, auth.Parts(db.Engine())...); err != nil {
			t.Fatal(err)
		}
		c, _, err := config.Load(config.Source{Project: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		run := func(args ...string) string {
			t.Helper()
			var out bytes.Buffer
			cmd := authkeys.New(subcommand.Shell{Out: &out, Args: func(a cobra.PositionalArgs) cobra.PositionalArgs { return a },
				WithDatabase: func(_ context.Context, fn func(config.Config, database.DB) error) error { return fn(c, db) }})
			cmd.SetArgs(append([]string{"keys"}, args...))
			if err := cmd.ExecuteContext(t.Context()); err != nil {
				t.Fatalf("%q: %v", args, err)
			}
			return out.String()
		}
		list := func() (out []key) {
			t.Helper()
			if err := json.Unmarshal([]byte(run("list", "--json")), &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := list()
		if len(before) != 2 || before[0].State != "in_use" || before[1].State != "standby" || before[0].Algorithm != "ES256" {
			t.Fatalf("%+v", before)
		}
		if text := run("rotate"); !strings.HasPrefix(text, "ID ") || strings.Count(text, "\n") != 4 {
			t.Errorf("%s", text)
		}
		after := list()
		if len(after) != 3 || after[0].ID != before[1].ID || after[0].State != "in_use" || after[2].ID != before[0].ID || after[2].State != "previously_used" {
			t.Fatalf("%+v after %+v", after, before)
		}
		if text := run("forget"); text != "nothing to forget\n" { // it has signed a moment ago
			t.Errorf("%s", text)
		}
		if text := run("forget", "--now"); text != "forgot "+before[0].ID+"\n" {
			t.Errorf("%s", text)
		}
		if left := list(); len(left) != 2 || left[0] != after[0] {
			t.Errorf("%+v", left)
		}
	})
}
