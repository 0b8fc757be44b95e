package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
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
	return &cobra.Command{
		Use: "set NAME=value ... | NAME", Short: "Set secrets; of a NAME alone the value comes from standard input", Args: s.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			values := map[string]string{}
			for _, arg := range args {
				name, value, ok := strings.Cut(arg, "=")
				if !ok {
					if len(args) > 1 {
						return errors.New("of several secrets each needs its value: NAME=value")
					}
					text, err := io.ReadAll(io.LimitReader(s.In, 1<<20))
					if err != nil {
						return err
					}
					value = strings.TrimRight(string(text), "\r\n")
				}
				values[name] = value
			}
			return s.with(cmd, false, func(a api) error {
				_, err := a.call("PATCH", "/admin/v1/function-secrets", values)
				return err
			})
		},
	}
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
