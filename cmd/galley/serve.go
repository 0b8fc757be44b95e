package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
)

func newServe(c *command) *cobra.Command {
	var listen, envFile string
	var dev, noMigrate, noSeed bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the project's APIs and files", Args: usageArgs(cobra.NoArgs),
		Long: "Serve the project's APIs and files.\n\n" +
			"Pending migrations are applied first, and on a new database the seed is run.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := map[string]string{}
			if listen != "" {
				flags["server.listen"] = listen
			}
			cfg, err := c.config(flags, dev)
			if err != nil {
				return err
			}
			if envFile != "" && !dev {
				return errors.New("--env-file is for a developer's machine, with --dev; elsewhere secrets are set by galley functions secrets set --env-file")
			}
			if envFile != "" {
				if cfg.Functions.EnvFile, err = readable(envFile); err != nil {
					return err
				}
			}
			o := app.Options{Config: cfg, Version: version, NoMigrate: noMigrate, NoSeed: noSeed, Logger: c.logger(cfg, slog.LevelDebug)}
			if dev || isTerminal(c.out) {
				o.Banner = c.out
			}
			return app.Serve(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on (default 127.0.0.1:8000)")
	cmd.Flags().BoolVar(&dev, "dev", false, "a developer's machine: print the keys, allow a weak JWT secret on a loopback address")
	cmd.Flags().BoolVar(&noMigrate, "no-migrate", false, "apply no migrations and no seed")
	cmd.Flags().BoolVar(&noSeed, "no-seed", false, "never run the seed on this database")
	cmd.Flags().StringVar(&envFile, "env-file", "", "with --dev: the `file` of NAME=value lines that functions find in Deno.env (default .env in their folder)")
	return cmd
}

// readable is the absolute path of a file, or the error that it cannot be read.
func readable(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return "", errors.Join(err, fmt.Errorf("%s is no file", file))
	}
	return filepath.Abs(file)
}

// newFunctionsServe is galley functions serve: galley serve for who works on functions.
func newFunctionsServe(c *command) *cobra.Command {
	cmd := newServe(c)
	_ = cmd.Flags().Set("dev", "true") // it is there, and true is a boolean
	return cmd
}
