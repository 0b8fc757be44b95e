package app

import (
	"context"
	"log/slog"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/call"
	"github.com/galleyhq/galley/internal/jobs/report"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/internal/schedule"
)

// newReports returns what makes reports, for post to mail.
func newReports(db database.DB, c config.Config, post report.Mailer) (*report.Service, error) {
	r := c.Reports
	return report.New(report.Config{DB: db, Allow: roleGuard{db}.allow, Mailer: post, Dir: r.Dir, KeepFor: r.KeepFor,
		MaxRows: r.MaxRows, MaxSize: r.MaxSize, MaxMail: r.MaxMail, Timeout: r.Timeout, Font: r.Font})
}

// newGuard returns what outgoing calls go through.
func newGuard(c config.Config) (*outgoing.Guard, error) {
	o := c.Outgoing
	return outgoing.New(outgoing.Config{Allow: o.Allow, Ports: o.Ports, Proxy: o.Proxy, Timeout: o.Timeout, MaxResponse: o.MaxResponse})
}

// functionJobs is what metrics call jobs of functions, which come and go.
const functionJobs = "functions"

// startJobs begins to do jobs, those of other packages by their handlers and all else
// by other, unless this node is to do none. stop lets those that run end, as long as a request may.
func startJobs(db database.DB, c config.Config, m *monitor, log *slog.Logger, handlers map[string]jobs.Handler, other jobs.Handler) (stop func(), err error) {
	if c.Jobs.Workers == 0 {
		return func() {}, nil
	}
	guard, err := newGuard(c)
	if err != nil {
		return nil, err
	}
	handlers[jobs.StatementKind] = jobs.Statement(db, roleGuard{db}.allow)
	handlers[call.Kind] = call.Handler(guard, call.Secrets(db))
	handlers[functionJobs] = other
	all := m.handlers(handlers)
	other = all[functionJobs]
	delete(all, functionJobs)
	client, err := jobs.New(jobs.Config{
		DB: db, Queues: c.Jobs.Queues, Workers: int(c.Jobs.Workers), Logger: log,
		KeepCompleted: c.Jobs.KeepCompleted, KeepFailed: c.Jobs.KeepFailed,
		Handlers: all, Other: other,
	})
	if err != nil {
		return nil, err
	}
	client.Start()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.Server.ShutdownTimeout)
		defer cancel()
		if err := client.Stop(ctx); err != nil {
			log.Warn("jobs did not all end", "error", err)
		}
		guard.Close()
	}, nil
}

// startSchedules begins to enqueue what is due, and to remove what accounts have no
// more use for, on a node that does jobs. stop ends it.
func startSchedules(db database.DB, c config.Config, log *slog.Logger) (stop func(), err error) {
	if c.Jobs.Workers == 0 {
		return func() {}, nil
	}
	keeper, err := schedule.New(schedule.Config{DB: db, Logger: log})
	if err != nil {
		return nil, err
	}
	keeper.Start()
	if !c.Auth.Enabled {
		return keeper.Stop, nil
	}
	cleaner := auth.NewCleaner(db, c.Auth, log)
	cleaner.Start()
	return func() { cleaner.Stop(); keeper.Stop() }, nil
}
