package databasetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

var scriptTests = map[string]func(*testing.T, database.DB){
	"runs in order":             testScript,
	"positions are the text's":  testScriptPositions,
	"ends with its transaction": testScriptTransaction,
	"transactions are refused":  testScriptControl,
}

func testScript(t *testing.T, db database.DB) {
	tx := begin(t, db, owner, database.TxOptions{})
	var results []string
	err := tx.Script(t.Context(), `
		-- a migration; with a semicolon in a comment
		create table t (id integer primary key, v text default ';');
		insert into t (id) values (1), (2);
		/* ; /* nested ; */ */
		select id, v from t order by id;
		select 'a;b' as "c;d" ;;
		insert into t values (3, 'x') returning id`, func(rows database.Rows) error {
		text, err := collect(rows, nil)
		results = append(results, rows.Tag()+":"+text)
		return err
	})
	noError(t, err)
	wantResults := "CREATE TABLE:,INSERT 0 2:,SELECT 2:1|;\n2|;,SELECT 1:a;b,INSERT 0 1:3"
	if got := strings.Join(results, ","); got != wantResults {
		t.Fatalf("results %q, want %q", got, wantResults)
	}
	noError(t, tx.Script(t.Context(), "  -- nothing\n ; ", nil))
	noError(t, tx.Commit(t.Context()))
	want(t, on(db, owner), "3", "select count(*) from t")
}

func testScriptPositions(t *testing.T, db database.DB) {
	for _, c := range []struct{ script, mark, code string }{
		{"create table a (id integer);\n-- ä€\ninsert into nothere values (1);", "nothere", "42P01"},
		{"create table a (id integer);\nselct 1;", "selct", "42601"},
		{"create table a (id integer);\nselect 'é', bogus from a;", "bogus", "42703"},
	} {
		tx := begin(t, db, owner, database.TxOptions{})
		f := isCode(t, tx.Script(t.Context(), c.script, nil), c.code, c.script)
		at := len([]rune(c.script[:strings.Index(c.script, c.mark)])) + 1
		if f.Position != at {
			t.Errorf("%q: position %d, want %d", c.script, f.Position, at)
		}
		wantCode(t, tx.Query, "25P02", "select 1")
		noError(t, tx.Rollback(t.Context()))
		wantCode(t, on(db, owner), "42P01", "select * from a")
	}
}

func testScriptTransaction(t *testing.T, db database.DB) {
	tx := begin(t, db, owner, database.TxOptions{})
	noError(t, tx.Script(t.Context(), "create table t (id integer); insert into t values (1)", nil))
	noError(t, tx.Rollback(t.Context()))
	wantCode(t, on(db, owner), "42P01", "select * from t")

	stop := errors.New("stop")
	tx = begin(t, db, owner, database.TxOptions{})
	err := tx.Script(t.Context(), "select 1; select 2", func(database.Rows) error { return stop })
	if !errors.Is(err, stop) {
		t.Fatalf("error %v, want that of the callback", err)
	}
}

func testScriptControl(t *testing.T, db database.DB) {
	for _, word := range []string{"begin", "commit", "rollback", "savepoint a", "end", "start transaction"} {
		tx := begin(t, db, owner, database.TxOptions{})
		script := "create table t (id integer); " + word + "; select 1"
		err := tx.Script(t.Context(), script, nil)
		isCode(t, err, fault.FeatureNotSupported, script)
		noError(t, tx.Rollback(t.Context()))
		wantCode(t, on(db, owner), "42P01", "select * from t")
		wantCode(t, on(db, owner), fault.FeatureNotSupported, word)
	}
}
