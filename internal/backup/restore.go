package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

// Verify restores a backup into a folder for temporary files, checks the database
// with all its rows, and removes it again.
func Verify(ctx context.Context, from Place, name string, key Key, dir string) (Manifest, embedded.Report, error) {
	return try(ctx, dir, func(path string) (Manifest, error) { return unpackOnly(ctx, from, name, key, path) })
}

// unpacker writes a database to a new file.
type unpacker func(path string) (Manifest, error)

func try(ctx context.Context, dir string, unpack unpacker) (Manifest, embedded.Report, error) {
	tmp, err := os.MkdirTemp(dir, "galley-verify-")
	if err != nil {
		return Manifest{}, embedded.Report{}, err
	}
	m, report, err := unpack.checked(ctx, filepath.Join(tmp, databaseEntry))
	return m, report, errors.Join(err, os.RemoveAll(tmp))
}

// checked writes a database to a new file and checks it.
func (u unpacker) checked(ctx context.Context, path string) (Manifest, embedded.Report, error) {
	m, err := u(path)
	if err != nil {
		return m, embedded.Report{}, err
	}
	report, err := embedded.Check(ctx, path)
	if err != nil {
		return m, report, fmt.Errorf("check the database of the backup: %w", err)
	}
	return m, report, removeLog(path)
}

func unpackOnly(ctx context.Context, from Place, name string, key Key, path string) (m Manifest, err error) {
	r, err := from.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fault.New(fault.UndefinedFile, "there is no backup %s in %s", name, from)
	}
	if err != nil {
		return m, fmt.Errorf("open the backup: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return m, err
	}
	m, err = unseal(ending{ctx, r}, key, f)
	if err == nil {
		err = f.Sync()
	}
	return m, errors.Join(err, f.Close())
}

// ending is a reader that ends with a context.
type ending struct {
	ctx context.Context
	io.Reader
}

func (e ending) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.Reader.Read(p)
}

// Target is where a database is restored to.
type Target struct {
	Path string // of the database file; its folder is made
	// Force puts a database that is there aside, beside its file.
	Force bool
}

// Restored tells what was done.
type Restored struct {
	Manifest Manifest
	Report   embedded.Report
	Aside    string // the file of the database that was there before; "" for none
}

// Restore puts the database of a backup in place of none, or of one that is put
// aside. Until the backup is found to be whole, nothing that was there changes.
func Restore(ctx context.Context, from Place, name string, key Key, to Target) (Restored, error) {
	return to.restore(ctx, func(path string) (Manifest, error) { return unpackOnly(ctx, from, name, key, path) })
}

func (t Target) restore(ctx context.Context, unpack unpacker) (r Restored, err error) {
	if err := t.refuse(); err != nil {
		return r, err
	}
	if err := os.MkdirAll(filepath.Dir(t.Path), 0o700); err != nil {
		return r, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(t.Path), "restoring-")
	if err != nil {
		return r, err
	}
	path := filepath.Join(tmp, databaseEntry)
	r.Manifest, r.Report, err = unpack.checked(ctx, path)
	if err == nil {
		err = t.install(&r, path)
	}
	return r, errors.Join(err, os.RemoveAll(tmp))
}

// install puts a checked database into place. The one that is there gets a second
// name before, by which it is kept, so that at every moment one of the two has the
// name: a crash in between leaves no folder without a database, in which a server
// would make an empty one.
func (t Target) install(r *Restored, path string) (err error) {
	if r.Aside, err = t.aside(); err != nil {
		return err
	}
	if err := os.Rename(path, t.Path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(t.Path))
}

func (t Target) exists() (bool, error) {
	info, err := os.Stat(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

func (t Target) refuse() error {
	found, err := t.exists()
	if err == nil && found && !t.Force {
		return fault.New(fault.ObjectNotInPrerequisite, "there is a database in %s already", t.Path).
			WithHint("Restore into another folder (--data), or put it aside with --force.")
	}
	return err
}

// aside gives the database that is there a second name, and tells it.
func (t Target) aside() (string, error) {
	found, err := t.exists()
	if err != nil {
		return "", err
	}
	if !found {
		return "", removeLog(t.Path)
	}
	if err := t.refuse(); err != nil { // someone made one meanwhile
		return "", err
	}
	if err := embedded.Fold(t.Path); err != nil {
		return "", err
	}
	aside := t.Path + ".before-restore-" + time.Now().UTC().Format(nameLayout)
	// A log is left only beside a database that is too damaged to be opened.
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(t.Path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if err := os.Link(t.Path, aside); err == nil {
		return aside, syncDir(filepath.Dir(t.Path))
	}
	// A file system without links.
	return aside, os.Rename(t.Path, aside)
}

// removeLog removes the files that SQLite leaves beside a database which was
// only read. A log with something in it is never removed.
func removeLog(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fault.New(fault.ObjectNotInPrerequisite, "there is a write-ahead log %s-wal without its database", path).
			WithHint("Move it away first.")
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
