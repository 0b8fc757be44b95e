package entry

import "github.com/galleyhq/galley/internal/fault"

// Unsupported is the refusal of something that PostgreSQL does for these arguments
// (SQLSTATE 0A000); what names it: "a width of that size".
func Unsupported(what string, args ...any) *fault.Error {
	return fault.Unsupported(what+" is not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}
