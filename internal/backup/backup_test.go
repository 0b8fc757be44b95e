package backup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

func open(t *testing.T, path string) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// ask runs a statement and returns the first value of its rows.
func ask(t *testing.T, db database.DB, sql string, args ...any) string {
	t.Helper()
	rows, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(rows) == 0 || rows[0][0] == nil {
		return ""
	}
	return *rows[0][0]
}

// sample makes a database with a thousand rows, an index over an expression, a
// generated column and a policy.
func sample(t *testing.T) (path string, db *embedded.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "data.db")
	db = open(t, path)
	for _, sql := range []string{
		"create table notes (id bigint generated always as identity primary key, body text not null, size int generated always as (length(body)) stored, price numeric(9,2))",
		"create index notes_upper on notes (upper(body))",
		"alter table notes enable row level security",
		"create policy everyone on notes for select to anon using (true)",
		"insert into notes (body, price) select 'note ' || g::text, g * 1.05 from generate_series(1, 1000) g",
	} {
		ask(t, db, sql)
	}
	return path, db
}

const sumOfNotes = "select count(*)::text || ' ' || sum(id)::text || ' ' || sum(size)::text || ' ' || sum(price)::text || ' ' || max(upper(body)) from notes"

func keys(t testing.TB) (backup.Lock, backup.Key) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return backup.Lock{Recipients: []age.Recipient{id.Recipient()}}, backup.Key{Identities: []age.Identity{id}}
}

func code(err error) string { return fault.Code(err) }

func TestRoundTrip(t *testing.T) {
	path, db := sample(t)
	lock, key := keys(t)
	for name, lock := range map[string]backup.Lock{"plain": {}, "encrypted": lock} {
		t.Run(name, func(t *testing.T) {
			place := backup.Folder(filepath.Join(t.TempDir(), "made", "on", "demand"))
			file := backup.Name(time.Now(), lock)
			m, err := backup.Create(t.Context(), backup.Source{Path: path, Program: "v1"}, place, file, lock) // db is open
			if err != nil {
				t.Fatal(err)
			}
			want := ask(t, db, sumOfNotes)
			got, report, err := backup.Verify(t.Context(), place, file, key, t.TempDir())
			if err != nil || got != m || got.Galley != "v1" || report.Rows() < 1000 {
				t.Fatalf("verified: %+v, made %+v, %d rows, %v", got, m, report.Rows(), err)
			}
			i := slices.IndexFunc(report.Tables, func(n embedded.TableReport) bool { return n.Name == "notes" })
			if i < 0 || report.Tables[i].Rows != 1000 {
				t.Errorf("tables: %+v", report.Tables)
			}
			to := filepath.Join(t.TempDir(), "new", "data.db")
			if _, err := backup.Restore(t.Context(), place, file, key, backup.Target{Path: to}); err != nil {
				t.Fatal(err)
			}
			left, err := os.ReadDir(filepath.Dir(to))
			if err != nil || len(left) != 1 {
				t.Errorf("the folder of the restored database: %v %v", left, err)
			}
			restored := open(t, to)
			if got := ask(t, restored, sumOfNotes); got != want {
				t.Errorf("restored %s, want %s", got, want)
			}
			ask(t, restored, "insert into notes (body) values ('more')")
			if got := ask(t, restored, "select max(id) from notes"); got != "1001" {
				t.Errorf("the next id is %s", got)
			}
		})
	}
}

// Every byte of a backup counts: none may be changed, and none be missing.
func TestDamageIsFound(t *testing.T) {
	path, _ := sample(t)
	lock, key := keys(t)
	for name, lock := range map[string]backup.Lock{"plain": {}, "encrypted": lock} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			place := backup.Folder(dir)
			if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", lock); err != nil {
				t.Fatal(err)
			}
			whole, err := os.ReadFile(filepath.Join(dir, "b"))
			if err != nil {
				t.Fatal(err)
			}
			step := len(whole)/20 + 1
			for at := 0; at < len(whole); at += step {
				changed := slices.Clone(whole)
				changed[at] ^= 0x10
				refused(t, dir, key, changed, "byte "+strconv.Itoa(at)+" changed")
				refused(t, dir, key, whole[:at], "cut at "+strconv.Itoa(at))
			}
			refused(t, dir, key, whole[:len(whole)-1], "the last byte missing")
		})
	}
}

// refused restores a damaged backup, which must fail and leave nothing.
func refused(t *testing.T, dir string, key backup.Key, content []byte, what string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "damaged"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "restored")
	_, err := backup.Restore(t.Context(), backup.Folder(dir), "damaged", key, backup.Target{Path: filepath.Join(to, "data.db")})
	if err == nil {
		t.Fatalf("%s: restored", what)
	}
	if c := code(err); c != fault.DataCorrupted && c != fault.InvalidPassword {
		t.Errorf("%s: %v (%s)", what, err, c)
	}
	if left, err := os.ReadDir(to); err != nil || len(left) > 0 {
		t.Errorf("%s: left %v %v", what, left, err)
	}
}

// A database that was damaged before it was backed up has the right checksum.
func TestDamagedDatabaseIsFound(t *testing.T) {
	path, db := sample(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	if _, err := f.WriteAt([]byte(strings.Repeat("garbage!", 1024)), info.Size()/2/4096*4096); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	place := backup.Folder(t.TempDir())
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", backup.Lock{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Verify(t.Context(), place, "b", backup.Key{}, t.TempDir()); code(err) != fault.DataCorrupted {
		t.Errorf("verified: %v", err)
	}
}

func TestWrongKey(t *testing.T) {
	path, _ := sample(t)
	lock, _ := keys(t)
	_, other := keys(t)
	dir := t.TempDir()
	phrase := filepath.Join(dir, "phrase")
	if err := os.WriteFile(phrase, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byPhrase, err := backup.ParseLock(nil, phrase)
	if err != nil {
		t.Fatal(err)
	}
	phraseKey, err := backup.ParseKey("", phrase)
	if err != nil {
		t.Fatal(err)
	}
	place := backup.Folder(dir)
	for name, lock := range map[string]backup.Lock{"recipient": lock, "passphrase": byPhrase} {
		if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, name, lock); err != nil {
			t.Fatal(err)
		}
		for what, key := range map[string]backup.Key{"none": {}, "another": other} {
			if _, _, err := backup.Verify(t.Context(), place, name, key, dir); code(err) != fault.InvalidPassword {
				t.Errorf("%s, key %s: %v", name, what, err)
			}
		}
	}
	if _, _, err := backup.Verify(t.Context(), place, "passphrase", phraseKey, dir); err != nil {
		t.Errorf("the right passphrase: %v", err)
	}
	if _, err := backup.ParseLock([]string{"age1nonsense"}, ""); err == nil {
		t.Error("a recipient that is none is taken")
	}
}

func TestRestoreKeepsWhatIsThere(t *testing.T) {
	path, db := sample(t)
	place := backup.Folder(t.TempDir())
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", backup.Lock{}); err != nil {
		t.Fatal(err)
	}
	ask(t, db, "insert into notes (body) values ('since')")
	restore := func(force bool) (backup.Restored, error) {
		return backup.Restore(t.Context(), place, "b", backup.Key{}, backup.Target{Path: path, Force: force})
	}
	if _, err := restore(false); code(err) != fault.ObjectNotInPrerequisite {
		t.Errorf("over a database: %v", err)
	}
	if _, err := restore(true); code(err) != fault.ObjectInUse {
		t.Errorf("over a database in use: %v", err)
	}
	if got := ask(t, db, "select count(*) from notes"); got != "1001" {
		t.Fatalf("%s rows after a refused restore", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := restore(true)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, open(t, path), "select count(*) from notes"); got != "1000" {
		t.Errorf("restored %s rows", got)
	}
	if got := ask(t, open(t, r.Aside), "select count(*) from notes"); got != "1001" {
		t.Errorf("%s rows put aside", got)
	}
}

// What is there may be damaged beyond opening.
func TestRestoreOverDamage(t *testing.T) {
	path, db := sample(t)
	place := backup.Folder(t.TempDir())
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, "b", backup.Lock{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), place, "b", backup.Key{}, backup.Target{Path: path, Force: true}); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, open(t, path), "select count(*) from notes"); got != "1000" {
		t.Errorf("restored %s rows", got)
	}
}

func TestNothingThere(t *testing.T) {
	dir := t.TempDir()
	if _, err := backup.Create(t.Context(), backup.Source{Path: filepath.Join(dir, "none.db")}, backup.Folder(dir), "b", backup.Lock{}); code(err) != fault.ObjectNotInPrerequisite {
		t.Errorf("backed up: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v %v", left, err)
	}
	if _, err := backup.Restore(t.Context(), backup.Folder(dir), "b", backup.Key{}, backup.Target{Path: filepath.Join(dir, "x", "data.db")}); code(err) != fault.UndefinedFile {
		t.Errorf("restored: %v", err)
	}
}

// full is a place whose disk is full after some bytes.
type full struct {
	backup.Place
	room int
}

func (f full) Create(ctx context.Context, name string) (backup.Upload, error) {
	up, err := f.Place.Create(ctx, name)
	return &fullUpload{up, f.room}, err
}

type fullUpload struct {
	backup.Upload
	room int
}

var errFull = errors.New("no space left on device")

func (f *fullUpload) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return f.Upload.Write(p)
}

func TestFullDisk(t *testing.T) {
	path, db := sample(t)
	dir := t.TempDir()
	for _, room := range []int{0, 100, 9000} {
		if _, err := backup.Create(t.Context(), backup.Source{Path: path}, full{backup.Folder(dir), room}, "b", backup.Lock{}); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left %v %v", left, err)
		}
	}
	ask(t, db, "insert into notes (body) values ('goes on')")
	if _, err := backup.Create(t.Context(), backup.Source{Path: path}, backup.Folder(dir), "b", backup.Lock{}); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// Backups during a load of writes: each holds all that was acknowledged before it
// began, nothing that began after it had ended, and no half of a transaction.
func TestUnderLoad(t *testing.T) {
	path, db := sample(t)
	ask(t, db, "create table pairs (n bigint primary key, twin bigint not null)")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int)
	acknowledged := make(chan int, 1)
	go func() { // transactions of two rows, one after the other
		n := 0
		for ctx.Err() == nil {
			err := database.InTx(context.WithoutCancel(ctx), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
				for i := range 2 {
					if _, err := database.Exec(tx.Query(context.WithoutCancel(ctx), database.Statement{
						SQL: "insert into pairs values ($1, $2)", Args: database.Args(2*n+i, n)})); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				break
			}
			n++
			select {
			case <-acknowledged:
			default:
			}
			acknowledged <- n
		}
		done <- n
	}()
	place := backup.Folder(t.TempDir())
	least := map[string]int{}
	for i := range 5 {
		name := strconv.Itoa(i)
		least[name] = <-acknowledged
		if _, err := backup.Create(t.Context(), backup.Source{Path: path}, place, name, backup.Lock{}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	all := <-done
	for name, least := range least {
		to := filepath.Join(t.TempDir(), "data.db")
		if _, err := backup.Restore(t.Context(), place, name, backup.Key{}, backup.Target{Path: to}); err != nil {
			t.Fatal(err)
		}
		restored := open(t, to)
		rows, _ := strconv.Atoi(ask(t, restored, "select count(*) from pairs"))
		highest, _ := strconv.Atoi(ask(t, restored, "select coalesce(max(n), -1) from pairs"))
		if rows%2 != 0 || rows/2 < least || rows/2 > all || highest != rows-1 {
			t.Errorf("backup %s: %d rows up to %d; %d transactions had been acknowledged, %d at the end", name, rows, highest, least, all)
		}
	}
}
