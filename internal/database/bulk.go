package database

import (
	"context"
	"io"

	"github.com/galleyhq/galley/internal/schema"
)

// Copier is a Tx that takes and gives rows in bulk. The PostgreSQL engine's are.
type Copier interface {
	// CopyFrom runs COPY … FROM STDIN with rows in its text format (PostgreSQL
	// documentation, "COPY", "Text Format").
	CopyFrom(ctx context.Context, sql string, from io.Reader) error
	// CopyTo runs COPY … TO STDOUT and writes what comes.
	CopyTo(ctx context.Context, sql string, to io.Writer) error
}

// Describer is a DB that tells all it holds. Both engines are.
type Describer interface {
	Inventory(ctx context.Context) (*schema.Inventory, error)
}
