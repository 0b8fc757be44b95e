// Package authkeys is galley auth keys: the keys that access tokens are signed with,
// looked at and changed from the command line, beside a running server or without
// one.
package authkeys

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// commands are those of this package.
type commands struct{ subcommand.Shell }

// New is the command galley auth.
func New(shell subcommand.Shell) *cobra.Command {
	s := commands{shell}
	help := func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root := &cobra.Command{Use: "auth", Short: "Look at what accounts need to run, and change it", Args: s.Args(cobra.NoArgs), RunE: help}
	keys := &cobra.Command{
		Use: "keys", Short: "List and rotate the keys that access tokens are signed with", Args: s.Args(cobra.NoArgs), RunE: help,
		Long: "List and rotate the keys that access tokens are signed with, beside a running server or\n" +
			"without one. Servers see a change within a minute. docs/auth.md has the rest.",
	}
	keys.AddCommand(s.newList(), s.newRotate(), s.newForget())
	root.AddCommand(keys)
	return root
}

// with calls fn with the keys of the project.
func (s commands) with(ctx context.Context, fn func(config.Config, *auth.Keys) error) error {
	return s.WithDatabase(ctx, func(c config.Config, db database.DB) error {
		project, err := app.LoadKeys(ctx, db, c)
		if err != nil {
			return err
		}
		keys, err := auth.OpenKeys(ctx, db, c, project.JWTSecret, nil)
		if err != nil {
			return err
		}
		return fn(c, keys)
	})
}

func (s commands) newList() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "list", Short: "List the keys, the one in use first", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd.Context(), func(_ config.Config, k *auth.Keys) error { return s.print(cmd.Context(), k, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s commands) print(ctx context.Context, k *auth.Keys, asJSON bool) error {
	list, err := k.List(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tALGORITHM\tSTATE\tSINCE") // errors come out of Flush
	for _, key := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", key.ID, key.Algorithm, key.State, key.ChangedAt)
	}
	return w.Flush()
}

func (s commands) newRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Put the key that stands by in use, and make the next one", Args: s.Args(cobra.NoArgs),
		Long: "Put the key that stands by in use, and make the next one. Tokens that were signed until now\n" +
			"stay valid: galley auth keys forget ends that.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd.Context(), func(_ config.Config, k *auth.Keys) error {
				if err := k.Rotate(cmd.Context()); err != nil {
					return err
				}
				return s.print(cmd.Context(), k, false)
			})
		},
	}
}

func (s commands) newForget() *cobra.Command {
	all := false
	cmd := &cobra.Command{
		Use: "forget", Short: "Remove keys that are used no more, and whose tokens have all expired", Args: s.Args(cobra.NoArgs),
		Long: "Remove keys that are used no more, and whose tokens have all expired. With --now their age\n" +
			"makes no difference: what they signed is refused within a minute, and everybody who has\n" +
			"such a token refreshes it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd.Context(), func(c config.Config, k *auth.Keys) error {
				unused := time.Duration(c.Auth.JWTExpiry) * time.Second
				if all {
					unused = 0
				}
				ids, err := k.Forget(cmd.Context(), unused)
				for _, id := range ids {
					if _, werr := fmt.Fprintln(s.Out, "forgot", id); werr != nil {
						return werr
					}
				}
				if err == nil && len(ids) == 0 {
					_, err = fmt.Fprintln(s.Out, "nothing to forget")
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&all, "now", false, "those whose tokens may still be valid as well")
	return cmd
}
