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
	// Relation is the table or view whose rows it takes, nil otherwise.
	Relation *Name
}

// Result is what a function returns: nothing (Void), rows of a relation, rows of
// its own columns, or a value.
type Result struct {
	Set  bool // any number of rows
	One  bool // of a set: it says that it returns one row (ROWS 1)
	Void bool
	// Relation is the table or view whose rows it returns, nil otherwise.
	Relation *Name
	// Columns are those of a composite result that is no relation's, or its OUT
	// parameters.
	Columns []*Column
	// Type and TypeName are those of a value, as of a column.
	Type, TypeName string
	// Base is the name in pg_type of the type that a domain is over in the end;
	// "" of any other type.
	Base string
}

// Composite tells that the result has columns.
func (r *Result) Composite() bool { return r.Relation != nil || len(r.Columns) > 0 }

// OfRow tells that the function takes a row of a relation and nothing else.
func (f *Function) OfRow(r *Relation) bool {
	return len(f.Args) == 1 && f.Args[0].Relation != nil && *f.Args[0].Relation == r.Name
}

// ComputedField returns the function that is read like a column of a relation: it
// makes a value of each row. nil when there is none of that name.
func (s *Snapshot) ComputedField(r *Relation, name string) *Function {
	for _, f := range s.Functions(r.Schema, name) {
		if f.OfRow(r) && !f.Result.Set && !f.Result.Composite() && !f.Result.Void {
			return f
		}
	}
	return nil
}

// ComputedRelationship returns the relationship that a function of a schema makes:
// it takes a row of a relation and returns rows of another. nil when there is none
// of that name.
func (s *Snapshot) ComputedRelationship(r *Relation, schemaName, name string) *Relationship {
	for _, f := range s.Functions(schemaName, name) {
		if !f.OfRow(r) || f.Result.Relation == nil {
			continue
		}
		target := s.byName[*f.Result.Relation]
		if target == nil {
			continue
		}
		out := &Relationship{Cardinality: OneToMany, Origin: r, Target: target, Function: f}
		if f.Result.One || !f.Result.Set {
			out.Cardinality = ManyToOne
		}
		return out
	}
	return nil
}

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
