// Package doctor looks over a project: its disk, clock, secrets, tables, backups
// and database, on either engine, beside a running server or without one. It
// changes nothing, and tells of each problem what to do.
//
//	findings := doctor.Examine(ctx, doctor.Patient{DB: db, Config: c})
package doctor

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// Severity is how bad a finding is.
type Severity string

// The severities. An Error is something that loses data, lets others in, or keeps
// the server from working.
const (
	OK      Severity = "ok"
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Finding is what a check found.
type Finding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Do       string   `json:"do,omitempty"`
	Docs     string   `json:"docs,omitempty"`
}

// Patient is what is looked over.
type Patient struct {
	DB     database.DB
	Config config.Config
	Secret string // that signs the keys
	// LastBackup tells when the last backup was made; ok is false when there is
	// none. It is nil on PostgreSQL without backup.to, where others make them.
	LastBackup func(ctx context.Context) (made time.Time, ok bool, err error)
	// Continuous tells until when the continuous backup is complete in its place,
	// and how far a restore reaches back. It is nil where there is none to be.
	Continuous func(ctx context.Context) (from, until time.Time, ok bool, err error)
	// Differing lists the functions of which nodes serve different versions, with the
	// nodes of each version. It is nil where there is one node.
	Differing func(ctx context.Context) (map[string][][]string, error)
}

// checkTimeout bounds one check.
const checkTimeout = 30 * time.Second

// check is a subject. It returns nothing when all is well.
type check struct {
	name string
	docs string
	run  func(context.Context, Patient) ([]Finding, error)
}

func checks() []check {
	const operations = "docs/operations.md#galley-doctor"
	return []check{
		{"disk", operations, disks},
		{"clock", operations, clock},
		{"secrets", "docs/configuration.md#keys", secrets},
		{"exposure", operations, exposure},
		{"views", operations, views},
		{"primary keys", operations, primaryKeys},
		{"numbers", operations, numbers},
		{"foreign keys", operations, foreignKeys},
		{"indexes", operations, scans},
		{"replication", operations, replication},
		{"backups", "docs/backup.md", backups},
		{"integrity", "docs/backup.md", integrity},
		{"functions", "docs/functions.md#changes", functions},
		{"mail", "docs/configuration.md", mail},
		{"https", "docs/deployment.md#https", https},
	}
}

// Examine runs all checks, one after the other. One that cannot be run is a
// finding, too.
func Examine(ctx context.Context, p Patient) []Finding {
	var out []Finding
	for _, c := range checks() {
		found, err := c.examine(ctx, p)
		if err != nil {
			found = append(found, Finding{Severity: Warning, Message: "could not be checked: " + err.Error()})
		}
		if len(found) == 0 {
			found = []Finding{{Severity: OK, Message: "nothing found"}}
		}
		for _, f := range found {
			f.Check = c.name
			if f.Severity != OK {
				f.Docs = c.docs
			}
			out = append(out, f)
		}
	}
	return out
}

func (c check) examine(ctx context.Context, p Patient) (found []Finding, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return c.run(ctx, p)
}

// Worst is the worst severity of findings.
func Worst(findings []Finding) Severity {
	worst := OK
	order := map[Severity]int{OK: 0, Info: 1, Warning: 2, Error: 3}
	for _, f := range findings {
		if order[f.Severity] > order[worst] {
			worst = f.Severity
		}
	}
	return worst
}

func (p Patient) embedded() bool { return p.DB.Engine() == "embedded" }

// ask runs a statement of ours as the owner.
func (p Patient) ask(ctx context.Context, sql string, args ...any) ([][]string, error) {
	rows, err := database.Collect(p.DB.Query(ctx, database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...), ReadOnly: true}))
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = make([]string, len(r))
		for j, v := range r {
			if v != nil {
				out[i][j] = *v
			}
		}
	}
	return out, err
}
