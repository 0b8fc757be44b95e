package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

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
