package dump

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// maxText bounds the entries that are kept whole.
const maxText = 256 << 20

// taker is who takes what a backup holds, in its order.
type taker interface {
	before(ctx context.Context, sql string) error
	rows(ctx context.Context, t Table, from io.Reader) error
	after(ctx context.Context, m Manifest, sql string) error
}

// Restore makes the database of a backup in an empty one, in one transaction. Every
// table is read again before it ends.
func Restore(ctx context.Context, from backup.Place, name string, key backup.Key, to database.DB) (m Manifest, err error) {
	err = database.InTx(ctx, to, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		r := restorer{tx: tx}
		if err := r.begin(ctx); err != nil {
			return err
		}
		m, err = read(ctx, from, name, key, r)
		return err
	})
	if fault.Code(err) == fault.InsufficientPrivilege {
		f := fault.From(err)
		if f.Hint == "" {
			err = fault.New(f.Code, "%s", f.Message).WithCause(err).
				WithHint("Restore as a superuser, or as a role that may make the roles, schemas and extensions of the backup and is a member of their owners.")
		}
	}
	return m, err
}

// Verify reads all of a backup and compares it with its checksums. That the server
// takes it only a restore can tell.
func Verify(ctx context.Context, from backup.Place, name string, key backup.Key) (Manifest, error) {
	return read(ctx, from, name, key, verifier{})
}

// Is tells whether a backup is one of this package, by its first entry.
func Is(ctx context.Context, from backup.Place, name string, key backup.Key) (is bool, err error) {
	f, err := open(ctx, from, name)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	seen := errors.New("seen") // ends the reading, which is not wanted to its end
	err = backup.Unpack(f, key, func(unpacked io.Reader) error {
		h, err := tar.NewReader(unpacked).Next()
		if err != nil {
			return damaged(err, "it cannot be read")
		}
		is = h.Name == headEntry
		return seen
	})
	if errors.Is(err, seen) {
		return is, nil
	}
	return false, err
}

func open(ctx context.Context, from backup.Place, name string) (io.ReadCloser, error) {
	f, err := from.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.UndefinedFile, "there is no backup %s in %s", name, from)
	}
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	return f, nil
}

// verifier takes everything and does nothing.
type verifier struct{}

func (verifier) before(context.Context, string) error { return nil }

func (verifier) rows(_ context.Context, _ Table, from io.Reader) error {
	_, err := io.Copy(io.Discard, from)
	return err
}

func (verifier) after(context.Context, Manifest, string) error { return nil }

// restorer makes the database.
type restorer struct{ tx database.Tx }

func (r restorer) begin(ctx context.Context) error {
	if _, ok := r.tx.(database.Copier); !ok {
		return fault.Unsupported("logical backups are for PostgreSQL")
	}
	if err := r.tx.Script(ctx, settings, nil); err != nil {
		return err
	}
	found, err := ask(ctx, r.tx, "occupied")
	if err != nil || len(found) == 0 {
		return err
	}
	names := make([]string, len(found))
	for i, n := range found {
		names[i] = n.Text(0)
	}
	return fault.New(fault.ObjectNotInPrerequisite, "the database is not empty").WithDetail("It holds %s.", strings.Join(names, ", ")).
		WithHint("Make an empty one (createdb --template=template0 --encoding=UTF8) and set DATABASE_URL to it.")
}

func (r restorer) before(ctx context.Context, sql string) error { return r.tx.Script(ctx, sql, nil) }

func (r restorer) rows(ctx context.Context, t Table, from io.Reader) error {
	bulk, ok := r.tx.(database.Copier)
	if !ok {
		return fault.Unsupported("logical backups are for PostgreSQL")
	}
	return bulk.CopyFrom(ctx, "COPY "+t.Name+" "+t.Columns+" FROM STDIN", from)
}

// after reads every table again, and then makes what stands on them.
func (r restorer) after(ctx context.Context, m Manifest, sql string) error {
	for _, t := range m.Tables {
		var there lines
		if err := copyOut(ctx, r.tx, t, &there); err != nil {
			return err
		}
		if there.Rows() != t.Rows || there.String() != t.Checksum {
			return fault.New(fault.DataCorrupted, "the table %s has %d rows and the checksum %s; the backup says %d and %s",
				t.Name, there.Rows(), there.String(), t.Rows, t.Checksum)
		}
	}
	return r.tx.Script(ctx, sql, nil)
}

// read passes a backup to a taker and holds it against its manifest.
func read(ctx context.Context, from backup.Place, name string, key backup.Key, to taker) (m Manifest, err error) {
	f, err := open(ctx, from, name)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = backup.Unpack(f, key, func(unpacked io.Reader) error {
		r := reader{ctx: ctx, tar: tar.NewReader(unpacked), to: to}
		m, err = r.read()
		return err
	})
	return m, err
}

type reader struct {
	ctx  context.Context
	tar  *tar.Reader
	to   taker
	next *tar.Header // read, and not used
}

func (r *reader) read() (Manifest, error) {
	var m Manifest
	head, err := r.head()
	if err != nil {
		return m, err
	}
	before, err := r.text(beforeEntry)
	if err == nil {
		err = r.to.before(r.ctx, before)
	}
	for i := 0; err == nil && i < len(head.Tables); i++ {
		err = r.table(&head.Tables[i], i+1)
	}
	if err != nil {
		return m, err
	}
	after, err := r.text(afterEntry)
	if err != nil {
		return m, err
	}
	if m, err = r.manifest(head, before, after); err != nil {
		return m, err
	}
	return m, r.to.after(r.ctx, m, after)
}

func (r *reader) head() (h Head, err error) {
	first, err := r.header()
	if err == nil && first.Name == "data.db" {
		return h, fault.New(fault.ObjectNotInPrerequisite, "this is a backup of the embedded database").
			WithHint("Restore it without DATABASE_URL, then galley db move --to URL takes it to PostgreSQL.")
	}
	text, err := r.text(headEntry)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil || h.Format < 1 {
		return h, damaged(err, "its beginning cannot be read")
	}
	if h.Format > Format {
		return h, fault.New(fault.ObjectNotInPrerequisite, "the backup has format %d, this Galley knows formats up to %d", h.Format, Format).
			WithHint("A newer Galley made it: use that one.")
	}
	return h, nil
}

// manifest reads the end, and compares it with what was read.
func (r *reader) manifest(head Head, before, after string) (m Manifest, err error) {
	text, err := r.text(manifestEntry)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil || len(m.Tables) != len(head.Tables) {
		return m, damaged(err, "its manifest cannot be read")
	}
	if m.Before != sum([]byte(before)) || m.After != sum([]byte(after)) {
		return m, damaged(nil, "its definitions are not those that the manifest sums")
	}
	for i, t := range head.Tables {
		if t != m.Tables[i] {
			return m, damaged(nil, "the table %s has %d rows and the checksum %s; the manifest says %d and %s",
				t.Name, t.Rows, t.Checksum, m.Tables[i].Rows, m.Tables[i].Checksum)
		}
	}
	return m, nil
}

// table passes the rows of a table on, from all of its parts.
func (r *reader) table(t *Table, number int) error {
	in := &joined{reader: r, folder: fmt.Sprintf("%s%06d/", dataFolder, number)}
	err := r.to.rows(r.ctx, *t, in)
	if in.err != nil { // it is the backup, not the server
		return in.err
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	t.Rows, t.Checksum = in.lines.Rows(), in.lines.String()
	return err
}

// joined is the parts of a table as one.
type joined struct {
	reader *reader
	folder string
	inside bool
	lines  lines
	err    error
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	for j.err == nil {
		if err := j.reader.ctx.Err(); err != nil {
			return 0, err
		}
		if !j.inside {
			h, err := j.reader.header()
			if err != nil || !strings.HasPrefix(h.Name, j.folder) {
				if j.err = err; err != nil {
					break
				}
				return 0, io.EOF
			}
			j.inside, j.reader.next = true, nil
		}
		n, err := j.reader.tar.Read(p)
		_, _ = j.lines.Write(p[:n])
		if errors.Is(err, io.EOF) {
			j.inside, err = false, nil
		}
		if err != nil {
			j.err = damaged(err, "its data cannot be read")
		}
		if n > 0 {
			return n, j.err
		}
	}
	return 0, j.err
}

// header is the present entry's.
func (r *reader) header() (*tar.Header, error) {
	if r.next != nil {
		return r.next, nil
	}
	h, err := r.tar.Next()
	if err != nil {
		return nil, damaged(err, "it ends too early")
	}
	r.next = h
	return h, nil
}

// text reads an entry whole.
func (r *reader) text(name string) (string, error) {
	h, err := r.header()
	if err != nil {
		return "", err
	}
	if h.Name != name || h.Size > maxText {
		return "", damaged(nil, "it holds %q where %s should be", h.Name, name)
	}
	r.next = nil
	text, err := io.ReadAll(r.tar)
	if err != nil {
		return "", damaged(err, "%s cannot be read", name)
	}
	return string(text), nil
}

// damaged is the error of a backup that is not what was written.
func damaged(cause error, format string, args ...any) error {
	return fault.New(fault.DataCorrupted, "the backup is damaged: "+format, args...).WithCause(cause)
}
