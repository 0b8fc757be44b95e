package ddl

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

// dataset reads a script of the shared data beside the repository.
func dataset(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if b, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", name)); err == nil {
			return string(b)
		}
	}
	t.Skipf("the shared data set %s is not beside the repository", name)
	return ""
}

// knownTypes replaces types that the engine does not have yet, so that the rest
// of a definition can be compared.
func (e *engine) knownTypes(sql string) string {
	for name, words := range map[string]*regexp.Regexp{
		"timestamp": regexp.MustCompile(`(?i)\btimestamp\b`),
		"date":      regexp.MustCompile(`(?m)\bdate(,| NOT NULL|$)`),
	} {
		if e.types.TypeNamed(name) == nil {
			sql = words.ReplaceAllString(sql, "timestamptz$1")
		}
	}
	return sql
}

func TestSchemasOfTheDataSets(t *testing.T) {
	for _, name := range []string{"chinook.sql", "northwind.sql"} {
		t.Run(name, func(t *testing.T) {
			statements, err := syntax.Split(dataset(t, name))
			if err != nil {
				t.Fatal(err)
			}
			s, e := newServer(t, pgtest.Database(t)), newEngine(t)
			count := 0
			for _, st := range statements {
				if !Handles(st.Node) {
					continue
				}
				count++
				text := e.knownTypes(st.Text)
				want, got := s.outcome(text), e.outcome(text)
				if got != want {
					t.Fatalf("%s\n got %s\nwant %s", st.Text, got, want)
				}
			}
			if count < 20 {
				t.Errorf("only %d statements of DDL", count)
			}
			compareDumps(t, e.dump(), s.dump(t))
			e.integrity(t)
		})
	}
}
