package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// template is a new project. A leading "dot-" stands for a dot, which go:embed
// would leave out.
//
//go:embed template
var template embed.FS

func newInit(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "Make a new project", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: "Make a new project in a folder (default: --project, the present one).\n\n" +
			"Files that exist are left as they are.",
		RunE: func(_ *cobra.Command, args []string) error {
			dir := c.project
			if len(args) == 1 {
				dir = args[0]
			}
			return c.init(dir)
		},
	}
}

// init writes the files of the template that are not there yet.
func (c *command) init(dir string) error {
	err := fs.WalkDir(template, "template", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return c.initFile(dir, name)
	})
	if err != nil {
		return err
	}
	// An empty folder cannot be embedded.
	if err := os.MkdirAll(filepath.Join(dir, "migrations"), 0o755); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "\nNext:\n  %sgalley migrate new todos   # then write SQL into the file\n  galley serve --dev\n", enter(dir))
	return err
}

func (c *command) initFile(dir, name string) error {
	text, err := template.ReadFile(name)
	if err != nil {
		return err
	}
	relative := strings.ReplaceAll(strings.TrimPrefix(name, "template/"), "dot-", ".")
	path := filepath.Join(dir, filepath.FromSlash(relative))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		_, err = fmt.Fprintln(c.out, "kept   ", relative)
		return err
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = fmt.Fprintln(c.out, "created", relative)
	return errors.Join(f.Close(), err)
}

func enter(dir string) string {
	if dir == "." {
		return ""
	}
	return "cd " + dir + "\n  "
}

func newKeys(c *command) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "keys", Short: "Print the project's API keys and JWT secret", Args: usageArgs(cobra.NoArgs),
		Long: "Print the project's API keys and JWT secret.\n\n" +
			"The anon key belongs in web pages. The service_role key bypasses row-level security,\n" +
			"and who has the secret can make any key: keep both on servers.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(cmd.Context(), func(cfg config.Config, db database.DB) error {
				keys, err := app.LoadKeys(cmd.Context(), db, cfg)
				if err != nil {
					return err
				}
				return c.printKeys(keys, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (c *command) printKeys(k app.Keys, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		return e.Encode(k)
	}
	_, err := fmt.Fprintf(c.out, "url           %s\nanon          %s\nservice_role  %s\njwt_secret    %s\n",
		k.URL, k.Anon, k.ServiceRole, k.JWTSecret)
	return err
}
