// Package entry writes catalogue entries briefly. A family of types says what
// an entry is called and computed by; the package fills in what nearly all of
// them share: strict, immutable, in pg_catalog.
//
//	entry.Native(65, "int4eq", types.Bool, args, "($1 = $2)")
//	entry.Raises(177, "int4pl", types.Int4, args, add)
package entry

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Call computes a function in Go.
type Call = func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error)

// Native returns a strict, immutable function that SQLite computes itself and
// that never fails. The template names the arguments $1 to $9.
func Native(oid uint32, name string, result types.OID, args []types.OID, template string) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result,
		Strict: true, Volatility: types.Immutable, SQL: SQL(template)}
}

// Go returns a strict, immutable function computed in Go that never fails.
func Go(oid uint32, name string, result types.OID, args []types.OID, call Call) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result,
		Strict: true, Volatility: types.Immutable, Call: call}
}

// Raises returns a strict, immutable function computed in Go that fails for
// some arguments.
func Raises(oid uint32, name string, result types.OID, args []types.OID, call Call) *types.Function {
	f := Go(oid, name, result, args, call)
	f.MayRaise = true
	return f
}

// Operator returns the operator that a function computes. A function of one
// argument makes a prefix operator.
func Operator(oid uint32, name string, f *types.Function) *types.Operator {
	if len(f.Args) == 1 {
		return &types.Operator{OID: oid, Name: name, Right: f.Args[0], Function: f}
	}
	return &types.Operator{OID: oid, Name: name, Left: f.Args[0], Right: f.Args[1], Function: f}
}

// Alias returns the same function under another name of pg_proc.
func Alias(oid uint32, name string, f *types.Function) *types.Function {
	c := *f
	c.OID, c.Name = oid, name
	return &c
}

// Args lists argument types.
func Args(oids ...types.OID) []types.OID { return oids }

// SQL returns a builder of the SQLite expression that a template describes: $1
// to $9 stand for the arguments.
func SQL(template string) func([]types.Arg) string {
	parts := strings.Split(template, "$")
	return func(args []types.Arg) string {
		var b strings.Builder
		b.WriteString(parts[0])
		for _, part := range parts[1:] {
			b.WriteString(args[part[0]-'1'].SQL)
			b.WriteString(part[1:])
		}
		return b.String()
	}
}

// Wrap returns a builder for Type.TextSQL and Type.JSONSQL; $1 stands for the
// value.
func Wrap(template string) func(string) string {
	build := SQL(template)
	return func(sql string) string { return build([]types.Arg{{SQL: sql}}) }
}

// QuotedJSON is Type.JSON of a type whose stored text needs no escapes between
// quotes.
func QuotedJSON(dst []byte, v sqlite.Value) []byte {
	return append(append(append(dst, '"'), v.Text()...), '"')
}

// Comparison is the six operators of a pair of types, each with the OID of its
// operator and of its function.
type Comparison struct {
	Left, Right types.OID
	// EQ to GE hold operator and function OID.
	EQ, NE, LT, GT, LE, GE [2]uint32
	// Names are the functions' names in the same order.
	Names [6]string
}

// Comparisons returns functions and operators of a comparison over storage
// forms under a collation ("" is BINARY).
func Comparisons(collation string, list ...Comparison) (fs []*types.Function, ops []*types.Operator) {
	signs := [6]string{"=", "<>", "<", ">", "<=", ">="}
	suffix := ""
	if collation != "" {
		suffix = " COLLATE " + collation
	}
	for _, c := range list {
		oids := [6][2]uint32{c.EQ, c.NE, c.LT, c.GT, c.LE, c.GE}
		for i, sign := range signs {
			f := Native(oids[i][1], c.Names[i], types.Bool, Args(c.Left, c.Right), "($1"+suffix+" "+sign+" $2)")
			fs = append(fs, f)
			ops = append(ops, Operator(oids[i][0], sign, f))
		}
	}
	return fs, ops
}

// CompareNames builds the names of a comparison's functions: prefix + "eq" and
// so on.
func CompareNames(prefix string) [6]string {
	return [6]string{prefix + "eq", prefix + "ne", prefix + "lt", prefix + "gt", prefix + "le", prefix + "ge"}
}

// MinMax returns the aggregates min and max over storage forms.
func MinMax(t types.OID, collation string, minOID, maxOID uint32) []*types.Aggregate {
	suffix := ""
	if collation != "" {
		suffix = " COLLATE " + collation
	}
	one := func(oid uint32, name string) *types.Aggregate {
		return Aggregate(oid, name, t, Args(t), name+"($1"+suffix+")") // DISTINCT changes nothing
	}
	return []*types.Aggregate{one(minOID, "min"), one(maxOID, "max")}
}

// Aggregate returns a native aggregate; $D stands for DISTINCT, where it is
// asked for, and $1 to $9 for the arguments.
func Aggregate(oid uint32, name string, result types.OID, args []types.OID, template string) *types.Aggregate {
	return &types.Aggregate{OID: oid, Name: name, Args: args, Result: result,
		SQL: func(args []types.Arg, distinct string) string {
			sql := SQL(strings.ReplaceAll(template, "$D", distinct))(args)
			if n := len(args); n > 0 && args[n-1].Order != "" {
				sql = strings.TrimSuffix(sql, ")") + args[n-1].Order + ")"
			}
			return sql
		}}
}

// Accumulate returns an aggregate of one argument computed in Go. PostgreSQL
// hands DISTINCT values over in their order, SQLite in that of the rows unless
// told otherwise.
func Accumulate(oid uint32, name string, result, arg types.OID, accumulator func(*sqlite.Conn) sqlite.Accumulator) *types.Aggregate {
	a := &types.Aggregate{OID: oid, Name: name, Args: Args(arg), Result: result, New: accumulator}
	a.SQL = func(args []types.Arg, distinct string) string {
		value, order := args[0].SQL, args[0].Order
		if distinct == "" {
			return a.SQLiteName() + "(" + value + order + ")"
		}
		if t := args[0].Type; t != nil && t.Collation != "" {
			value += " COLLATE " + t.Collation
		}
		if order == "" {
			order = " ORDER BY " + value
		}
		return a.SQLiteName() + "(DISTINCT " + value + order + ")"
	}
	return a
}

// Set returns a strict, immutable set-returning function that fails for some
// arguments. Its result is a column of the result type, or has the columns.
func Set(oid uint32, name string, result types.OID, args []types.OID,
	rows func(*sqlite.Conn, []sqlite.Value) (sqlite.RowSource, error), columns ...types.ResultColumn) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result, ReturnsSet: true,
		Strict: true, Volatility: types.Immutable, MayRaise: true, Rows: rows, Columns: columns}
}
