// Package backup makes backups of the embedded engine's database while it is in
// use, verifies them, and restores them.
//
//	name, err := backup.Create(ctx, backup.Source{Path: file}, place, backup.Lock{Recipients: r})
//	report, err := backup.Verify(ctx, place, name, backup.Key{Identities: i}, dir)
//	err = backup.Restore(ctx, place, name, key, backup.Target{Path: file})
//
// A backup is one file: a tar archive, compressed with zstd, and encrypted with
// age (age-encryption.org/v1) when a recipient is given. The archive holds
// data.db, an SQLite database, and then manifest.json with its size and SHA-256;
// so `age -d | zstd -d | tar x` opens one without Galley. It goes to its place as
// it is read, with a few MiB of memory however large the database is.
//
// A backup appears in its place under its name when it is whole, or not at all.
// A database is restored beside the one that is there, checked, and then renamed.
package backup

import (
	"context"
	"errors"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

// Source is a database to make a backup of.
type Source struct {
	Path    string // of the database file
	Program string // version of Galley, for the manifest
}

// Alone implements Maker: the file has one server, which makes its backups.
func (f Source) Alone(ctx context.Context, do func(ctx context.Context) error) (ran bool, err error) {
	return true, do(ctx)
}

// Make implements Maker.
func (f Source) Make(ctx context.Context, to Place, name string, lock Lock) (said []any, err error) {
	m, err := Create(ctx, f, to, name, lock)
	return []any{"bytes", m.Size}, err
}

// Try implements Maker.
func (f Source) Try(ctx context.Context, from Place, name string, key Key, dir string) (said []any, err error) {
	_, report, err := Verify(ctx, from, name, key, dir)
	return []any{"tables", len(report.Tables), "rows", report.Rows()}, err
}

// Create makes a backup of a database as it is at one moment, in use or not, and
// puts it into a place.
func Create(ctx context.Context, from Source, to Place, name string, lock Lock) (Manifest, error) {
	up, err := to.Create(ctx, name)
	if err != nil {
		return Manifest{}, err
	}
	s, err := embedded.TakeSnapshot(ctx, from.Path)
	if err != nil {
		return Manifest{}, errors.Join(err, up.Abort())
	}
	m := from.manifest(s)
	return m, fill(ctx, &m, s, up, lock)
}

func (f Source) manifest(s *embedded.Snapshot) Manifest {
	return Manifest{Format: Format, Galley: f.Program, Engine: "embedded", Created: time.Now().UTC().Truncate(time.Second),
		PageSize: s.PageSize, Size: s.Size()}
}

// fill writes the archive, and ends the snapshot and the upload. The snapshot is
// gone when the archive is written, so that a slow network does not keep the
// write-ahead log growing.
func fill(ctx context.Context, m *Manifest, s *embedded.Snapshot, to Upload, lock Lock) error {
	err := seal(m, s, to, lock)
	if err = errors.Join(err, s.Close()); err != nil {
		return errors.Join(err, to.Abort())
	}
	return to.Commit(ctx)
}

// nameLayout is the time in the name of a backup, which sorts as time does.
const nameLayout = "20060102T150405Z"

const (
	namePrefix = "galley-"
	plainEnd   = ".tar.zst"
	sealedEnd  = ".tar.zst.age"
)

// Name is what a backup made at a time is called.
func Name(at time.Time, lock Lock) string {
	return namePrefix + at.UTC().Format(nameLayout) + lock.end()
}

func (l Lock) end() string {
	if l.closed() {
		return sealedEnd
	}
	return plainEnd
}

// damaged is the error of a backup that is not what was written.
func damaged(cause error, format string, args ...any) *fault.Error {
	return fault.New(fault.DataCorrupted, "the backup is damaged: "+format, args...).WithCause(cause)
}
