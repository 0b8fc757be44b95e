package session

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// SequenceSchema is where the functions of sequences stand in the catalogue of
// types: no database has such a schema, so that only the analyzer, which has
// found the sequence and checked the privileges, gets at them.
const SequenceSchema = "pg_galley"

// sequencer is the statement being run, as the functions of sequences find it.
type sequencer interface {
	NextValue(c *sqlite.Conn, sequence uint32) (int64, error)
	SetValue(c *sqlite.Conn, sequence uint32, value int64, called bool) error
	CurrentValue(sequence uint32) (int64, error)
	LastValue() (int64, error)
}

// sequenceFunctions are nextval and its kind over the OID of a sequence.
func sequenceFunctions() []*types.Function {
	make := func(name string, writes bool, args []types.OID, call func(sequencer, *sqlite.Conn, []sqlite.Value) (int64, error)) *types.Function {
		return &types.Function{Schema: SequenceSchema, Name: name, Args: args, Result: types.Int8, Strict: true,
			Volatility: types.Volatile, MayRaise: true, Writes: writes,
			Call: func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
				s, ok := c.State.(sequencer)
				if !ok {
					return sqlite.Null, fault.Unsupported("%s() is not supported here", name)
				}
				v, err := call(s, c, args)
				return sqlite.Int(v), err
			}}
	}
	set := func(s sequencer, c *sqlite.Conn, args []sqlite.Value) (int64, error) {
		called := len(args) < 3 || args[2].Int() != 0
		return args[1].Int(), s.SetValue(c, uint32(args[0].Int()), args[1].Int(), called)
	}
	return []*types.Function{
		make("nextval", true, []types.OID{types.Int8}, func(s sequencer, c *sqlite.Conn, args []sqlite.Value) (int64, error) {
			return s.NextValue(c, uint32(args[0].Int()))
		}),
		make("setval", true, []types.OID{types.Int8, types.Int8}, set),
		make("setval", true, []types.OID{types.Int8, types.Int8, types.Bool}, set),
		make("currval", false, []types.OID{types.Int8}, func(s sequencer, _ *sqlite.Conn, args []sqlite.Value) (int64, error) {
			return s.CurrentValue(uint32(args[0].Int()))
		}),
		make("lastval", false, nil, func(s sequencer, _ *sqlite.Conn, _ []sqlite.Value) (int64, error) { return s.LastValue() }),
	}
}
