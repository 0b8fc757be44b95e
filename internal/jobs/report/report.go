// Package report does the jobs of kind "report": a query as CSV, XLSX or PDF, to a
// file or by mail.
//
//	reports, err := report.New(report.Config{DB: db, Allow: allow, Dir: dir, Mailer: mail})
//	handlers[report.Kind] = reports.Do
//
//	select galley.enqueue('reports', '{"sql": "select * from sales", "format": "xlsx",
//	  "to": {"file": "sales-{date}.xlsx"}}', kind => 'report');
//
// Rows go from the database to the file one by one, in a transaction that only
// reads, under the role of the job. XLSX is written by excelize
// (https://xuri.me/excelize), PDF by fpdf (https://codeberg.org/go-pdf/fpdf).
// docs/jobs.md tells the rest.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
)

// Kind is the kind of the jobs that Do does.
const Kind = "report"

// Mailer sends reports.
type Mailer interface {
	// Check tells what is wrong with a request, a JSON object.
	Check(request json.RawMessage) error
	// Attach has the mail of a request sent with a file, once only for a key,
	// and returns the id of the message.
	Attach(ctx context.Context, key string, request json.RawMessage, name, mediaType string, content []byte) (id string, err error)
}

// Config is what the service needs to know. Zero bounds mean the defaults.
type Config struct {
	DB      database.DB
	Allow   jobs.Allow    // refuses roles that a job may not have
	Mailer  Mailer        // nil refuses reports by mail
	Dir     string        // where files go; made when it is first written to
	KeepFor time.Duration // files that are older are deleted; 0 keeps them
	MaxRows int64         // of a report; 1,000,000 by default
	MaxSize int64         // bytes of a file; 1 GiB by default
	MaxMail int64         // bytes of an attachment; 10 MiB by default
	Timeout time.Duration // of one attempt; 10 minutes by default
	Font    string        // TrueType file that PDF is set in; "" is the Go font
}

func (c Config) withDefaults() Config {
	set := func(n *int64, value int64) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&c.MaxRows, 1_000_000)
	set(&c.MaxSize, 1<<30)
	set(&c.MaxMail, 10<<20)
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Minute
	}
	return c
}

// maxAtOnce bounds the reports that a node makes at once, each of which may take
// some 100 MiB of memory.
const maxAtOnce = 4

// Service does jobs of kind "report".
type Service struct {
	config  Config
	fonts   *fonts
	slots   chan struct{} // one for each report that is being made
	cleaned atomic.Int64  // when old files were last deleted, Unix seconds
}

// New returns a service. It fails when the font cannot be used.
func New(c Config) (*Service, error) {
	c = c.withDefaults()
	f, err := loadFonts(c.Font)
	if err != nil {
		return nil, err
	}
	return &Service{config: c, fonts: f, slots: make(chan struct{}, maxAtOnce)}, nil
}

// result is what is kept with the job.
type result struct {
	File      string `json:"file,omitempty"`    // within the folder of reports
	Message   string `json:"message,omitempty"` // id of the mail
	Rows      int64  `json:"rows"`
	Bytes     int64  `json:"bytes"`
	Unprinted int64  `json:"unprinted,omitempty"` // characters that the PDF shows by their number
}

// Do implements jobs.Handler.
func (s *Service) Do(ctx context.Context, j *jobs.Job) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout, fmt.Errorf("the report took longer than %s (reports.timeout)", s.config.Timeout))
	defer cancel()
	p, err := parse(j.Payload)
	if err != nil {
		return jobs.Discard(fmt.Errorf("the payload of a job of kind report: %w", err))
	}
	session, err := p.Session(ctx, s.config.Allow)
	if err != nil {
		return jobs.Discard(err)
	}
	s.clean(time.Now())
	r := &run{service: s, job: j, payload: p, session: session}
	var out result
	if p.To.File != "" {
		out, err = r.toFile(ctx)
	} else {
		out, err = r.byMail(ctx)
	}
	if cause := context.Cause(ctx); err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && cause != nil {
		return fmt.Errorf("%w: %w", cause, err)
	}
	if err != nil {
		return jobs.Hopeless(err)
	}
	return j.SetResult(out)
}

// run is one attempt at a report.
type run struct {
	service *Service
	job     *jobs.Job
	payload *payload
	session database.Session
}

// toFile writes the report into the folder of reports.
func (r *run) toFile(ctx context.Context) (result, error) {
	name := r.payload.name(r.payload.To.File, r.job)
	f, err := createFile(r.service.config.Dir, r.job.ID, r.job.Attempt)
	if err != nil {
		return result{}, err
	}
	defer f.abort()
	out, err := r.write(ctx, &limited{to: f, most: r.service.config.MaxSize, key: "reports.max_size"})
	if err != nil {
		return result{}, err
	}
	out.File = name
	return out, f.publish(name)
}

// byMail sends the report. What is wrong with the mail is found before the query is
// run.
func (r *run) byMail(ctx context.Context) (result, error) {
	to := r.payload.To
	mailer := r.service.config.Mailer
	if mailer == nil {
		return result{}, jobs.Discard(errors.New("reports cannot be mailed here"))
	}
	if err := mailer.Check(to.Mail); err != nil {
		return result{}, jobs.Discard(err)
	}
	var content buffer
	out, err := r.write(ctx, &limited{to: &content, most: r.service.config.MaxMail, key: "reports.max_mail"})
	if err != nil {
		return result{}, err
	}
	name := filepath.Base(r.payload.name(to.Name, r.job))
	key := fmt.Sprintf("report %d of %d", r.job.ID, r.job.CreatedAt.UnixMicro())
	out.Message, err = mailer.Attach(ctx, key, to.Mail, name, mediaTypes[r.payload.Format], content)
	if fault.Code(err) == fault.InvalidParameter {
		err = jobs.Discard(err)
	}
	return out, err
}

var mediaTypes = map[string]string{
	"csv":  "text/csv; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pdf":  "application/pdf",
}

// write runs the query and writes the report of its rows. The transaction ends with
// the rows: to compress a large sheet takes a while.
func (r *run) write(ctx context.Context, to *limited) (out result, err error) {
	var w writer
	defer func() {
		if w != nil {
			w.close()
		}
	}()
	to.ctx = ctx
	err = database.InTx(ctx, r.service.config.DB, r.session, database.TxOptions{ReadOnly: true}, func(tx database.Tx) error {
		if err := r.settings(ctx, tx); err != nil {
			return err
		}
		statement, err := r.payload.Statement()
		if err != nil {
			return jobs.Discard(err)
		}
		statement.ReadOnly = true // whose rows PostgreSQL stops sending when they are closed
		rows, err := tx.Query(ctx, statement)
		if err != nil {
			return err
		}
		defer rows.Close()
		w, out.Rows, err = r.read(rows, to)
		return err
	})
	if err != nil {
		return out, err
	}
	err = w.end()
	out.Bytes = to.written
	if pdf, ok := w.(*pdfWriter); ok {
		out.Unprinted = pdf.unprinted
	}
	return out, err
}

// settings gives the statement the report's time. Its time zone is UTC, the only one
// of both engines: times go into the report's zone on their way out.
func (r *run) settings(ctx context.Context, tx database.Tx) error {
	limit := strconv.FormatInt(r.service.config.Timeout.Milliseconds(), 10)
	for name, value := range map[string]string{
		"statement_timeout": limit, "TimeZone": "UTC",
		"idle_in_transaction_session_timeout": limit, // PostgreSQL may have sent rows long before they are written
	} {
		_, err := database.Exec(tx.Query(ctx, database.Statement{SQL: `SELECT pg_catalog.set_config($1, $2, true)`, Args: database.Args(name, value)}))
		if err != nil {
			return err
		}
	}
	return nil
}

// writer makes a file of rows.
type writer interface {
	// row adds one; nil is NULL. The bytes are the caller's again afterwards.
	row(values [][]byte) error
	// end completes the file. close frees what the writer holds, ended or not.
	end() error
	close()
}

func (r *run) writer(columns []column, to io.Writer) (writer, error) {
	switch r.payload.Format {
	case "csv":
		return newCSV(r.payload, columns, to)
	case "xlsx":
		return newXLSX(r.payload, columns, to, filepath.Clean(r.service.config.Dir), r.service.config.MaxSize)
	}
	return newPDF(r.payload, columns, to, r.service.fonts, r.job.CreatedAt)
}

// progressEvery is after how many rows the job tells how far it is.
const progressEvery = 10_000

// read gives all rows to a writer. The writer is to be closed, after an error too.
func (r *run) read(rows database.Rows, to *limited) (w writer, n int64, err error) {
	columns, err := r.payload.columns(rows.Columns())
	if err != nil {
		return nil, 0, jobs.Discard(err)
	}
	if r.payload.Format == "xlsx" { // its library writes to memory where it finds no folder
		if err := os.MkdirAll(r.service.config.Dir, 0o700); err != nil {
			return nil, 0, err
		}
	}
	if w, err = r.writer(columns, to); err != nil {
		return nil, 0, err
	}
	values := make([][]byte, len(columns))
	for rows.Next() {
		if n++; n > r.service.config.MaxRows {
			return w, n, jobs.Discard(fmt.Errorf("the report has more than %d rows (reports.max_rows)", r.service.config.MaxRows))
		}
		for i, c := range columns {
			values[i] = c.local(rows.Value(c.index))
		}
		if err := w.row(values); err != nil {
			return w, n, err
		}
		if n%progressEvery == 0 {
			r.job.SetProgress(0, strconv.FormatInt(n, 10)+" rows")
		}
	}
	return w, n, rows.Err()
}

// limited refuses what is more than most bytes, and what comes when ctx is done.
type limited struct {
	ctx           context.Context
	to            io.Writer
	written, most int64
	key           string
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	if l.written += int64(len(p)); l.written > l.most {
		return 0, jobs.Discard(fmt.Errorf("the report has more than %d bytes (%s)", l.most, l.key))
	}
	return l.to.Write(p)
}

// buffer is what is written to it.
type buffer []byte

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
