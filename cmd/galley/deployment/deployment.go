// Package deployment is galley deploy, which gives a project the files that put it on a
// server, and galley health, by which containers and scripts ask whether it is there.
package deployment

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/deploy"
	"github.com/galleyhq/galley/internal/config"
)

// Shell is what the command line gives to these commands.
type Shell struct {
	subcommand.Shell
	Config  func() (config.Config, error)                // reads the project's configuration
	Project func() string                                // its folder
	Write   func(dir, name string, content []byte) error // makes a file unless it is there, and says so
	Usage   func(err error, command string) error        // an error of usage
	Version string                                       // of the program
}

// New is galley deploy.
func New(s Shell) *cobra.Command {
	cmd := &cobra.Command{
		Use: "deploy", Short: "Files that put the project on a server", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.newInit())
	return cmd
}

func (s Shell) newInit() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "init KIND...", Short: "Copy deployment files into the project", Args: s.Args(cobra.MinimumNArgs(1)),
		Long: "Copy deployment files into the project. Files that exist are left as they are.\n\nKinds:\n" + list() +
			"\ndocs/deployment.md goes through them.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var kinds []deploy.Kind
			for _, arg := range args {
				k, err := deploy.Find(arg)
				if err != nil {
					return s.Usage(err, cmd.CommandPath())
				}
				kinds = append(kinds, k)
			}
			return s.init(kinds, name)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the app's `name` (default: that of the folder)")
	return cmd
}

// list is a line for each kind.
func list() string {
	var b strings.Builder
	for _, k := range deploy.All() {
		fmt.Fprintf(&b, "  %-11s %s\n", k.Name, k.Summary)
	}
	return b.String()
}

func (s Shell) init(kinds []deploy.Kind, name string) error {
	dir := s.Project()
	if name == "" {
		full, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		name = filepath.Base(full)
	}
	v := deploy.Values{Name: deploy.NameOf(name), Version: deploy.VersionOf(s.Version)}
	written := map[string]bool{}
	for _, k := range kinds {
		err := k.Files(v, func(name string, content []byte) error {
			if written[name] {
				return nil
			}
			written[name] = true
			return s.Write(dir, name, content)
		})
		if err != nil {
			return err
		}
	}
	for _, k := range kinds {
		if _, err := fmt.Fprintf(s.Out, "\nNext, for %s:\n  %s\n", k.Name, v.Instructions(k)); err != nil {
			return err
		}
	}
	return nil
}
