package backup_test

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/functions/processor"
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
// (-backup-size for other sizes), which take turns: x-copy is its speed in that of the
// copy, the median of the pairs, as a disk that others use is slow now and then. cpu-s
// and cpu-s-copy are the processor time of both.
func BenchmarkCreate(b *testing.B) {
	path := large(b, *benchSize)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	lock, _ := keys(b)
	for _, kind := range []struct {
		name string
		lock backup.Lock
	}{{"plain", backup.Lock{}}, {"encrypted", lock}} {
		b.Run(kind.name, func(b *testing.B) {
			dir := b.TempDir()
			b.SetBytes(info.Size())
			found := map[string][]float64{}
			for b.Loop() {
				b.StopTimer()
				copied, copiedCPU := timed(func() { copySynced(b, path, filepath.Join(dir, "copy")) })
				if err := os.Remove(filepath.Join(dir, "copy")); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				made, madeCPU := timed(func() {
					if _, err := backup.Create(b.Context(), backup.Source{Path: path}, backup.Folder(dir), "b", kind.lock); err != nil {
						b.Fatal(err)
					}
				})
				for unit, value := range map[string]float64{"x-copy": copied / made, "s-copy": copied, "cpu-s": madeCPU, "cpu-s-copy": copiedCPU} {
					found[unit] = append(found[unit], value)
				}
			}
			for unit, list := range found {
				slices.Sort(list)
				b.ReportMetric(list[len(list)/2], unit)
			}
			if out, err := os.Stat(filepath.Join(dir, "b")); err == nil {
				b.ReportMetric(float64(info.Size())/float64(out.Size()), "x-smaller")
			}
		})
	}
}

// timed tells how long something takes, and what it computes, in seconds.
func timed(do func()) (long, computed float64) {
	began, before := time.Now(), processor.Process()
	do()
	return time.Since(began).Seconds(), (processor.Process() - before).Seconds()
}

// copySynced copies a file as cp does, and waits for the disk.
func copySynced(b *testing.B, from, to string) {
	b.Helper()
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
}
