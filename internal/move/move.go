// Package move takes a whole project from one database to another of the other
// engine: its schema, by running the project's migrations on the target, every row,
// the states of sequences and Galley's own tables, and then compares both, table by
// table, by count and checksum.
//
//	report, err := move.Run(ctx, move.Options{Source: file, Target: server, Project: project})
//
// The source is held against writing while it runs. What has arrived is noted on
// the target in the transaction that brings it, so a move that was interrupted, by
// whatever, goes on where it stopped when it is started again.
//
// The steps: the source is looked over; the target is made ready (it must be
// empty); its schema is compared with the source's; constraints that rows would
// meet too early are laid aside; rows are copied; both sides are compared;
// constraints and sequences are put in place; the notes are removed.
package move

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schema"
)

// Project is what the move has to know of the project beyond its databases.
type Project interface {
	// Install makes in a database what Galley expects of each.
	Install(ctx context.Context, db database.DB) error
	// Migrator returns the migrator of the project for a database.
	Migrator(db database.DB) *migrate.Migrator
	// Scratch opens a new, empty embedded database, which close removes.
	Scratch(ctx context.Context) (db database.DB, close func(), err error)
}

// Options are what to move. The databases' limits on statements and idle
// transactions must be off.
type Options struct {
	Source, Target database.DB // the target before Install
	Project        Project
	Check          bool        // only tell whether it would go
	Progress       func(Event) // nil tells nobody; called from one goroutine at a time
}

// Event tells how far the move is.
type Event struct {
	Phase   string // check, schema, copy, verify, constraints, done
	Table   string // at work, "" for none
	Number  int    // of the table, from 1
	Tables  int    // all of them
	Rows    int64  // of this table, done
	Total   int64  // of this table
	Elapsed time.Duration
	// PerSecond are the rows of this table each second, since its copy or
	// comparison began; 0 when it is too early to tell.
	PerSecond float64
}

// Report is what was moved.
type Report struct {
	From     string        `json:"from"` // engines
	To       string        `json:"to"`
	Check    bool          `json:"check,omitempty"`
	Resumed  bool          `json:"resumed"`
	Tables   []TableReport `json:"tables"`
	Rows     int64         `json:"rows"`
	Again    []string      `json:"again,omitempty"` // tables copied again: the source was written to since the interruption
	Warnings []string      `json:"warnings,omitempty"`
	Seconds  float64       `json:"seconds"`
}

// TableReport is a table that is the same on both sides.
type TableReport struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum,omitempty"` // of its rows' text forms, in whatever order
}

// mover is a move at work.
type mover struct {
	Options
	began  time.Time
	report *Report

	source, target           *schema.Inventory
	sourceShape, targetShape *schema.Snapshot
	tables                   []*table
	queues                   []queue
	own                      map[string]bool // the schemas that are Galley's, not the project's
	id                       string          // of this move

	phase Event     // the first event of the present phase and table
	since time.Time // when it was
}

// Run moves a project. Its errors are *fault.Error or those of migrations.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	m := &mover{Options: o, began: time.Now(), report: &Report{From: o.Source.Engine(), To: o.Target.Engine(), Check: o.Check}}
	if o.Source.Engine() == o.Target.Engine() {
		return nil, fault.Unsupported("a move goes from one engine to the other, and both are %s", o.Source.Engine()).
			WithHint("Copy an embedded database with galley backup, one of PostgreSQL with pg_dump.")
	}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	m.report.Seconds = time.Since(m.began).Seconds()
	return m.report, nil
}

func (m *mover) run(ctx context.Context) error {
	m.tell(Event{Phase: "check"})
	for _, step := range []func(context.Context) error{m.applied, m.identify} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	release, err := holdSource(ctx, m.Source)
	if err != nil {
		return err
	}
	defer release()
	for _, step := range []func(context.Context) error{m.examineSource, m.plan, m.examineTarget} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if m.Check {
		return m.estimate(ctx)
	}
	for _, step := range []func(context.Context) error{
		m.makeSchema, m.layAside, m.copyAll, m.verifyAll, m.moveQueues, m.putBack, m.setSequences, m.finish,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	m.tell(Event{Phase: "done"})
	return nil
}

func (m *mover) tell(e Event) {
	e.Elapsed = time.Since(m.began)
	if e.Phase != m.phase.Phase || e.Table != m.phase.Table {
		m.phase, m.since = e, time.Now()
	}
	if s := time.Since(m.since).Seconds(); s > 0 {
		e.PerSecond = float64(e.Rows-m.phase.Rows) / s
	}
	m.Progress(e)
}

func (m *mover) warn(text string) { m.report.Warnings = append(m.report.Warnings, text) }
