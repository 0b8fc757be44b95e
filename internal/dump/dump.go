// Package dump makes logical backups of a PostgreSQL database, of which nothing is
// needed but a connection: no pg_dump, no file of the server. They are for projects
// that run Galley on PostgreSQL and have no continuous archiving; package backup
// makes those of the embedded engine.
//
//	m, err := dump.Create(ctx, dump.Source{DB: db}, place, name, lock)
//	m, err = dump.Verify(ctx, place, name, key)
//	m, err = dump.Restore(ctx, place, name, key, emptyDB)
//
// A backup is the database at one moment (a transaction of REPEATABLE READ), and,
// as those of package backup, one file: a tar archive, compressed with zstd and
// encrypted with age. Its entries, in this order:
//
//	logical.json      what made it
//	before.sql        roles, schemas, types, functions, tables
//	data/N/M          rows of the table N, a part of them, as COPY writes them
//	after.sql         sequences, constraints, indexes, views, triggers, policies, privileges
//	manifest.json     tables with their numbers of rows and checksums
//
// The manifest comes last, so an archive that has one is whole. A restore is one
// transaction: all of it or nothing, and it ends only when every table has been
// read again and found to be what the manifest says.
//
// What PostgreSQL can hold and this package cannot make again is refused with its
// names (0A000), never left out in silence.
package dump

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Format is the version of the archive that this program writes. It reads all up
// to this one.
const Format = 1

const (
	headEntry     = backup.Logical
	beforeEntry   = "before.sql"
	afterEntry    = "after.sql"
	manifestEntry = "manifest.json"
	dataFolder    = "data/"
)

// Head says what a backup is, at its beginning.
type Head struct {
	Format  int       `json:"format"`
	Galley  string    `json:"galley,omitempty"` // version of the program
	Server  string    `json:"server"`           // version of PostgreSQL
	Created time.Time `json:"created"`
	Tables  []Table   `json:"tables"` // in the order of data
	// Left are things that were in the database and are not in the backup.
	Left []string `json:"left,omitempty"`
}

// Table is one with rows. The last two are known at the end.
type Table struct {
	Name      string `json:"name"`                // as SQL writes it
	Columns   string `json:"columns,omitempty"`   // in parentheses; "" for all
	Condition string `json:"condition,omitempty"` // WHERE …, of an extension's tables
	Rows      int64  `json:"rows"`
	Checksum  string `json:"checksum,omitempty"` // see rowsum
}

// Manifest says what a backup holds.
type Manifest struct {
	Head
	Before string `json:"before_sha256"`
	After  string `json:"after_sha256"`
}

// Rows is the number of rows of all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Source is a database to make a backup of.
type Source struct {
	DB      database.DB // without a limit on statements
	Program string      // version of Galley
}

// Create makes a backup of a database as it is at one moment, in use or not, and
// puts it into a place.
func Create(ctx context.Context, from Source, to backup.Place, name string, lock backup.Lock) (Manifest, error) {
	up, err := to.Create(ctx, name)
	if err != nil {
		return Manifest{}, err
	}
	m, err := from.fill(ctx, up, lock)
	if err != nil {
		return m, errors.Join(err, up.Abort())
	}
	return m, up.Commit(ctx)
}

func (s Source) fill(ctx context.Context, to io.Writer, lock backup.Lock) (m Manifest, err error) {
	packed, err := backup.Pack(to, lock)
	if err != nil {
		return m, err
	}
	err = database.InTx(ctx, s.DB, database.Session{}, database.TxOptions{ReadOnly: true, Snapshot: true}, func(tx database.Tx) error {
		w := &writer{tx: tx, tar: tar.NewWriter(packed)}
		m, err = w.write(ctx, s.Program)
		return err
	})
	if ended := packed.Close(); err == nil {
		err = ended
	}
	return m, err
}

// writer writes the archive of a database that a transaction shows.
type writer struct {
	tx  database.Tx
	tar *tar.Writer
	m   Manifest
}

// settings make the texts of values and definitions the same whatever the server
// and the role are set to: every name with its schema, no digit lost, and an error
// where policies would hide rows.
const settings = `SET LOCAL search_path = ''; SET LOCAL DateStyle = ISO; SET LOCAL IntervalStyle = postgres; SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = hex; SET LOCAL xmlbinary = base64; SET LOCAL lc_monetary = 'C'; SET LOCAL row_security = off;
SET LOCAL synchronize_seqscans = off; SET LOCAL statement_timeout = 0; SET LOCAL standard_conforming_strings = on;
SET LOCAL quote_all_identifiers = off; SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = 0;`

func (w *writer) write(ctx context.Context, program string) (Manifest, error) {
	if err := w.tx.Script(ctx, settings, nil); err != nil {
		return w.m, err
	}
	w.m.Head = Head{Format: Format, Galley: program, Created: time.Now().UTC().Truncate(time.Second)}
	c, err := readCatalog(ctx, w.tx, &w.m.Head)
	if err != nil {
		return w.m, err
	}
	if err := w.json(headEntry, w.m.Head); err != nil {
		return w.m, err
	}
	if err := w.file(beforeEntry, []byte(c.before)); err != nil {
		return w.m, err
	}
	for i := range w.m.Tables {
		if err := w.data(ctx, i); err != nil {
			return w.m, err
		}
	}
	// Sequences know no transactions: read now they are past every row above.
	after, err := sequences(ctx, w.tx)
	if err != nil {
		return w.m, err
	}
	after += c.after
	w.m.Before, w.m.After = sum([]byte(c.before)), sum([]byte(after))
	if err := w.file(afterEntry, []byte(after)); err != nil {
		return w.m, err
	}
	if err := w.json(manifestEntry, w.m); err != nil {
		return w.m, err
	}
	return w.m, w.tar.Close()
}

func (w *writer) json(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return w.file(name, text)
}

func (w *writer) file(name string, content []byte) error {
	h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(content)), ModTime: w.m.Created}
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.tar.Write(content)
	return err
}

// data writes the rows of a table.
func (w *writer) data(ctx context.Context, i int) error {
	t := &w.m.Tables[i]
	out := &parts{w: w, table: i}
	if err := copyOut(ctx, w.tx, *t, out); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	t.Rows, t.Checksum = out.Rows(), out.Sum.String()
	return nil
}

// copyOut writes the rows of a table as COPY does.
func copyOut(ctx context.Context, tx database.Tx, t Table, to io.Writer) error {
	bulk, ok := tx.(database.Copier)
	if !ok {
		return fault.Unsupported("logical backups are for PostgreSQL")
	}
	what := t.Name + " " + t.Columns
	if t.Condition != "" {
		what = "(SELECT " + strings.Trim(t.Columns, "()") + " FROM ONLY " + t.Name + " " + t.Condition + ")"
	}
	return bulk.CopyTo(ctx, "COPY "+what+" TO STDOUT", to)
}

// sequences are the statements that put sequences where they are.
func sequences(ctx context.Context, tx database.Tx) (string, error) {
	names, err := ask(ctx, tx, "sequences")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	for _, r := range names {
		state, err := database.Records(ctx, tx, "SELECT format('SELECT pg_catalog.setval(%L, %s, %L)', $1::text, last_value, is_called) FROM "+r.Text(0), r.Text(0))
		if err != nil {
			return "", err
		}
		out.WriteString(state[0].Text(0) + ";\n")
	}
	return out.String(), nil
}
