// Package session holds the functions that tell who runs a statement: the JWT
// claims (auth.uid() and its kind, which Supabase's policies use), run-time
// parameters, the current user. Each is computed once before a statement and
// bound, so policies over them use indexes.
package session

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Family returns the functions; read converts text to a type's storage form.
func Family(read func(oid types.OID, text string) (sqlite.Value, error)) types.Family {
	known := newClaimCache()
	claimOf := func(name string, oid types.OID) compute { return known.claimOf(name, oid, read) }
	return types.Family{Name: "session", Functions: append([]*types.Function{
		stable(2077, "current_setting", types.Text, []types.OID{types.Text}, required),
		stable(3294, "current_setting", types.Text, []types.OID{types.Text, types.Bool}, optional),
		{OID: 2078, Name: "set_config", Args: []types.OID{types.Text, types.Text, types.Bool}, Result: types.Text,
			Volatility: types.Volatile, MayRaise: true, Call: setConfig},
		{OID: 3036, Name: "pg_notify", Args: []types.OID{types.Text, types.Text}, Result: types.Void,
			Volatility: types.Volatile, MayRaise: true, Call: notify},
		stable(745, "current_user", types.Name, nil, currentUser),
		stable(746, "session_user", types.Name, nil, sessionUser),
		stable(1402, "current_schema", types.Name, nil, currentSchema),
		auth("uid", types.UUID, claimOf("sub", types.UUID)),
		auth("role", types.Text, claimOf("role", types.Text)),
		auth("email", types.Text, claimOf("email", types.Text)),
		auth("jwt", types.JSONB, claims(read)),
	}, append(inquiries(), sequenceFunctions()...)...)}
}

type compute = func(e types.Env, args []sqlite.Value) (sqlite.Value, error)

func stable(oid uint32, name string, result types.OID, args []types.OID, f compute) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result, Strict: true,
		Volatility: types.Stable, MayRaise: true, Session: f}
}

func auth(name string, result types.OID, f compute) *types.Function {
	fn := stable(0, name, result, nil, f)
	fn.Schema, fn.Strict = "auth", false
	return fn
}

func required(e types.Env, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	v, ok := e.Setting(strings.ToLower(args[0].Text()))
	if !ok {
		return sqlite.Null, fault.New(fault.UndefinedObject, `unrecognized configuration parameter "%s"`, args[0].Text())
	}
	return sqlite.Text(v), nil
}

func optional(e types.Env, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() || args[1].IsNull() {
		return sqlite.Null, nil
	}
	if args[1].Int() == 0 {
		return required(e, args)
	}
	if v, ok := e.Setting(strings.ToLower(args[0].Text())); ok {
		return sqlite.Text(v), nil
	}
	return sqlite.Null, nil
}

// setter is the statement being run, as set_config() finds it.
type setter interface {
	SetConfig(name string, value *string) (string, error)
}

// setConfig is set_config(name, value, local). A transaction is all there is of
// a session at the boundary, so both scopes end with it.
func setConfig(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, ok := c.State.(setter)
	switch {
	case args[0].IsNull():
		return sqlite.Null, fault.New("22004", "SET requires parameter name")
	case !ok:
		return sqlite.Null, fault.Unsupported("set_config() is not supported here")
	}
	var value *string
	if !args[1].IsNull() {
		text := strings.Clone(args[1].Text())
		value = &text
	}
	shown, err := s.SetConfig(strings.Clone(args[0].Text()), value)
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(shown), nil
}

func currentUser(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
	v, _ := e.Setting("current_user")
	return sqlite.Text(v), nil
}

func sessionUser(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
	v, _ := e.Setting("session_authorization")
	return sqlite.Text(v), nil
}

func currentSchema(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Text(e.Session().Searched()[0]), nil
}

func claims(read func(types.OID, string) (sqlite.Value, error)) compute {
	return func(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
		if c := e.Session().Claims; c != "" {
			return read(types.JSONB, c)
		}
		return sqlite.Null, nil
	}
}
