package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// Stamp says what a file was written with: its encoding, the version of Unicode,
// that of the SQL which its schema is made of, and those of the families of
// functions. What is stored in an index, a generated column or a check depends
// on them.
type Stamp map[string]string

// StampPrefix begins the keys of versions, which are numbers; other keys must be
// equal to what this program has.
const StampPrefix = "version:"

// The table of the stamp came with format 2; a file of format 1 was written by
// the first versions of everything.
const createStampSQL = `CREATE TABLE IF NOT EXISTS galley_stamp (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`

// upgrades are the steps from one format to the next, by the format they begin
// from. They run inside the transaction that opens the file.
var upgrades = map[int64]func(c *sqlite.Conn) error{
	1: func(c *sqlite.Conn) error { return c.Exec(createStampSQL) },
}

// upgrade brings a file to the present format.
func upgrade(c *sqlite.Conn, format int64) error {
	if err := knownFormat(format); err != nil {
		return err
	}
	for ; format < Format; format++ {
		step := upgrades[format]
		if step == nil {
			return fault.New(fault.DataCorrupted, "the database file has format %d, which was never written", format)
		}
		if err := step(c); err != nil {
			return fmt.Errorf("upgrade the database file from format %d: %w", format, err)
		}
		if err := run(c, `UPDATE galley_meta SET format = ?1 WHERE id = 1`, sqlite.Int(format+1)); err != nil {
			return err
		}
	}
	return nil
}

// knownFormat refuses a file of a newer format.
func knownFormat(format int64) error {
	if format <= Format {
		return nil
	}
	return newer("the database file has format %d, this Galley knows formats up to %d", format, Format)
}

func newer(format string, args ...any) error {
	return fault.New(fault.ObjectNotInPrerequisite, format, args...).
		WithHint("A newer Galley wrote the file: use that one, or go back to a backup from before the upgrade.")
}

// ReadStamp reads the stamp of a file.
func ReadStamp(c *sqlite.Conn) (Stamp, error) {
	s, err := c.Prepare(`SELECT key, value FROM galley_stamp`)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	out := Stamp{}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return out, err
		}
		out[strings.Clone(s.Column(0).Text())] = strings.Clone(s.Column(1).Text())
	}
}

// Write stores a stamp in place of the present one.
func (s Stamp) Write(c *sqlite.Conn) error {
	if err := c.Exec(`DELETE FROM galley_stamp`); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if err := run(c, `INSERT INTO galley_stamp VALUES (?1, ?2)`, sqlite.Text(key), sqlite.Text(s[key])); err != nil {
			return err
		}
	}
	return nil
}

// Older lists what of a file is older than this program, its format included, and
// refuses a file that a newer one wrote. It changes nothing.
func Older(c *sqlite.Conn, present Stamp) ([]string, error) {
	format, found, err := queryInt(c, `SELECT format FROM galley_meta WHERE id = 1`)
	if err == nil && !found {
		err = fault.New(fault.DataCorrupted, "the database file has no catalogue")
	}
	if err == nil {
		err = knownFormat(format)
	}
	if err != nil {
		return nil, err
	}
	if format < Format {
		return []string{fmt.Sprintf("format %d", format)}, nil
	}
	got, err := ReadStamp(c)
	if err != nil {
		return nil, err
	}
	return got.Older(present)
}

// Older compares the stamp of a file with that of this program. It lists the
// versions that are older in the file, and refuses a file of another encoding or
// one that a newer program wrote. A version that the file does not know is 1.
func (s Stamp) Older(present Stamp) ([]string, error) {
	var older []string
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if _, ok := present[key]; !ok {
			return nil, newer("the database file depends on %s, which this Galley does not know", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(present)) {
		want, got := present[key], s[key]
		if !strings.HasPrefix(key, StampPrefix) {
			if got != "" && got != want {
				return nil, fault.New(fault.ObjectNotInPrerequisite, "the database file has the %s %s, this Galley has %s", key, got, want).
					WithHint("Use the Galley that wrote the file to move its data.")
			}
			continue
		}
		is, have := version(got), version(want)
		if is > have {
			return nil, newer("the database file has %s %d, this Galley has %d", key[len(StampPrefix):], is, have)
		}
		if is < have {
			older = append(older, key)
		}
	}
	return older, nil
}

func version(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return 1
}
