package snapshot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// Report is what a check found in a file that is in order.
type Report struct {
	Older  []string // versions that a start of this program would bring up to date
	Tables []Table  // by schema and name
}

// Table tells how many rows a table has.
type Table struct {
	Schema, Name string
	Rows         int64
}

// Rows is the number of rows of all tables.
func (r Report) Rows() int64 {
	n := int64(0)
	for _, t := range r.Tables {
		n += t.Rows
	}
	return n
}

// Check reads all of a file: the structure of its pages, its indexes against its
// tables, its constraints, and every row. It changes nothing. What it finds
// wrong is an error of XX001; a file of a newer Galley is one of 55000. o holds
// the functions and collations that the file's indexes are made with.
func Check(ctx context.Context, path string, o sqlite.Options, present catalog.Stamp) (Report, error) {
	o.ReadOnly = true
	c, err := sqlite.Open(path, o)
	if err != nil {
		return Report{}, store.Translate(err)
	}
	defer c.Interruptible(ctx)()
	r, err := check(c, present)
	if err := errors.Join(err, c.Close()); err != nil {
		return Report{}, store.Translate(err)
	}
	return r, nil
}

func check(c *sqlite.Conn, present catalog.Stamp) (Report, error) {
	if err := c.Exec("BEGIN"); err != nil {
		return Report{}, err
	}
	older, err := catalog.Older(c, present)
	if err != nil {
		return Report{}, err
	}
	// Functions may give other results than those that an older file was made
	// with: what it stores of them is built anew when it is opened.
	verify := "PRAGMA integrity_check(10)"
	if len(older) > 0 {
		verify = "PRAGMA quick_check(10)"
	}
	if err := Integrity(c, verify); err != nil {
		return Report{}, err
	}
	tables, err := count(c)
	return Report{Older: older, Tables: tables}, err
}

// Integrity runs a check of SQLite's; what it finds is an error of XX001.
func Integrity(c *sqlite.Conn, sql string) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	var found []string
	for {
		more, err := s.Step()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if line := s.Column(0).Text(); line != "ok" {
			found = append(found, strings.Clone(line))
		}
	}
	if len(found) > 0 {
		return fault.New(fault.DataCorrupted, "the database file is damaged").WithDetail("%s", strings.Join(found, "; "))
	}
	return nil
}

func count(c *sqlite.Conn) ([]Table, error) {
	cat, err := catalog.Load(c)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, t := range cat.Tables {
		n, err := number(c, "SELECT count(*) FROM "+quote(t.Physical))
		if err != nil {
			return nil, err
		}
		out = append(out, Table{Schema: t.Schema, Name: t.Name, Rows: n})
	}
	slices.SortFunc(out, func(a, b Table) int { return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
