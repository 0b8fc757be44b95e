package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// Function is a function of the program that is called like one of the database,
// at /rest/v1/rpc/<name>. The arguments of its description have names and the
// names of PostgreSQL types (Type "integer", TypeName "int4"); Volatility other
// than "v" lets GET call it.
type Function struct {
	schema.Function
	// Role is the one role that may call it, "" for all. service_role always may.
	Role string
	// Call answers a call. args is a JSON object of the arguments given, each of
	// the argument's type; what it returns is JSON: an array where Result.Set,
	// nothing where Result.Void. A *fault.Error reaches the caller as it is.
	Call func(ctx context.Context, s database.Session, args json.RawMessage) (json.RawMessage, error)
}

// Functions holds the functions of the program. Its methods may be called from
// any goroutine; a nil *Functions holds none.
type Functions struct {
	expected
	present atomic.Pointer[map[schema.Name]*Function]

	mu      sync.Mutex
	sources map[string][]Function
}

// NewFunctions returns a registry without functions.
func NewFunctions() *Functions { return &Functions{sources: map[string][]Function{}} }

// Set makes a list the functions of a source, in place of those it had. A name is
// given once; the whole list is refused otherwise.
func (f *Functions) Set(source string, list []Function) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sources := maps.Clone(f.sources)
	sources[source] = slices.Clone(list)
	all := map[schema.Name]*Function{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		for i := range sources[name] {
			fn := &sources[name][i]
			if err := fn.check(); err != nil {
				return err
			}
			if all[fn.Name] != nil {
				return fmt.Errorf("rpc %q is there twice", fn.Name.Name)
			}
			all[fn.Name] = fn
		}
	}
	f.sources = sources
	f.present.Store(&all)
	f.arrived(source)
	return nil
}

// Ready waits until the functions of every source that is expected are known.
func (f *Functions) Ready(ctx context.Context) error {
	if f == nil {
		return nil
	}
	return f.wait(ctx)
}

func (f *Function) check() error {
	if f.Name.Schema == "" || f.Name.Name == "" || f.Call == nil {
		return fmt.Errorf("rpc %q needs a schema, a name and something to call", f.Name.Name)
	}
	for _, a := range f.Args {
		if a.Name == "" || a.TypeName == "" || !typeText.MatchString(a.Type) {
			return fmt.Errorf("rpc %q: every argument needs a name and a type, and %q of type %q has none", f.Name.Name, a.Name, a.Type)
		}
	}
	return nil
}

// typeText is what the name of a type may look like: it becomes part of statements.
var typeText = regexp.MustCompile(`^[\pL_][\pL\pN_ .]*(\(\d+(,\d+)?\))?[\pL ]*(\[\])*$`)

// Find returns the function of a name, nil when there is none.
func (f *Functions) Find(schemaName, name string) *Function {
	if f == nil {
		return nil
	}
	if all := f.present.Load(); all != nil {
		return (*all)[schema.Name{Schema: schemaName, Name: name}]
	}
	return nil
}

// All lists the functions by their names.
func (f *Functions) All() []*Function {
	if f == nil || f.present.Load() == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(*f.present.Load()), func(a, b *Function) int {
		return slices.Compare([]string{a.Schema, a.Name.Name}, []string{b.Schema, b.Name.Name})
	})
}
