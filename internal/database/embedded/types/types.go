// Package types is the closed catalogue of the embedded engine: the types,
// functions, operators, casts and aggregates it knows, each an entry that was
// tested against PostgreSQL. What has no entry here never reaches SQLite.
//
// The entries live in one package for each family of types (types/integer,
// types/text, …); a family says everything about its types: text form, storage
// form, ordering, operators, casts, functions. Package types/builtin puts the
// families together. The analyzer and the emitter name no type.
//
// Names, OIDs, strictness and volatility are those of PostgreSQL's pg_type,
// pg_proc, pg_operator and pg_cast, and a test holds every entry against them.
package types

import (
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// OID identifies a type as in pg_type.
type OID uint32

// The types that other packages must be able to name: those the grammar itself
// produces and the pseudo-types. All others are looked up.
const (
	Bool       OID = 16
	Name       OID = 19
	Int8       OID = 20
	Int4       OID = 23
	Text       OID = 25
	Unknown    OID = 705
	Numeric    OID = 1700
	Record     OID = 2249
	TextArray  OID = 1009 // the type of the last argument of functions VARIADIC text[]
	AnyArray   OID = 2277
	Void       OID = 2278
	AnyElement OID = 2283
	// AnyNonArray is any type but an array.
	AnyNonArray OID = 2776
	Any         OID = 2276
	// AnyEnum is any type of ENUM.
	AnyEnum OID = 3500
	// AnyCompatible, AnyCompatibleArray and AnyCompatibleNonArray stand for the
	// common type of all arguments so declared.
	AnyCompatible         OID = 5077
	AnyCompatibleArray    OID = 5078
	AnyCompatibleNonArray OID = 5079
	JSON                  OID = 114
	JSONB                 OID = 3802
	UUID                  OID = 2950
	Timestamptz           OID = 1184
)

// Ref is a type with its modifier, -1 for none (pg_attribute.atttypmod).
type Ref struct {
	OID OID
	Mod int32
}

// Of returns a reference to a type without a modifier.
func Of(oid OID) Ref { return Ref{OID: oid, Mod: -1} }

// Type is one type: how it is written, stored, compared and turned into JSON.
// A storage form is for ever: changing one means a new version of the file.
type Type struct {
	OID       OID
	Name      string // pg_type.typname: "int4"
	SQLName   string // format_type: "integer"
	Category  byte   // pg_type.typcategory
	Preferred bool   // pg_type.typispreferred
	Array     OID    // pg_type.typarray, 0 when there are no arrays of the type
	Elem      *Type  // pg_type.typelem: of what an array type has elements; nil for any other

	// Column is the type of a column in a STRICT table: INTEGER, REAL, TEXT,
	// BLOB.
	Column string
	// Collation is the SQLite collation under which stored values compare as
	// PostgreSQL's default btree operator class does; empty is BINARY.
	Collation string
	// Unordered types have no btree operator class (json): ORDER BY, DISTINCT
	// and GROUP BY refuse them.
	Unordered bool

	// In reads the text form into the storage form; mod is the type modifier
	// or -1. Errors carry PostgreSQL's SQLSTATE and message.
	In func(text string, mod int32) (sqlite.Value, error)
	// InAt reads as In does, and also words that refer to the time of the
	// transaction, such as 'today'; nil for a type that knows none. What it reads
	// must not outlive the transaction in a cached plan.
	InAt func(text string, mod int32, at time.Time) (sqlite.Value, error)
	// ModIn packs the written modifiers of the type, varchar(3), into one
	// number; nil for a type that takes none.
	ModIn func(mods []int) (int32, error)
	// ModOut writes a modifier as pg_type.typmodout does: "(10,2)"; nil for the
	// number itself in parentheses.
	ModOut func(mod int32) string
	// Out appends the text form of a non-null stored value.
	Out func(dst []byte, v sqlite.Value) []byte
	// TextSQL gives a SQLite expression for the text form of the expression
	// sql, NULL for NULL. nil means the stored value is its own text form.
	TextSQL func(sql string) string
	// JSONSQL gives a SQLite expression for the JSON text of the expression
	// sql, which row_to_json and its kind put into their result; NULL for
	// NULL.
	JSONSQL func(sql string) string
	// JSON appends the JSON text of a non-null stored value, the same that
	// JSONSQL gives, for values that leave the engine at once. nil where only
	// JSONSQL knows it.
	JSON func(dst []byte, v sqlite.Value) []byte
}

// Read reads the text form at a time, that of the transaction.
func (t *Type) Read(text string, mod int32, at time.Time) (sqlite.Value, error) {
	if t.InAt != nil {
		return t.InAt(text, mod, at)
	}
	return t.In(text, mod)
}

// Volatility is pg_proc.provolatile.
type Volatility byte

// The volatilities.
const (
	Immutable Volatility = 'i'
	Stable    Volatility = 's'
	Volatile  Volatility = 'v'
)

// Function is an entry of pg_proc. SQL, Call, Session or Rows says how it is
// computed.
// One with both SQL and Call is emitted as SQL, which then may call what Call
// registers (by CallSQL): for some arguments only, or with others put in.
type Function struct {
	OID    uint32 // pg_proc.oid; 0 for Galley's own and those of schema auth
	Schema string // "" is pg_catalog
	// Extension is the extension that the function belongs to. It is known to
	// SQLite under a name that does not depend on the schema then.
	Extension string
	Name      string
	Args      []OID
	Names     []string // of the arguments (pg_proc.proargnames), nil for none
	Defaults  int      // how many trailing arguments may be left out
	// DefaultTexts are the text forms of the arguments that may be left out.
	DefaultTexts []string
	Variadic     bool // the last argument repeats (VARIADIC "any" or array)
	// Repeats is the type of what the call of a variadic function lists, where the
	// last argument's own does not tell.
	Repeats    OID
	Result     OID
	ReturnsSet bool
	// OneRow tells of a function with Rows that it gives exactly one, which is no
	// set for pg_proc.
	OneRow     bool
	Strict     bool // NULL if any argument is NULL
	Volatility Volatility
	// MayRaise tells that evaluation can fail for some argument values. Such a
	// function never runs on a row that a policy has not passed.
	MayRaise bool
	// Writes tells that evaluation changes the database, as nextval() does.
	Writes bool
	// ToJSON tells that the function gives the JSON of its only argument, a value
	// or a whole row. The JSON of a result is not made in SQL but by Type.JSON.
	ToJSON bool

	// SQL builds a SQLite expression from the arguments' expressions, each
	// already safe to put anywhere in an expression; the result must be too.
	SQL func(args []Arg) string
	// Implies builds a condition which holds wherever the function is true, cannot
	// fail, and can be served by an index, which the function cannot; empty where
	// there is none.
	Implies func(args []Arg) string
	// Call computes the result in Go. It is registered with SQLite under
	// SQLiteName; arguments are in storage form and valid during the call
	// only. For a Strict function it is not called with a NULL.
	Call func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error)
	// Session computes a value which is the same during a whole statement; it
	// is evaluated once, before the statement, and bound. Arguments are
	// constants.
	Session func(e Env, args []sqlite.Value) (sqlite.Value, error)
	// Rows begins a call of a set-returning function, which stands in FROM as a
	// table function. Arguments are in storage form and the function's to keep;
	// a Strict one is not called with a NULL and has no rows then. Rows come one
	// by one: a result may be longer than memory.
	Rows func(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error)
	// Columns are the OUT parameters of such a function. Without any the result
	// is one column of type Result, or, of type Record, what the call defines.
	Columns []ResultColumn
	// Spec, if set, makes a constant that Rows gets as one more argument, out of
	// the types of the arguments and the columns that the call defines.
	Spec func(args []Arg, columns []ResultColumn) string
}

// Arg is an argument of a function as the emitter hands it to Function.SQL.
type Arg struct {
	SQL   string
	Order string // see Aggregate.SQL
	// Present is a condition that is false where an outer join made a whole row
	// NULL; empty when none does. Only aggregates get it.
	Present string
	Type    *Type   // nil for a whole row
	Fields  []Field // the columns of a whole row
}

// Field is a column of a whole-row argument.
type Field struct {
	Name string
	SQL  string
	Type *Type
}

// Operator is an entry of pg_operator. Left is 0 for a prefix operator.
type Operator struct {
	OID         uint32
	Schema      string // "" is pg_catalog
	Name        string
	Left, Right OID
	Function    *Function
}

// CastContext is pg_cast.castcontext.
type CastContext byte

// The contexts in which a cast is applied without being written.
const (
	Explicit   CastContext = 'e'
	Assignment CastContext = 'a'
	Implicit   CastContext = 'i'
)

// Cast is an entry of pg_cast. A nil Function means the storage forms agree
// (binary-coercible).
type Cast struct {
	Source, Target OID
	Context        CastContext
	Function       *Function
}

// Aggregate is an aggregate function. SQL, New or both are set.
type Aggregate struct {
	OID    uint32
	Name   string
	Args   []OID // empty for count(*)
	Result OID
	// SQL names the native SQLite aggregate around its arguments; distinct is
	// "DISTINCT " or empty. What stands in Order of the last argument belongs
	// right behind it, within the call; without it, ORDER BY is refused. Empty
	// refuses the call.
	SQL func(args []Arg, distinct string) string
	// Native tells that SQL calls SQLite's own aggregate, and New serves DISTINCT
	// of several arguments only.
	Native bool
	// Within tells that the aggregate is called WITHIN GROUP (ORDER BY …), with
	// Direct arguments before. It is in Go, and gets its arguments and one more:
	// the collations of them all, separated by commas.
	Within bool
	Direct int
	// Final, if any, writes what is made of the direct arguments and the result.
	Final func(direct []Arg, sql string) string
	// New makes an accumulator in Go, registered under SQLiteName. With SQL too,
	// that writes the call.
	New func(c *sqlite.Conn) sqlite.Accumulator
	// Star tells that it is called as name(*).
	Star bool
}

// Family is everything one package of types adds to the catalogue.
type Family struct {
	Name string
	// Version counts the changes of what its functions and types compute for
	// stored values; 0 is 1. With a new one, what a file keeps of the results (in
	// indexes, generated columns and checks) is made anew when it is opened.
	Version    int
	Types      []*Type
	Functions  []*Function
	Operators  []*Operator
	Casts      []*Cast
	Aggregates []*Aggregate
	Collations []sqlite.Collation
	// Helpers and Gatherers are functions and aggregates by which SQL of the
	// family calls Go, under their own names; no statement can name them.
	Helpers   []sqlite.Function
	Gatherers []sqlite.Aggregate
}
