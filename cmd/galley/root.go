package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/authkeys"
	"github.com/galleyhq/galley/cmd/galley/deployment"
	"github.com/galleyhq/galley/cmd/galley/functions"
	"github.com/galleyhq/galley/cmd/galley/jobs"
	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/cmd/galley/users"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// command is what every subcommand has: the streams, the environment and the
// common flags.
type command struct {
	streams
	env []string

	project, data, databaseURL string
}

func newRoot(c *command) *cobra.Command {
	root := &cobra.Command{
		Use:           "galley",
		Short:         "The whole backend of an app in one program",
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{err, cmd.CommandPath()} })
	flags := root.PersistentFlags()
	flags.StringVar(&c.project, "project", ".", "the project's `folder`")
	flags.StringVar(&c.data, "data", "", "`folder` of the embedded database (default: .galley in the project)")
	flags.StringVar(&c.databaseURL, "database-url", "", "`URL` of a PostgreSQL database to use instead (also DATABASE_URL)")
	shell := subcommand.Shell{In: c.in, Out: c.out, WithDatabase: c.withDatabase, Args: usageArgs}
	deploying := deployment.Shell{Shell: shell, Config: func() (config.Config, error) { return c.config(nil, false) }, Version: version,
		Project: func() string { return c.project }, Write: c.initFile, Usage: func(err error, command string) error { return usageError{err, command} }}
	root.AddCommand(newInit(c), newServe(c), newMigrate(c), newSQL(c), newKeys(c), newDoctor(c), newGen(c), newCollection(c), newDB(c), newBackup(c), newRestore(c), newVersion(c),
		jobs.New(shell), authkeys.New(shell), users.New(shell),
		deployment.New(deploying), deployment.NewHealth(deploying),
		functions.New(functions.Shell{Shell: shell, Config: func() (config.Config, error) { return c.config(nil, false) }}, newFunctionsServe(c)))
	return root
}

func newVersion(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(c.out, "galley %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// usageError is a command line that makes no sense.
type usageError struct {
	error
	command string
}

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok || strings.HasPrefix(err.Error(), "unknown command ")
}

// usageArgs turns what a check of arguments says into a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err, cmd.CommandPath()}
		}
		return nil
	}
}

// config reads the project's configuration; flags are values that a command's own
// flags give to keys.
func (c *command) config(flags map[string]string, dev bool) (config.Config, error) {
	all := map[string]string{}
	for name, value := range map[string]string{"database.data": absolute(c.data), "database.url": c.databaseURL} {
		if value != "" {
			all[name] = value
		}
	}
	for name, value := range flags {
		all[name] = value
	}
	cfg, warnings, err := config.Load(config.Source{Project: c.project, Env: c.env, Flags: all, Dev: dev})
	for _, w := range warnings {
		_, _ = fmt.Fprintln(c.err, "warning:", w)
	}
	return cfg, err
}

// absolute makes a path of the command line one from the present folder, where
// the person is, not the project's.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}

// withDatabase opens the project's database for a command that works on it.
func (c *command) withDatabase(ctx context.Context, fn func(config.Config, database.DB) error) error {
	cfg, err := c.config(nil, false)
	if err != nil {
		return err
	}
	db, err := app.Open(ctx, cfg, c.logger(cfg, slog.LevelWarn))
	if err != nil {
		return err
	}
	err = fn(cfg, db)
	if closed := db.Close(); err == nil {
		err = closed
	}
	return err
}

// logger logs to standard error: text for a person, JSON otherwise. least is the
// level of a command that has something else to say.
func (c *command) logger(cfg config.Config, least slog.Level) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // validated by config
	o := &slog.HandlerOptions{Level: max(level, least)}
	if cfg.Log.Format == "text" || cfg.Log.Format == "auto" && isTerminal(c.err) {
		return slog.New(slog.NewTextHandler(c.err, o))
	}
	return slog.New(slog.NewJSONHandler(c.err, o))
}

// isTerminal tells whether a person is at the other end.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}
