package backup_test

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
)

var (
	benchSize = flag.Int64("backup-size", 64<<20, "bytes of the database of BenchmarkCreate")
	benchFile = flag.String("backup-of", "", "database `file` of BenchmarkCreate, instead of one that it makes; made there if there is none")
)

// large makes a database of about a size: rows of half random text, as ids and
// hashes are, half words.
func large(b *testing.B, size int64) string {
	b.Helper()
	path := *benchFile
	if path == "" {
		path = filepath.Join(b.TempDir(), "data.db")
	} else if _, err := os.Stat(path); err == nil {
		return path
	}
	db, err := embedded.Open(b.Context(), embedded.Config{Path: path, Limits: database.Limits{Statement: 10 * time.Minute}})
	if err != nil {
		b.Fatal(err)
	}
	run := func(sql string, args ...any) {
		if _, err := database.Exec(db.Query(b.Context(), database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)})); err != nil {
			b.Fatal(err)
		}
	}
	run("create table t (id bigint generated always as identity primary key, token text, body text)")
	for range size / (20000 * 420) {
		run("insert into t (token, body) select md5(g::text || random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text), repeat('the row ' || g::text || ' says so; ', 8) from generate_series(1, 20000) g")
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkCreate compares a backup with a plain copy of the file and an fsync
// (-backup-size for other sizes): x-copy is its speed in that of the copy.
func BenchmarkCreate(b *testing.B) {
	path := large(b, *benchSize)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	lock, _ := keys(b)
	for name, lock := range map[string]backup.Lock{"plain": {}, "encrypted": lock} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			b.SetBytes(info.Size())
			var copied, made time.Duration
			for b.Loop() {
				b.StopTimer()
				copied += copySynced(b, path, filepath.Join(dir, "copy"))
				b.StartTimer()
				began := time.Now()
				if _, err := backup.Create(b.Context(), backup.Source{Path: path}, backup.Folder(dir), "b", lock); err != nil {
					b.Fatal(err)
				}
				made += time.Since(began)
			}
			b.ReportMetric(copied.Seconds()/made.Seconds(), "x-copy")
			if out, err := os.Stat(filepath.Join(dir, "b")); err == nil {
				b.ReportMetric(float64(info.Size())/float64(out.Size()), "x-smaller")
			}
		})
	}
}

// copySynced copies a file as cp does, and waits for the disk.
func copySynced(b *testing.B, from, to string) time.Duration {
	b.Helper()
	began := time.Now()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Sync(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
