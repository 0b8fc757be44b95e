package main

import (
	"context"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
)

func newMigrate(c *command) *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Make, apply and list migrations", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMigrateNew(c), newMigrateUp(c), newMigrateStatus(c))
	return cmd
}

func newMigrateNew(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "new NAME", Short: "Make an empty migration file", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := c.config(nil, false)
			if err != nil {
				return err
			}
			path, err := migrate.Create(cfg.Migrations.Dir, args[0], time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.out, path)
			return err
		},
	}
}

func newMigrateUp(c *command) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use: "up", Short: "Apply the pending migrations", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withMigrator(cmd.Context(), func(m *migrate.Migrator) error { return c.migrateUp(cmd.Context(), m, dryRun) })
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what would be applied")
	return cmd
}

func (c *command) migrateUp(ctx context.Context, m *migrate.Migrator, dryRun bool) error {
	run, verb := m.Up, "applied"
	if dryRun {
		run, verb = m.Pending, "would apply"
	}
	files, err := run(ctx)
	for _, f := range files { // some may be applied even when a later one failed
		if _, werr := fmt.Fprintln(c.out, verb, f.Base()); werr != nil {
			return werr
		}
	}
	if err == nil && len(files) == 0 {
		_, err = fmt.Fprintln(c.out, "nothing to apply")
	}
	return err
}

func newMigrateStatus(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "List the migrations and what is applied", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withMigrator(cmd.Context(), func(m *migrate.Migrator) error {
				all, err := m.Status(cmd.Context())
				if err != nil {
					return err
				}
				return c.printStatus(all)
			})
		},
	}
}

// printStatus lists the migrations; one with a problem makes the command fail.
func (c *command) printStatus(all []migrate.Status) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "VERSION\tNAME\tAPPLIED\tPROBLEM") // errors come out of Flush
	var first error
	for _, s := range all {
		applied, problem := s.AppliedAt, ""
		if applied == "" {
			applied = "pending"
		}
		if s.Problem != nil {
			problem = s.Problem.Message
			if first == nil {
				first = s.Problem
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Version, s.Name, applied, problem)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return first
}

func (c *command) withMigrator(ctx context.Context, fn func(*migrate.Migrator) error) error {
	return c.withDatabase(ctx, func(cfg config.Config, db database.DB) error {
		return fn(app.NewMigrator(db, cfg, c.logger(cfg, slog.LevelWarn)))
	})
}
