package schema

// Enum is an enumerated type (CREATE TYPE … AS ENUM).
type Enum struct {
	Name
	Labels []string // in their order
}
