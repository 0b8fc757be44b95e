package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/templates"
)

func newInit(c *command) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "init [DIR]", Short: "Make a new project, of a starter app if you like", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: "Make a new project in a folder (default: --project, the present one).\n\n" +
			"Files that exist are left as they are. Without --template it asks, on a terminal.\n\nTemplates:\n" + templateList(),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := c.project
			if len(args) == 1 {
				dir = args[0]
			}
			if name == "" {
				name = c.askTemplate()
			}
			t, err := templates.Find(name)
			if err != nil {
				return usageError{err, "init"}
			}
			return c.init(dir, t)
		},
	}
	cmd.Flags().StringVar(&name, "template", "", "the starter app to begin with")
	return cmd
}

// templateList is a line for each template, as they are offered.
func templateList() string {
	var b strings.Builder
	for i, t := range templates.All() {
		fmt.Fprintf(&b, "  %d  %-10s %s\n", i+1, t.Name, t.Summary)
	}
	return b.String()
}

// askTemplate asks a person which template it shall be, by its number or name; without
// a terminal, or an answer, it is the empty one.
func (c *command) askTemplate() string {
	if !isTerminal(c.in) {
		return templates.Empty
	}
	_, _ = fmt.Fprintf(c.out, "What do you want to begin with?\n%s[1]: ", templateList())
	return chosen(c.in)
}

// chosen reads an answer to templateList.
func chosen(in io.Reader) string {
	line, _ := bufio.NewReader(in).ReadString('\n') // no answer is the first one
	line = strings.TrimSpace(line)
	all := templates.All()
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(all) {
		return all[n-1].Name
	}
	return cmp.Or(line, templates.Empty)
}

// init writes the files of the template that are not there yet.
func (c *command) init(dir string, t templates.Template) error {
	err := t.Files(func(name string, content []byte) error { return c.initFile(dir, name, content) })
	if err != nil {
		return err
	}
	// An empty folder cannot be embedded.
	if err := os.MkdirAll(filepath.Join(dir, "migrations"), 0o755); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "\nNext:\n  %s%s\n", enter(dir), t.Next)
	return err
}

func (c *command) initFile(dir, name string, content []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		_, err = fmt.Fprintln(c.out, "kept   ", name)
		return err
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = fmt.Fprintln(c.out, "created", name)
	return errors.Join(f.Close(), err)
}

func enter(dir string) string {
	if dir == "." {
		return ""
	}
	return "cd " + dir + "\n  "
}

func newKeys(c *command) *cobra.Command {
	var asJSON, asEnv bool
	cmd := &cobra.Command{
		Use: "keys", Short: "Print the project's API keys and JWT secret", Args: usageArgs(cobra.NoArgs),
		Long: "Print the project's API keys and JWT secret.\n\n" +
			"The anon key belongs in web pages. The service_role key bypasses row-level security,\n" +
			"and who has the secret can make any key: keep both on servers.\n\n" +
			"For a shell, as API_URL, ANON_KEY and SERVICE_ROLE_KEY:\n" +
			"  eval \"$(galley keys --env)\"",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(cmd.Context(), func(cfg config.Config, db database.DB) error {
				keys, err := app.LoadKeys(cmd.Context(), db, cfg)
				if err != nil {
					return err
				}
				if asEnv {
					return c.printKeysForShell(keys)
				}
				return c.printKeys(keys, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asEnv, "env", false, "print commands of a shell that export them")
	cmd.MarkFlagsMutuallyExclusive("json", "env")
	return cmd
}

// printKeysForShell prints what a shell evaluates; the names are those that the Supabase
// CLI gives them. Keys are base64url, and a quote in the URL is escaped.
func (c *command) printKeysForShell(k app.Keys) error {
	for _, v := range [][2]string{{"API_URL", k.URL}, {"ANON_KEY", k.Anon}, {"SERVICE_ROLE_KEY", k.ServiceRole}} {
		if _, err := fmt.Fprintf(c.out, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`)); err != nil {
			return err
		}
	}
	return nil
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
