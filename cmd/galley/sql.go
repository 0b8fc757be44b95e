package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// sqlOptions are the flags of galley sql.
type sqlOptions struct {
	json               bool
	file, role, claims string
}

func newSQL(c *command) *cobra.Command {
	var o sqlOptions
	cmd := &cobra.Command{
		Use: "sql [STATEMENTS]", Short: "Run SQL, or open a prompt", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: "Run SQL on the project's database: the statements given, those of a file or of\n" +
			"standard input, or, in a terminal, those you type. Statements given together are one\n" +
			"transaction. A script may be a dump: CREATE DATABASE and \\connect at its head are left\n" +
			"out with a notice, since Galley has one database.\n\n" +
			"Without --role they run as the owner, who may do everything. To try policies:\n" +
			`  galley sql --role authenticated --claims '{"sub":"…"}' 'select * from todos'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.session()
			if err == nil && o.file != "" && len(args) > 0 {
				err = errors.New("--file and statements exclude each other")
			}
			if err != nil {
				return usageError{err, cmd.CommandPath()}
			}
			return c.withDatabase(cmd.Context(), func(_ config.Config, db database.DB) error {
				return c.sql(cmd.Context(), &shell{db: db, session: s, json: o.json, out: c.out, err: c.err}, o.file, args)
			})
		},
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "run the statements of this `file`")
	cmd.Flags().BoolVar(&o.json, "json", false, "print rows as a JSON array for each result")
	cmd.Flags().StringVar(&o.role, "role", "", "run as this database `role`: anon, authenticated, service_role")
	cmd.Flags().StringVar(&o.claims, "claims", "", "JWT claims to run with, a JSON `object`")
	return cmd
}

// session is who the statements run as. Claims without a role mean the role they
// name.
func (o sqlOptions) session() (database.Session, error) {
	s := database.Session{Role: o.role, Claims: o.claims}
	if o.claims == "" {
		return s, nil
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal([]byte(o.claims), &claims) != nil || claims == nil {
		return s, errors.New("--claims must be a JSON object")
	}
	if s.Role == "" {
		s.Role, _ = s.Claim("role")
	}
	if s.Role == "" {
		return s, errors.New("--claims needs --role, or a role among them: the owner is above all policies")
	}
	return s, nil
}

func (c *command) sql(ctx context.Context, s *shell, file string, args []string) error {
	switch {
	case len(args) == 1:
		return s.script(ctx, args[0])
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		return c.scriptFrom(ctx, s, f)
	case isTerminal(c.in) && isTerminal(c.out):
		return s.prompt(ctx, c.in)
	}
	return c.scriptFrom(ctx, s, c.in)
}

// scriptFrom runs the script that a file or standard input holds.
func (c *command) scriptFrom(ctx context.Context, s *shell, in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, maxScript+1))
	if err != nil {
		return err
	}
	if len(text) > maxScript {
		return fmt.Errorf("the script is longer than %d MiB", maxScript>>20)
	}
	script, notices, err := withoutPsql(string(text))
	if err != nil {
		return err
	}
	for _, n := range notices {
		_, _ = fmt.Fprintln(c.err, "notice:", n)
	}
	return s.script(ctx, script)
}

// maxScript bounds what is read from a file or standard input.
const maxScript = 256 << 20
