package conformance

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// newEmbedded loads the fixtures into a fresh database of the embedded engine,
// statement by statement, and compares what it refuses with a ledger.
func newEmbedded(t testing.TB, dir string) (database.DB, *missing) {
	t.Helper()
	ctx := context.Background()
	db, err := embedded.Open(ctx, embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var refusals []refusal
	statements := 0
	err = database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		for _, name := range fixtureNames {
			n, list, err := loadFile(ctx, tx, dir, name)
			if err != nil {
				return err
			}
			statements += n
			refusals = append(refusals, list...)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("loading the fixtures: %v", err)
	}
	compareFixtures(t, "testdata/fixtures/embedded.json", statements, refusals)
	return db, missingAfter(refusals)
}

// refusal is a statement of the fixtures that was not accepted.
type refusal struct {
	At        string `json:"at"`        // file:line
	Statement string `json:"statement"` // its first words
	Reason    string `json:"reason"`    // the SQLSTATE and the message

	text, path string // all of it, and the schema that names without one mean
}

// loadFile runs the statements of a file, each under a savepoint, and lists those
// that are refused.
func loadFile(ctx context.Context, tx database.Tx, dir, name string) (int, []refusal, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "fixtures", name+".sql"))
	if err != nil {
		return 0, nil, err
	}
	var refusals []refusal
	path := "public"
	statements := sqltext.Split(fixtureText(raw))
	for _, st := range statements {
		if m := searchPath.FindStringSubmatch(st.Text); m != nil {
			path = unquote(m[1])
		}
		failed, err := attempt(ctx, tx, st.Text)
		if err != nil {
			return 0, nil, err
		}
		if failed != nil {
			f := fault.From(failed)
			refusals = append(refusals, refusal{At: fmt.Sprintf("%s.sql:%d", name, st.Line), Statement: firstWords(st.Text),
				Reason: f.Code + " " + f.Message, text: st.Text, path: path})
		}
	}
	return len(statements), refusals, nil
}

// attempt runs a statement and undoes what it did when it fails. A transaction of
// a file's own is part of the one that loads everything.
func attempt(ctx context.Context, tx database.Tx, sql string) (failed, err error) {
	if sql == "BEGIN" || sql == "COMMIT" {
		return nil, nil
	}
	if err := tx.Savepoint(ctx, "statement"); err != nil {
		return nil, err
	}
	if failed = tx.Script(ctx, sql, nil); failed != nil {
		if err := tx.RollbackTo(ctx, "statement"); err != nil {
			return failed, err
		}
	}
	return failed, tx.Release(ctx, "statement")
}

// fixtureText is the text of a fixture as a server gets it from psql: variables
// replaced, and COPY's rows, which are not SQL, as an INSERT on the same lines.
func fixtureText(raw []byte) string {
	text := string(postGIS.ReplaceAllFunc(raw, func(row []byte) []byte {
		return []byte(strings.Repeat("\n", strings.Count(string(row), "\n")))
	}))
	text = strings.NewReplacer(`:"PGUSER"`, `postgres`, `:DBNAME`, `postgres`).Replace(text)
	return copied.ReplaceAllStringFunc(text, func(block string) string {
		m := copied.FindStringSubmatch(block)
		return insertOf(m[1], m[2]) + strings.Repeat("\n", strings.Count(block, "\n"))
	})
}

var copied = regexp.MustCompile(`(?ms)^COPY ([^;]*?) FROM STDIN CSV DELIMITER '\|';\n(.*?)^\\\.$`)

func insertOf(target, rows string) string {
	r := csv.NewReader(strings.NewReader(rows))
	r.Comma, r.LazyQuotes = '|', true
	records, err := r.ReadAll()
	if err != nil {
		return err.Error() + ";" // refused as a statement, so it is seen
	}
	var values []string
	for _, record := range records {
		for i, v := range record {
			record[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
		}
		values = append(values, "("+strings.Join(record, ", ")+")")
	}
	return "INSERT INTO " + target + " VALUES " + strings.Join(values, ", ") + ";"
}

// firstWords shortens a statement to what tells it from others.
func firstWords(sql string) string {
	words := strings.Fields(sql)
	text := strings.Join(words[:min(len(words), 8)], " ")
	if r := []rune(text); len(r) > 80 {
		text = string(r[:80])
	}
	return text
}
