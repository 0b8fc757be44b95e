package secret_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/secret"
	"github.com/galleyhq/galley/internal/migrate"
)

// fixture is a store with a clock of the test's.
type fixture struct {
	now time.Time
	db  database.DB
}

func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "secrets", Steps: secret.Schema()}); err != nil {
			t.Fatal(err)
		}
		test(t, &fixture{time.Unix(1e9, 0), db})
	})
}

func (f *fixture) store(change func(*secret.Config)) *secret.Store {
	c := secret.Config{DB: f.db, Secret: "the project's", Preset: map[string]string{"SUPABASE_URL": "http://x"}, Now: func() time.Time { return f.now }}
	if change != nil {
		change(&c)
	}
	return secret.New(c)
}

func TestSecrets(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		here, there := f.store(nil), f.store(nil)
		get := func(s *secret.Store, name string) string {
			v, ok := s.Get(ctx, name)
			return fmt.Sprintf("%s %v,", v, ok)
		}
		if got := get(there, "SUPABASE_URL") + get(there, "A"); got != "http://x true, false," {
			t.Errorf("before anything is set: %q", got)
		}
		odd := "ünïcode\n\x00\"' =#"
		if err := here.Set(ctx, map[string]string{"A": "one", "B": odd, "EMPTY": ""}); err != nil {
			t.Fatal(err)
		}
		if got := get(here, "A") + get(here, "B") + get(here, "EMPTY"); got != "one true,"+odd+" true, true," {
			t.Errorf("on the node that set them: %q", got)
		}
		f.now = f.now.Add(secret.Fresh)
		if got := get(there, "A"); got != "one true," {
			t.Errorf("on another node: %q", got)
		}
		if err := there.Unset(ctx, "A", "NOT_THERE"); fault.From(err).HTTPStatus != 404 {
			t.Errorf("one that is not there: %v", err)
		}
		if err := there.Unset(ctx, "A"); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(secret.Fresh)
		if got := get(here, "A"); got != " false," {
			t.Errorf("after it was unset: %q", got)
		}
		list, err := here.List(ctx)
		if err != nil || len(list) != 2 || list[0].Name != "B" || list[0].UpdatedAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		if err := there.Set(ctx, map[string]string{"B": "new"}); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(secret.Fresh)
		if got := here.Known(ctx)["B"] + get(here, "B") + here.Known(ctx)["B"]; got != odd+"new true,new" {
			t.Errorf("known, and read again: %q", got)
		}
	})
}

// TestSealed holds that nothing of a secret lies open in the database, that only
// the owner reads the table, and what becomes of secrets of another project's
// secret.
func TestSealed(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		if err := f.store(nil).Set(ctx, map[string]string{"A": "plainly", "C": "c"}); err != nil {
			t.Fatal(err)
		}
		rows, err := database.Records(ctx, database.Owner{DB: f.db}, "select name, sealed from galley.function_secrets where name = 'A'")
		if err != nil || len(rows) != 1 || strings.Contains(rows[0].Text(1), "plain") {
			t.Errorf("%v, %v", rows, err)
		}
		_, err = database.Collect(f.db.Query(ctx, database.Session{Role: "service_role"}, database.Statement{SQL: "select * from galley.function_secrets"}))
		if fault.Code(err) != fault.InsufficientPrivilege {
			t.Errorf("the service role reads the table: %v", err)
		}
		other := f.store(func(c *secret.Config) { c.Secret = "another" })
		if err := other.Set(ctx, map[string]string{"C": "new"}); err != nil {
			t.Fatal(err)
		}
		if all := other.Values(ctx); all["C"] != "new" || all["A"] != "" {
			t.Errorf("with another secret: %v", all)
		}
		// A value moved to another name is no value.
		if err := database.Run(ctx, database.Owner{DB: f.db}, "update galley.function_secrets set name = 'D' where name = 'A'"); err != nil {
			t.Fatal(err)
		}
		if v, ok := f.store(nil).Get(ctx, "D"); ok {
			t.Errorf("moved: %q", v)
		}
	})
}

func TestRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.store(nil)
		many := map[string]string{}
		for i := range secret.MaxSecrets + 1 {
			many[fmt.Sprint("S", i)] = ""
		}
		for name, values := range map[string]map[string]string{
			"reserved": {"SUPABASE_X": ""}, "ours": {"GALLEY_X": ""}, "empty": {"": "x"}, "space": {"A B": ""}, "digit": {"1A": ""},
			"letters": {"Ä": ""}, "long name": {strings.Repeat("A", 101): ""}, "long": {"A": strings.Repeat("x", secret.MaxValue+1)}, "many": many,
		} {
			if err := s.Set(t.Context(), values); fault.Code(err) != fault.InvalidParameter {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := s.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// TestFile holds that a developer's file comes before the database, and is read
// again when it changes.
func TestFile(t *testing.T) {
	db := enginetest.Embedded(t)
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "secrets", Steps: secret.Schema()}); err != nil {
		t.Fatal(err)
	}
	f := &fixture{time.Unix(1e9, 0), db}
	path := filepath.Join(t.TempDir(), ".env")
	s := f.store(func(c *secret.Config) { c.File = path })
	if err := s.Set(t.Context(), map[string]string{"A": "of the database"}); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct{ file, want string }{
		{"", "of the database"}, {"A=of the file\nSUPABASE_URL=mine", "of the file"}, {"A='of the file, again'", "of the file, again"}, {"A", "of the database"},
	} {
		if step.file != "" {
			if err := os.WriteFile(path, []byte(step.file), 0o600); err != nil {
				t.Fatal(err)
			}
			at := time.Unix(int64(1e9+i), 0)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		f.now = f.now.Add(secret.Fresh)
		all := s.Values(context.Background())
		if all["A"] != step.want || all["SUPABASE_URL"] != "http://x" {
			t.Errorf("%d: %v", i, all)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"A=1":                        "A=1",
		"\ufeff# c\r\n\r\nA = 1 \r":  "A=1",
		"export A=1 # c\nB=":         "A=1,B=",
		"A=#":                        "A=",
		"A=a#b":                      "A=a#b",
		"A='a # b\\n'":               `A=a # b\n`,
		`A="a\n\"b\"\\"`:             "A=a\n\"b\"\\",
		"A=\"-----\nline\n\" #\nB=2": "A=-----\nline\n,B=2",
		"A=a=b":                      "A=a=b",
		"A=\"x":                      "line 1: the quotes of A do not end",
		"A=1\nB":                     "line 2: expected NAME=value",
		"A=\"x\ny\"\n1=2":            "line 3: expected NAME=value",
		"A='x' y":                    "line 1: something follows the value of A",
		"=x":                         "line 1: expected NAME=value",
	} {
		values, err := secret.Parse(text)
		var parts []string
		for _, name := range []string{"A", "B"} {
			if v, ok := values[name]; ok {
				parts = append(parts, name+"="+v)
			}
		}
		got := strings.Join(parts, ",")
		if err != nil {
			got = fault.From(err).Message
		}
		if got != want || len(values) != len(parts) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestKeys checks that functions find the keys of access tokens as they are now, and where
// there are none, those that a developer's file has.
func TestKeys(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		keys := ""
		s := f.store(func(c *secret.Config) {
			c.Keys = func(context.Context) string { return keys }
			c.File = filepath.Join(t.TempDir(), ".env")
			if err := os.WriteFile(c.File, []byte("SUPABASE_JWKS=mine\nA=a"), 0o600); err != nil {
				t.Fatal(err)
			}
		})
		if got, _ := s.Get(t.Context(), "SUPABASE_JWKS"); got != "mine" {
			t.Errorf("there are none: %q", got)
		}
		for _, now := range []string{`{"keys":[]}`, `{"keys":[{}]}`} {
			keys = now
			f.now = f.now.Add(secret.Fresh)
			if got := s.Values(t.Context()); got["SUPABASE_JWKS"] != now || got["A"] != "a" {
				t.Errorf("%v, wanted %s", got, now)
			}
		}
	})
}

// TestURL checks that functions find the server's address, which is known only once it
// listens, and that nobody sets it otherwise.
func TestURL(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		url := "http://127.0.0.1:0"
		s := f.store(func(c *secret.Config) {
			c.Preset = map[string]string{"KEY": "k"}
			c.URL = func() string { return url }
		})
		for _, now := range []string{url, "http://127.0.0.1:8090"} {
			url = now
			for _, name := range []string{"SUPABASE_URL", "GALLEY_URL"} {
				if got, ok := s.Get(ctx, name); got != now || !ok {
					t.Errorf("%s: %q, wanted %q", name, got, now)
				}
			}
			if got, _ := s.Get(ctx, "KEY"); got != "k" {
				t.Errorf("KEY: %q", got)
			}
		}
		_ = s.Set(ctx, map[string]string{"SUPABASE_URL": "http://elsewhere"}) // refused, or without effect
		if got, _ := s.Get(ctx, "SUPABASE_URL"); got != url {
			t.Errorf("set by somebody: %q", got)
		}
		preset := f.store(func(c *secret.Config) {
			c.Preset = map[string]string{"GALLEY_URL": "https://x.example", "SUPABASE_URL": "https://x.example"}
			c.URL = func() string { return url }
		})
		if got, _ := preset.Get(ctx, "SUPABASE_URL"); got != "https://x.example" {
			t.Errorf("preset: %q", got)
		}
	})
}
