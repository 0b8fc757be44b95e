package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/collection"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jsonschema"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schema"
)

func newCollection(c *command) *cobra.Command {
	cmd := &cobra.Command{Use: "collection", Short: "Make and change tables of documents", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newCollectionNew(c), newCollectionSchema(c), newCollectionList(c))
	return cmd
}

// collectionOptions are the flags of galley collection new and schema.
type collectionOptions struct {
	schema, policy               string
	indexes, uniques, references []string
	writeOnly                    bool
}

func newCollectionNew(c *command) *cobra.Command {
	var o collectionOptions
	cmd := &cobra.Command{
		Use: "new NAME", Short: "Make a collection: write a migration and apply it", Args: usageArgs(cobra.ExactArgs(1)),
		Long: "Make a table of JSON documents (id, data, created_at, updated_at): write a migration\n" +
			"that makes it, and apply it with all that are pending.\n\n" +
			"A path names what stands in a document, address.city. An index has a type: text (the\n" +
			"default), number, boolean, json, or contains for cs filters.",
		Example: "  galley collection new books --schema book.schema.json --index title --index year:number \\\n" +
			"    --reference author_id=authors --policy owner",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.collectionNew(cmd.Context(), args[0], o)
		},
	}
	o.schemaFlags(cmd)
	cmd.Flags().StringArrayVar(&o.indexes, "index", nil, "`path[:type]` to index; may be repeated")
	cmd.Flags().StringArrayVar(&o.uniques, "unique", nil, "`path[:type]` whose values are unique; may be repeated")
	cmd.Flags().StringArrayVar(&o.references, "reference", nil, "`path=table` that the value at the path refers to; may be repeated")
	cmd.Flags().StringVar(&o.policy, "policy", "closed", "who may do what, one of "+strings.Join(collection.Policies, ", "))
	return cmd
}

func (o *collectionOptions) schemaFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.schema, "schema", "", "`file` with the JSON Schema that documents must meet")
	cmd.Flags().BoolVar(&o.writeOnly, "write-only", false, "write the migration, do not apply it")
}

func newCollectionSchema(c *command) *cobra.Command {
	var o collectionOptions
	cmd := &cobra.Command{
		Use: "schema NAME", Short: "Give a collection another JSON Schema", Args: usageArgs(cobra.ExactArgs(1)),
		Long: "Give a collection another JSON Schema, in a migration. Documents that are there must\n" +
			"meet it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.schema == "" {
				return usageError{errors.New("--schema is needed"), cmd.CommandPath()}
			}
			return c.collectionSchema(cmd.Context(), args[0], o)
		},
	}
	o.schemaFlags(cmd)
	return cmd
}

func (c *command) collectionNew(ctx context.Context, name string, o collectionOptions) error {
	return c.withDatabase(ctx, func(cfg config.Config, db database.DB) error {
		snapshot, err := db.Schema(ctx)
		if err != nil {
			return err
		}
		want := collection.Options{Space: cfg.API.Schemas[0], Name: name, Indexes: o.indexes, Uniques: o.uniques, Policy: o.policy}
		if snapshot.Relation(want.Space, name) != nil {
			return fmt.Errorf("%s exists already", name)
		}
		if want.References, err = references(snapshot, want, o.references); err != nil {
			return err
		}
		if want.Schema, err = readJSONSchema(ctx, db, o.schema); err != nil {
			return err
		}
		text, err := collection.New(want)
		if err != nil {
			return err
		}
		return c.writeMigration(ctx, db, cfg, "collection "+name, text, o.writeOnly)
	})
}

func (c *command) collectionSchema(ctx context.Context, name string, o collectionOptions) error {
	return c.withDatabase(ctx, func(cfg config.Config, db database.DB) error {
		snapshot, err := db.Schema(ctx)
		if err != nil {
			return err
		}
		want := collection.Options{Space: cfg.API.Schemas[0], Name: name}
		if r := snapshot.Relation(want.Space, name); r == nil || !isCollection(r) {
			return fmt.Errorf("there is no collection %s", name)
		}
		if want.Schema, err = readJSONSchema(ctx, db, o.schema); err != nil {
			return err
		}
		text, err := collection.ChangeSchema(want)
		if err != nil {
			return err
		}
		return c.writeMigration(ctx, db, cfg, "schema of "+name, text, o.writeOnly)
	})
}

// references finds the keys that references point to.
func references(snapshot *schema.Snapshot, want collection.Options, specs []string) ([]collection.Reference, error) {
	var out []collection.Reference
	for _, spec := range specs {
		path, table, ok := strings.Cut(spec, "=")
		if !ok {
			return nil, fmt.Errorf("--reference %s: it is path=table", spec)
		}
		ref := collection.Reference{Path: path, Table: table, Key: "id", Type: "uuid"}
		if table != want.Name { // which is to be made
			r := snapshot.Relation(want.Space, table)
			if r == nil || r.Kind != schema.Table || len(r.PrimaryKey) != 1 {
				return nil, fmt.Errorf("--reference %s: %s is no table with a primary key of one column", spec, table)
			}
			ref.Key, ref.Type = r.PrimaryKey[0], r.Column(r.PrimaryKey[0]).Type
		}
		out = append(out, ref)
	}
	return out, nil
}

// readJSONSchema reads a schema and asks the database, whose expressions they are,
// about its patterns. Whether it is enforced is asked where it is used.
func readJSONSchema(ctx context.Context, db database.DB, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	for _, p := range jsonschema.Patterns(string(text)) {
		st := database.Statement{SQL: `SELECT '' ~ $1::text`, Args: database.Args(p), ReadOnly: true}
		if _, err := database.Collect(db.Query(ctx, database.Session{}, st)); err != nil {
			return "", fmt.Errorf("%s: the pattern %q: %w", path, p, err)
		}
	}
	return string(text), nil
}

// writeMigration writes a migration and applies it. One that fails is taken away
// again, as it was made for this.
func (c *command) writeMigration(ctx context.Context, db database.DB, cfg config.Config, name, text string, writeOnly bool) error {
	path, err := migrate.Create(cfg.Migrations.Dir, name, time.Now())
	if err != nil {
		return err
	}
	if err = os.WriteFile(path, []byte(text), 0o644); err == nil && !writeOnly {
		var done []*migrate.File
		done, err = app.NewMigrator(db, cfg, c.logger(cfg, slog.LevelWarn)).Up(ctx)
		if slices.ContainsFunc(done, func(f *migrate.File) bool { return f.Path == path }) {
			err = nil // it is applied, whatever came after
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	verb := "applied"
	if writeOnly {
		verb = "wrote"
	}
	_, err = fmt.Fprintln(c.out, verb, path)
	return err
}

func newCollectionList(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the collections", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(cmd.Context(), func(cfg config.Config, db database.DB) error {
				snapshot, err := db.Schema(cmd.Context())
				if err != nil {
					return err
				}
				return c.printCollections(cfg, snapshot)
			})
		},
	}
}

func (c *command) printCollections(cfg config.Config, snapshot *schema.Snapshot) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tSCHEMA\tREFERENCES\tPOLICIES") // errors come out of Flush
	for _, r := range snapshot.Relations {
		if !slices.Contains(cfg.API.Schemas, r.Schema) || !isCollection(r) {
			continue
		}
		checked := "no"
		if slices.ContainsFunc(r.Checks, func(k schema.Check) bool { return k.Name == r.Name.Name+"_schema" }) {
			checked = "yes"
		}
		var refs, policies []string
		for _, k := range r.ForeignKeys {
			refs = append(refs, strings.Join(k.Columns, ",")+"="+k.References.Name)
		}
		for _, p := range r.Policies {
			policies = append(policies, p.Name)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name.Name, checked, dash(refs), dash(policies))
	}
	return w.Flush()
}

func dash(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

// isCollection tells whether a table looks like one that galley collection made.
func isCollection(r *schema.Relation) bool {
	has := func(name, kind string) bool { col := r.Column(name); return col != nil && col.TypeName == kind }
	return r.Kind == schema.Table && has("id", "uuid") && has("data", "jsonb") && has("created_at", "timestamptz") && has("updated_at", "timestamptz")
}
