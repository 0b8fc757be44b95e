package schema

// Inventory is what a database holds beyond what a Snapshot tells: enough to move
// it into another database and to see whether it arrived whole.
type Inventory struct {
	Own       []*Relation // Galley's own tables, in schema galley
	Sequences []Sequence
	// Late are the constraints that rows on their way in would meet too early:
	// foreign keys, and checks that rows from before need not meet.
	Late []Constraint
	// Objects are the definitions that a Snapshot has none of, in a form that is
	// the same on both engines.
	Objects []Object
	// Extension names the functions that extensions brought.
	Extension map[Name]bool
}

// Sequence is a sequence and its state.
type Sequence struct {
	Name
	Last   int64
	Called bool // Last was given; otherwise it is the next one
}

// Constraint is a constraint of a table.
type Constraint struct {
	Table            Name
	Name, Definition string // what follows ADD CONSTRAINT name
	Comment          string
}

// Object is a definition.
type Object struct {
	Kind, Name string
	Definition string
	// Local tells that only the same engine prints it alike.
	Local bool
}
