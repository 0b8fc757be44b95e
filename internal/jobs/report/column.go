package report

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/galleyhq/galley/internal/database"
)

// kind is what the values of a column are to a report.
type kind int

const (
	text kind = iota
	number
	floating
	boolean
	date
	moment // timestamp, and timestamptz in the report's time zone
	clock
)

// kinds are the types that are more to a report than text.
var kinds = map[string]kind{
	"int2": number, "int4": number, "int8": number, "numeric": number, "oid": number,
	"float4": floating, "float8": floating, "bool": boolean,
	"date": date, "timestamp": moment, "timestamptz": moment, "time": clock,
}

// column is a column of a report.
type column struct {
	title  string
	kind   kind
	index  int // in the query's result
	width  float64
	align  string // L, C or R
	format format
	zone   *time.Location // of timestamptz; nil of all else
}

func newColumn(w requested, of database.Column, index int, zone *time.Location) (column, error) {
	c := column{title: w.Title, kind: kinds[of.Type], index: index, width: w.Width, align: "L"}
	if c.title == "" {
		c.title = of.Name
	}
	if c.isNumber() {
		c.align = "R"
	}
	if of.Type == "timestamptz" {
		c.zone = zone
	}
	if w.Align != "" {
		c.align = strings.ToUpper(w.Align[:1])
	}
	var err error
	if c.format, err = parseFormat(w.Format); err != nil {
		return c, err
	}
	if !c.format.fits(c.kind) {
		return c, fmt.Errorf("the format %q is none of the type %s", w.Format, of.Type)
	}
	return c, nil
}

func (c column) isNumber() bool { return c.kind == number || c.kind == floating }

// utcLayout is the text of a timestamptz in UTC, where its year has four digits.
const utcLayout = "2006-01-02 15:04:05.999999-07"

// local is a value as it reads in the report's time zone.
func (c column) local(value []byte) []byte {
	if c.zone == nil || c.zone == time.UTC || value == nil {
		return value
	}
	t, err := time.Parse(utcLayout, string(value))
	if err != nil {
		return value // infinity, and years that have no four digits
	}
	text := t.In(c.zone).Format("2006-01-02 15:04:05.999999-07:00:00")
	return []byte(strings.TrimSuffix(strings.TrimSuffix(text, ":00"), ":00"))
}

// plain tells whether a name is one that every file system has.
func plain(name string) bool {
	if name == "" || strings.Trim(name, " ") != name || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || !filepath.IsLocal(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return strings.ContainsRune(`<>:"/\|?*`, r) || !unicode.IsPrint(r)
	})
}
