package ddl

import (
	"github.com/galleyhq/galley/internal/database/embedded/ddl/table"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
)

// Rebuild makes anew what the file keeps of expressions: its definitions, indexes
// over expressions and generated columns. The catalogue stays as it is.
func Rebuild(c *Context) error {
	w := work.New(c)
	for _, t := range c.Catalog.SortedTables() {
		if err := table.Rebuild(w, t); err != nil {
			return err
		}
	}
	return nil
}
