// Package engine is the seam between the functions of a project and the JavaScript
// engine that runs them: programs, instances, the values that pass between Go and a
// script, and the limits an instance ends at.
package engine

import (
	"context"
	"errors"
	"time"
)

// Value is what passes between Go and a script: nil (null and undefined), bool,
// float64, string, []byte (a Uint8Array, copied) or JSON (any plain object);
// and Text into a script.
type Value = any

// Text is a string for a script, of UTF-8 that is its maker's again when the call of the
// engine is over.
type Text []byte

// JSON is a value as JSON text (RFC 8259). A script sees what JSON.parse makes of it;
// an object that a script gives arrives as what JSON.stringify makes of it.
type JSON string

// Engine compiles scripts and makes instances to run them.
type Engine interface {
	// Compile compiles a classic script, whose positions are reported under name.
	// A syntax error is an *Error.
	Compile(name, source string) (Program, error)
	// New makes an instance with nothing in it but ECMAScript's own objects and the
	// function __host(op, ...args), which calls host, with functions on it:
	//
	//	__host.operation(op)          // a function that calls host with its arguments
	//	__host.keep(name, function)   // Invoke finds it
	//	__host.like(object, ...first) // an object with the same prototype and properties,
	//	                              // private ones too; the first have other values,
	//	                              // where those are not undefined
	//	__host.field(object, k, name) // a getter of the k-th property of objects like it
	//	__host.method(object, k, name, op, otherwise) // a method of objects like it, which
	//	                              // calls host with the k-th property and its arguments
	//	                              // where all are strings, or else another one
	//	__host.taking(object, k, n, op, most) // a function of objects like it, whose k-th
	//	                              // property is false and the first n are no objects, nor
	//	                              // texts of more than most characters (0: of any length):
	//	                              // the k-th becomes true, and op is called with the n; it
	//	                              // gives false for all else
	New(limits Limits, host Host) (Instance, error)
}

// Program is a compiled script, which any number of instances may run.
type Program interface {
	// Size is what it takes in memory, in bytes.
	Size() int
}

// Limits bound an instance.
type Limits struct {
	Memory int64 // bytes the script's values may take in all
	Past   *Past // of the function whose instance it is; nil for one without
}

// Host is called by a script, on the goroutine that runs it. An error is thrown in the
// script as an Error called HostError, with the code, details, hint and status of a
// fault.Error.
type Host func(op string, args []Value) (Value, error)

// Instance is one isolated set of global objects. It is used by one goroutine at a
// time. When ctx is done, or its deadline is over, the script is stopped within a few
// milliseconds, whatever it does; the instance has then ended, as it has after ErrMemory: it can only be closed.
type Instance interface {
	// Run runs a program, then microtasks until none is left. An exception that
	// nobody catches is an *Error.
	Run(ctx context.Context, p Program) error
	// Call calls a global function, then runs microtasks until none is left.
	Call(ctx context.Context, function string, args ...Value) (Value, error)
	// Invoke calls a function that a script gave to __host.keep(name, function), or else a
	// global one, then runs microtasks. It is done with what the function gave, or with
	// the value of a promise that was kept by then. Of what was thrown the kept function
	// __failed(id, reason) is told, and __await(id, promise) of a promise that is open.
	Invoke(ctx context.Context, id float64, function string, args ...Value) (result Value, done bool, err error)
	// Keep has Call find a global function by this name from now on, whatever scripts
	// do with the name.
	Keep(function string) error
	// Memory is what the instance takes at the moment, in bytes.
	Memory() int64
	// Stopped says, also while the script runs, whether it is to end: its context is done.
	Stopped() bool
	// Ended says whether the instance can only be closed.
	Ended() bool
	// Close frees all that the instance has.
	Close()
}

// Clock may be implemented by the context of a Run or a Call.
type Clock interface {
	// Used is for how long the call that a Run or a Call is part of has computed before.
	Used() time.Duration
	// Stop has its time stand still until the function that it returns is called.
	Stop() (start func())
	// Miss is told, by another goroutine, for how long the machine has let the whole
	// process compute less than the script alone would have.
	Miss(d time.Duration)
}

// Urgent is the key of a context's value, whatever that is, for scripts that others wait
// for: they do not wait for their turn to compute.
type Urgent struct{}

// The ends of an instance.
var (
	ErrMemory = errors.New("the script needs more memory than it may have")
	ErrTime   = errors.New("the script took longer than it may")
	ErrEnded  = errors.New("the instance has ended")
)

// Error is an exception that no script caught.
type Error struct {
	Name    string // such as TypeError; empty when something else than an Error was thrown
	Message string
	Stack   string // where, as the engine writes it: a line for each call, positions of the compiled script
	Fields  JSON   // code, details, hint and status of an error that has some, as an object; else empty
}

// Error gives name and message, as scripts print an error.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Message
	}
	return e.Name + ": " + e.Message
}
