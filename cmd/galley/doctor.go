package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/terminal"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/doctor"
	"github.com/galleyhq/galley/internal/functions"
)

// errUnwell ends galley doctor with an exit code of 1. The findings say why.
var errUnwell = errors.New("galley doctor found errors")

func newDoctor(c *command) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look over the project: disk, secrets, tables, backups, database", Args: usageArgs(cobra.NoArgs),
		Long: "Look over the project, beside a running server or without one: disk, clock, secrets, exposed\n" +
			"tables, keys and indexes, replication, backups, the database's integrity and mail. Nothing is\n" +
			"changed. It exits with 1 when it found an error; warnings alone are 0.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(cmd.Context(), func(cfg config.Config, db database.DB) error {
				keys, err := app.LoadKeys(cmd.Context(), db, cfg)
				if err != nil {
					return err
				}
				p := doctor.Patient{DB: db, Config: cfg, Secret: keys.JWTSecret}
				if db.Engine() == "postgres" {
					p.Differing = func(ctx context.Context) (map[string][][]string, error) { return functions.Differing(ctx, db) }
				}
				embedded := db.Engine() == "embedded"
				if embedded || cfg.Backup.To != "" {
					p.LastBackup = lastBackup(cfg)
				}
				if embedded && cfg.Backup.Continuous {
					p.Continuous = lastSpan(cfg)
				}
				return c.printFindings(doctor.Examine(cmd.Context(), p), asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// lastBackup looks where the configuration wants backups.
func lastBackup(cfg config.Config) func(context.Context) (time.Time, bool, error) {
	return func(ctx context.Context) (time.Time, bool, error) {
		place, err := app.BackupPlace(cfg, "")
		if err != nil {
			return time.Time{}, false, err
		}
		all, err := backup.List(ctx, place)
		if err != nil || len(all) == 0 {
			return time.Time{}, false, err
		}
		return all[len(all)-1].Made, true, nil
	}
}

// lastSpan looks how far the continuous backup reaches.
func lastSpan(cfg config.Config) func(context.Context) (time.Time, time.Time, bool, error) {
	return func(ctx context.Context) (from, until time.Time, ok bool, err error) {
		place, err := app.BackupPlace(cfg, "")
		if err != nil {
			return from, until, false, err
		}
		all, err := backup.Spans(ctx, place)
		if err != nil || len(all) == 0 {
			return from, until, false, err
		}
		last := all[len(all)-1]
		return last.From, last.To, true, nil
	}
}

func (c *command) printFindings(found []doctor.Finding, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		if err := e.Encode(found); err != nil {
			return err
		}
	} else {
		var b strings.Builder
		for _, f := range found {
			fmt.Fprintf(&b, "%-7s  %s: %s\n", f.Severity, f.Check, terminal.Printable(f.Message))
			writeLine(&b, "       do", terminal.Printable(f.Do))
			writeLine(&b, "       see", f.Docs)
		}
		if _, err := fmt.Fprint(c.out, b.String()); err != nil {
			return err
		}
	}
	if doctor.Worst(found) == doctor.Error {
		return errUnwell
	}
	return nil
}
