package schema

// Function is a function that can be called by name.
type Function struct {
	Name
	Comment    string
	Args       []Argument // those of the call, in order
	Result     Result
	Volatility string // pg_proc.provolatile: "i", "s" or "v"
}

// Argument is an argument of a function. Name is "" when it has none.
type Argument struct {
	Name     string
	Type     string // as format_type prints it
	TypeName string // the name in pg_type
	Optional bool   // it has a default
	Variadic bool   // its type is an array of what the call lists
}

// Result is what a function returns: nothing (Void), rows of a relation, rows of
// its own columns, or a value.
type Result struct {
	Set  bool // any number of rows
	Void bool
	// Relation is the table or view whose rows it returns, nil otherwise.
	Relation *Name
	// Columns are those of a composite result that is no relation's, or its OUT
	// parameters.
	Columns []*Column
	// Type and TypeName are those of a value, as of a column.
	Type, TypeName string
}

// Composite tells that the result has columns.
func (r *Result) Composite() bool { return r.Relation != nil || len(r.Columns) > 0 }

// Functions returns the functions of a name, each with other arguments.
func (s *Snapshot) Functions(schemaName, name string) []*Function {
	return s.functions[Name{schemaName, name}]
}

// WithFunctions adds the functions to a snapshot that nobody has seen yet, and
// returns it.
func (s *Snapshot) WithFunctions(list []*Function) *Snapshot {
	s.functions = make(map[Name][]*Function, len(list))
	for _, f := range list {
		s.functions[f.Name] = append(s.functions[f.Name], f)
	}
	return s
}

// FunctionNames lists the names of the functions of a schema.
func (s *Snapshot) FunctionNames(schemaName string) []string {
	var out []string
	for name := range s.functions {
		if name.Schema == schemaName {
			out = append(out, name.Name)
		}
	}
	return out
}
