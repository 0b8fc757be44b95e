package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/functions"
)

func (s Shell) newSecrets() *cobra.Command {
	cmd := &cobra.Command{
		Use: "secrets", Short: "Set what functions find in Deno.env", Args: s.Args(cobra.NoArgs),
		Long: "Set what functions find in Deno.env and in secrets of module galley. Secrets are\n" +
			"encrypted in the database. Nobody can read them back but functions.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.newSecretsList(), s.newSecretsSet(), s.newSecretsUnset())
	return cmd
}

func (s Shell) newSecretsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the names of secrets", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd, false, func(a api) error {
				body, err := a.call("GET", "/admin/v1/function-secrets", nil)
				if err != nil {
					return err
				}
				var list []struct {
					Name      string
					UpdatedAt time.Time `json:"updated_at"`
				}
				if err := json.Unmarshal(body, &list); err != nil {
					return err
				}
				w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
				for _, one := range list {
					_, _ = fmt.Fprintf(w, "%s\t%s\n", one.Name, one.UpdatedAt.Local().Format(time.DateTime)) // its errors come with Flush
				}
				return w.Flush()
			})
		},
	}
}

func (s Shell) newSecretsSet() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "set NAME=value ... | NAME | --env-file FILE", Short: "Set secrets; of a NAME alone the value comes from standard input",
		Args: s.Args(func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return nil
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			values, err := s.fromFile(cmd.ErrOrStderr(), file)
			if err != nil {
				return err
			}
			given, err := s.given(args)
			if err != nil {
				return err
			}
			maps.Copy(values, given)
			if len(values) == 0 {
				return errors.New(file + " sets nothing")
			}
			return s.with(cmd, false, func(a api) error {
				_, err := a.call("PATCH", "/admin/v1/function-secrets", values)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&file, "env-file", "", "a `file` of NAME=value lines, or - for standard input")
	return cmd
}

// given reads secrets as they stand on the command line.
func (s Shell) given(args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			if len(args) > 1 {
				return nil, errors.New("of several secrets each needs its value: NAME=value")
			}
			text, err := io.ReadAll(io.LimitReader(s.In, 1<<20))
			if err != nil {
				return nil, err
			}
			value = strings.TrimRight(string(text), "\r\n")
		}
		values[name] = value
	}
	return values, nil
}

// fromFile reads secrets from a file, "" for none. Those that Galley sets itself, which
// files of other servers have, are left out, and said to be.
func (s Shell) fromFile(said io.Writer, name string) (map[string]string, error) {
	if name == "" {
		return map[string]string{}, nil
	}
	in := s.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return nil, err
	}
	values, reserved, err := functions.ReadSecrets(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, one := range reserved {
		_, _ = fmt.Fprintf(said, "%s is left out: Galley sets it itself\n", one)
	}
	return values, nil
}

func (s Shell) newSecretsUnset() *cobra.Command {
	return &cobra.Command{
		Use: "unset NAME ...", Short: "Delete secrets", Args: s.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, false, func(a api) error {
				for _, name := range args {
					if _, err := a.call("DELETE", "/admin/v1/function-secrets/"+url.PathEscape(name), nil); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}
