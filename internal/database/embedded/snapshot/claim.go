package snapshot

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// Claim makes a path the caller's alone until it releases it, or its process
// ends. It fails with 55006 when another has it. SQLite's locks are used, as they
// hold on every system and end with the process; the folder is made.
func Claim(path string) (release func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	c, err := sqlite.Open(path, sqlite.Options{BusyTimeout: -1, CacheKiB: 16, Statements: 1})
	if err == nil {
		if err = c.Exec("BEGIN EXCLUSIVE"); err == nil {
			return c.Close, nil
		}
		err = errors.Join(err, c.Close())
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && (e.Primary() == sqlite.CodeBusy || e.Primary() == sqlite.CodeLocked) {
		return nil, fault.New(fault.ObjectInUse, "%s is in use by another process", filepath.Dir(path)).WithCause(err)
	}
	return nil, store.Translate(err)
}

// MoveLog moves the write-ahead log of a file into the file, as far as readers
// allow.
func MoveLog(path string) error {
	c, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		return store.Translate(err)
	}
	_, _, _, err = c.Checkpoint(false)
	return store.Translate(errors.Join(err, c.Close()))
}
