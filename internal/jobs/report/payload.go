package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // names of files hold dates of any time zone

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
)

// payload is what a job of kind "report" is to do.
type payload struct {
	jobs.Command
	Format    string      `json:"format"` // csv, xlsx or pdf
	Title     string      `json:"title"`
	Columns   []requested `json:"columns"`  // which, and how; all by default
	Timezone  string      `json:"timezone"` // of timestamptz, and of {date}; UTC by default
	To        target      `json:"to"`
	CSV       csvOptions  `json:"csv"`
	Page      string      `json:"page"`      // of PDF; A4 by default
	Landscape *bool       `json:"landscape"` // by default where the table is wide

	zone *time.Location
}

// target is where a report goes: File or Mail.
type target struct {
	File string          `json:"file"` // a path in the folder of reports
	Mail json.RawMessage `json:"mail"` // a mail, as galley.enqueue('mail', …) takes it
	Name string          `json:"name"` // of the attachment
}

// csvOptions are those of CSV.
type csvOptions struct {
	Delimiter string `json:"delimiter"` // a comma by default
	BOM       bool   `json:"bom"`       // begins with a byte order mark, by which Excel knows UTF-8
	// EscapeFormulas has texts begin with ' that a spreadsheet would take for
	// formulas; by default in mails.
	EscapeFormulas *bool `json:"escape_formulas"`
}

// requested is a column as the payload wants it.
type requested struct {
	Name   string  `json:"name"` // in the query's result
	Title  string  `json:"title"`
	Width  float64 `json:"width"`  // characters
	Align  string  `json:"align"`  // left, center or right
	Format string  `json:"format"` // see format.go
}

// Bounds of a payload.
const (
	maxTitle   = 500 // bytes
	maxColumns = 1000
	maxWidth   = 255 // characters, Excel's
)

// parse reads a payload that has no unknown field.
func parse(raw []byte) (*payload, error) {
	p := &payload{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return p, p.check()
}

func (p *payload) check() (err error) {
	if p.Timezone == "" {
		p.Timezone = "UTC"
	}
	if p.zone, err = time.LoadLocation(p.Timezone); err != nil || p.Timezone == "Local" {
		return fmt.Errorf("%q is no time zone", p.Timezone)
	}
	switch {
	case strings.TrimSpace(p.SQL) == "":
		return errors.New(`there is no "sql"`)
	case mediaTypes[p.Format] == "":
		return fmt.Errorf(`"format" is %q, one of csv, xlsx, pdf is expected`, p.Format)
	case len(p.Title) > maxTitle:
		return fmt.Errorf("a title has at most %d bytes", maxTitle)
	case len(p.Columns) > maxColumns:
		return fmt.Errorf("a report has at most %d columns", maxColumns)
	case p.pageSize() == "":
		return fmt.Errorf(`"page" is %q, one of A3, A4, A5, Letter, Legal is expected`, p.Page)
	}
	for _, c := range p.Columns {
		if err := c.check(); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	if err := p.CSV.check(); err != nil {
		return err
	}
	return p.target()
}

// pageSize is the size of a page as fpdf names it; "" for none.
func (p *payload) pageSize() string {
	if p.Page == "" {
		return "A4"
	}
	sizes := []string{"A3", "A4", "A5", "Letter", "Legal"}
	if i := slices.IndexFunc(sizes, func(s string) bool { return strings.EqualFold(s, p.Page) }); i >= 0 {
		return sizes[i]
	}
	return ""
}

func (c requested) check() error {
	switch {
	case c.Width < 0 || c.Width > maxWidth:
		return fmt.Errorf("a width is from 0 to %d characters", maxWidth)
	case !slices.Contains([]string{"", "left", "center", "right"}, c.Align):
		return fmt.Errorf(`"align" is %q, one of left, center, right is expected`, c.Align)
	case len(c.Title) > maxTitle:
		return fmt.Errorf("a title has at most %d bytes", maxTitle)
	}
	_, err := parseFormat(c.Format)
	return err
}

func (c csvOptions) check() error {
	if c.Delimiter != "" && (len(c.Delimiter) != 1 || !strings.Contains(",;|\t", c.Delimiter)) {
		return fmt.Errorf(`"delimiter" is %q, one of , ; | and tab is expected`, c.Delimiter)
	}
	return nil
}

// target looks at where the report goes.
func (p *payload) target() error {
	hasMail := len(p.To.Mail) > 0 && string(p.To.Mail) != "null"
	switch {
	case hasMail == (p.To.File != ""):
		return errors.New(`"to" names a file or a mail: {"file": "…"} or {"mail": {…}}`)
	case !hasMail:
		return p.checkName(&p.To.File)
	case p.To.Name == "":
		p.To.Name = "report-{date}"
	case strings.Contains(p.To.Name, "/"):
		return errors.New("the name of an attachment is no path")
	}
	return p.checkName(&p.To.Name)
}

// name is the name of a file or attachment. What is put in comes of the job, not of
// the hour, so that each attempt writes the same file.
func (p *payload) name(template string, j *jobs.Job) string {
	at := j.CreatedAt.In(p.zone)
	return strings.NewReplacer("{date}", at.Format(time.DateOnly), "{time}", at.Format("150405"),
		"{id}", strconv.FormatInt(j.ID, 10)).Replace(template)
}

// checkName refuses what is no plain path below the folder of reports, and adds the
// ending of the format where it is missing.
func (p *payload) checkName(name *string) error {
	if !strings.EqualFold(path.Ext(*name), "."+p.Format) {
		*name += "." + p.Format
	}
	if len(*name) > 200 || path.Clean(*name) != *name {
		return fmt.Errorf("%q is no name of a report", *name)
	}
	for part := range strings.SplitSeq(*name, "/") {
		if !plain(part) {
			return fmt.Errorf("%q is no name of a report: a part of it is empty, begins with a dot or a space, ends with one, or holds a character that file names do not have everywhere", *name)
		}
	}
	return nil
}

// columns are those of the report, in its order.
func (p *payload) columns(of []database.Column) ([]column, error) {
	if len(of) == 0 {
		return nil, errors.New("the statement returns no columns")
	}
	wanted := p.Columns
	if len(wanted) == 0 {
		for _, c := range of {
			wanted = append(wanted, requested{Name: c.Name})
		}
		if len(wanted) > maxColumns {
			return nil, fmt.Errorf("a report has at most %d columns", maxColumns)
		}
	}
	out := make([]column, len(wanted))
	for i, w := range wanted {
		index := slices.IndexFunc(of, func(c database.Column) bool { return c.Name == w.Name })
		if len(p.Columns) == 0 {
			index = i // names may repeat
		}
		if index < 0 {
			return nil, fmt.Errorf("the query has no column %q", w.Name)
		}
		c, err := newColumn(w, of[index], index, p.zone)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", w.Name, err)
		}
		out[i] = c
	}
	return out, nil
}
