package backup_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
)

// The disk of the spool is full, for real: no write to the database fails, the
// stream tells of it, and begins anew when there is room.
func TestSpoolOnAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=3m"); errors.Is(err, syscall.EPERM) {
		t.Skip("a small disk cannot be mounted: that takes root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	s := newStreamed(t, backup.Folder(t.TempDir()))
	s.config.Dir = filepath.Join(disk, "spool")
	s.start()
	s.until("a base", based(1))
	ask(t, s.db, "create table t (v text)")
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	ask(t, s.db, "insert into t select md5(g::text) from generate_series(1, 20000) g")
	s.until("the break", func(st backup.StreamStatus) bool { return st.Breaks > 0 && st.Failure != "" })
	ask(t, s.db, "insert into t values ('during')")
	if err := os.Remove(filler); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	s.until("a new base", based(2))
	ask(t, s.db, "insert into t values ('after')")
	s.until("all", func(st backup.StreamStatus) bool { return st.Failure == "" && shipped(st) })
	s.stop()
	db, _ := s.restored(time.Time{})
	if got := ask(t, db, "select count(*) from t"); got != "20002" {
		t.Errorf("%s rows", got)
	}
}
