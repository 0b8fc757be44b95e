package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/terminal"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/move"
)

func newDB(c *command) *cobra.Command {
	cmd := &cobra.Command{
		Use: "db", Short: "Move the database to another engine", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMove(c))
	return cmd
}

func newMove(c *command) *cobra.Command {
	var o app.MoveOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "move --to URL|FOLDER", Short: "Move the project's database to PostgreSQL, or back", Args: usageArgs(cobra.NoArgs),
		Long: `Move the project's database, with everything in it, to an empty PostgreSQL database
(a URL), or from PostgreSQL to an embedded one (a folder). Stop the servers first: the
source cannot be written to meanwhile. It stays as it is.

A move that was interrupted goes on where it stopped when it is started again. At the
end every table is compared by count and checksum. docs/moving.md has the rest.`,
		Example: "  galley db move --to postgres://user@host/shop --check\n  galley db move --to postgres://user@host/shop",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.To == "" {
				return usageError{errors.New("--to says where to move"), cmd.CommandPath()}
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return c.move(ctx, o, asJSON)
		},
	}
	cmd.Flags().StringVar(&o.To, "to", "", "`URL` of a PostgreSQL database, or folder of an embedded one")
	cmd.Flags().BoolVar(&o.Check, "check", false, "only tell whether it would go, and change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print progress and report as JSON, one object a line")
	return cmd
}

func (c *command) move(ctx context.Context, o app.MoveOptions, asJSON bool) error {
	cfg, err := c.config(nil, false)
	if err != nil {
		return err
	}
	o.Logger = c.logger(cfg, slog.LevelWarn)
	o.Progress = (&progress{out: c.err, terminal: isTerminal(c.err)}).show
	if asJSON {
		o.Progress = (&progress{out: c.out, json: true}).show
	}
	report, err := app.Move(ctx, cfg, o)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.out).Encode(report)
	}
	return c.printMove(report)
}

// progress shows how far a move is: on a terminal in one line that is written over,
// else a line for each step.
type progress struct {
	out            io.Writer
	terminal, json bool
	last           move.Event
	shown          time.Time
}

// progressEvery is how often the line changes.
const progressEvery = 200 * time.Millisecond

func (p *progress) show(e move.Event) {
	same := e.Phase == p.last.Phase && e.Table == p.last.Table
	if same && time.Since(p.shown) < progressEvery {
		return
	}
	p.last, p.shown = e, time.Now()
	switch {
	case p.json:
		_ = json.NewEncoder(p.out).Encode(map[string]any{"phase": e.Phase, "table": e.Table, "number": e.Number,
			"tables": e.Tables, "rows": e.Rows, "total": e.Total, "seconds": e.Elapsed.Seconds()})
	case p.terminal:
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s", terminal.Printable(p.line(e)))
		if e.Phase == "done" {
			_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		}
	case !same && e.Phase != "done":
		_, _ = fmt.Fprintln(p.out, terminal.Printable(p.line(e)))
	}
}

func (p *progress) line(e move.Event) string {
	var b strings.Builder
	b.WriteString(e.Phase)
	if e.Table != "" {
		fmt.Fprintf(&b, " %d/%d %s", e.Number, e.Tables, e.Table)
	}
	if e.Total > 0 {
		fmt.Fprintf(&b, " %d of %d rows", e.Rows, e.Total)
		if e.PerSecond > 0 {
			fmt.Fprintf(&b, ", %.0f rows/s", e.PerSecond)
		}
	}
	return b.String()
}

func (c *command) printMove(r *move.Report) error {
	var b strings.Builder
	for _, w := range r.Warnings {
		_, _ = fmt.Fprintln(c.err, "warning:", w)
	}
	for _, name := range r.Again {
		_, _ = fmt.Fprintln(c.err, "warning: copied again, since it changed after the interruption:", name)
	}
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "%12d  %-32s  %s\n", t.Rows, t.Checksum, terminal.Printable(t.Name))
	}
	switch {
	case r.Check && r.Resumed:
		fmt.Fprintf(&b, "The move to %s would go on: %d tables, %d rows.\n", r.To, len(r.Tables), r.Rows)
	case r.Check:
		fmt.Fprintf(&b, "The project would move to %s: %d tables, %d rows.\n", r.To, len(r.Tables), r.Rows)
	default:
		fmt.Fprintf(&b, "Moved to %s: %d tables, %d rows, the same on both sides, in %.1f s.\n", r.To, len(r.Tables), r.Rows, r.Seconds)
	}
	_, err := io.WriteString(c.out, b.String())
	return err
}
