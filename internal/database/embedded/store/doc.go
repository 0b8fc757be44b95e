// Package store owns the database file of the embedded engine: one writer that
// commits many callers' work at once, and a pool of readers.
//
//	s, err := store.Open(ctx, store.Options{Path: path})
//	err = s.Write(ctx, func(c *sqlite.Conn) (commit bool, err error) { … })
//	c, release, err := s.Reader(ctx)
//
// An answer to a write means that it is on the disk: the file is in WAL mode
// with synchronous=FULL, and the group's commit has been fsynced.
//
// The writer is never interrupted, as that would roll back the transaction that
// others share. Each caller has a savepoint of its own. When the transaction is
// lost nonetheless, everyone in it runs again alone.
package store
