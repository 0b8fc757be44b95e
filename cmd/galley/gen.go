package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/typegen"
)

func newGen(c *command) *cobra.Command {
	gen := &cobra.Command{Use: "gen", Short: "Generate code from the project's database", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	types := &cobra.Command{Use: "types", Short: "Generate the types of the database", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	types.AddCommand(newGenTypeScript(c))
	gen.AddCommand(types)
	return gen
}

func newGenTypeScript(c *command) *cobra.Command {
	var schemas []string
	var output string
	cmd := &cobra.Command{
		Use: "typescript", Short: "Print the type Database for createClient<Database>", Args: usageArgs(cobra.NoArgs),
		Long: "Print the TypeScript type Database of the project's tables, views, functions and enums,\n" +
			"for the official client: createClient<Database>(url, key). What functions/ offers as\n" +
			"remote procedures is among the functions; for that its files are loaded.",
		Example: "  galley gen types typescript --output src/database.types.ts",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(cmd.Context(), func(cfg config.Config, db database.DB) error {
				snapshot, err := db.Schema(cmd.Context())
				if err != nil {
					return err
				}
				if len(schemas) == 0 {
					schemas = cfg.API.Schemas
				}
				own, err := c.procedures(cmd.Context(), cfg, db)
				if err != nil {
					return err
				}
				var text bytes.Buffer
				if err := typegen.TypeScript(&text, snapshot, schemas, own...); err != nil {
					return err
				}
				if output != "" {
					return os.WriteFile(output, text.Bytes(), 0o644)
				}
				_, err = c.out.Write(text.Bytes())
				return err
			})
		},
	}
	cmd.Flags().StringSliceVar(&schemas, "schema", nil, "`names` of the schemas (default: those the API exposes)")
	cmd.Flags().StringVar(&output, "output", "", "write to a `file` instead of the terminal")
	return cmd
}

// procedures are the remote procedures of the project's functions. Of a function that
// cannot be loaded nobody knows, which is told.
func (c *command) procedures(ctx context.Context, cfg config.Config, db database.DB) ([]*schema.Function, error) {
	own, problems, err := app.Procedures(ctx, db, cfg)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		_, _ = fmt.Fprintf(c.err, "warning: what the function %s offers is left out: %s\n", name, problems[name])
	}
	return own, nil
}
