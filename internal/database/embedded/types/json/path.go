package json

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/jsonpath"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
)

// JSONPath is the type of paths.
const JSONPath types.OID = 4072

// pathType is jsonpath, stored as it is written out.
func pathType() *types.Type {
	return &types.Type{
		OID: JSONPath, Name: "jsonpath", SQLName: "jsonpath", Category: 'U', Column: "TEXT", Unordered: true,
		In: func(text string, _ int32) (sqlite.Value, error) {
			p, err := jsonpath.Parse(text)
			if err != nil {
				return sqlite.Null, err
			}
			return sqlite.Text(p.String()), nil
		},
		Out:     out,
		JSONSQL: text.JSONSQL,
	}
}

// paths gives the functions and operators over paths. Those in a time zone are
// the same, since there are no times in paths here.
func paths() (fs []*types.Function, ops []*types.Operator) {
	b := types.JSONB
	two, four := entry.Args(b, JSONPath), entry.Args(b, JSONPath, b, types.Bool)
	for _, f := range []struct {
		oid, zoned uint32
		name       string
		result     types.OID
		call       func(q query) (sqlite.Value, error)
	}{
		{4005, 1177, "jsonb_path_exists", types.Bool, query.exists},
		{4009, 2030, "jsonb_path_match", types.Bool, query.match},
		{4007, 1180, "jsonb_path_query_array", b, query.array},
		{4008, 2023, "jsonb_path_query_first", b, query.first},
	} {
		fn := entry.Raises(f.oid, f.name, f.result, four, lift(f.call))
		withVariables(fn)
		zoned := entry.Alias(f.zoned, f.name+"_tz", fn)
		zoned.Volatility = types.Stable
		fs = append(fs, fn, zoned)
	}
	exists := entry.Raises(4010, "jsonb_path_exists_opr", types.Bool, two, lift(query.exists))
	match := entry.Raises(4011, "jsonb_path_match_opr", types.Bool, two, lift(query.match))
	return append(fs, exists, match), []*types.Operator{entry.Operator(4012, "@?", exists), entry.Operator(4013, "@@", match)}
}

// withVariables names the arguments of a function over paths, of which the last two
// may be left out.
func withVariables(f *types.Function) {
	f.Names = []string{"target", "path", "vars", "silent"}
	f.Defaults, f.DefaultTexts = 2, []string{"{}", "f"}
}

// query is one call: a path, what it is run over, and whether errors are kept
// quiet.
type query struct {
	path      *jsonpath.Path
	doc, vars *document.Node
	silent    bool
}

func newQuery(args []sqlite.Value) (q query, err error) {
	if q.path, err = jsonpath.Parse(args[1].Text()); err != nil {
		return q, err
	}
	if q.doc, err = document.ParseBinary(args[0].Text()); err != nil {
		return q, err
	}
	if len(args) < 4 {
		q.silent = true
		return q, nil
	}
	q.silent = args[3].Int() != 0
	if q.vars, err = document.ParseBinary(args[2].Text()); err == nil && q.vars.Kind != document.Object {
		_, err = q.path.Query(q.doc, q.vars) // fails, silent or not
	}
	return q, err
}

func lift(f func(q query) (sqlite.Value, error)) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		q, err := newQuery(args)
		if err != nil {
			return sqlite.Null, err
		}
		return f(q)
	}
}

// loud tells whether an error is one: silent keeps those of a path quiet, not
// refusals and those of the variables.
func (q query) loud(err error) bool {
	code := fault.Code(err)
	return err != nil && (!q.silent || code == fault.FeatureNotSupported || code == fault.UndefinedObject)
}

func (q query) exists() (sqlite.Value, error) {
	found, err := q.path.Exists(q.doc, q.vars)
	switch {
	case q.loud(err):
		return sqlite.Null, err
	case err != nil:
		return sqlite.Null, nil
	}
	return sqlite.Bool(found), nil
}

// all is what the path finds; with silent, what it found before an error.
func (q query) all() ([]*document.Node, error) {
	all, err := q.path.Query(q.doc, q.vars)
	if q.loud(err) {
		return nil, err
	}
	return all, nil
}

func (q query) match() (sqlite.Value, error) {
	all, err := q.all()
	if err != nil {
		return sqlite.Null, err
	}
	if len(all) == 1 {
		switch all[0].Kind {
		case document.Bool:
			return sqlite.Bool(all[0].True), nil
		case document.Null:
			return sqlite.Null, nil
		}
	}
	if !q.silent {
		return sqlite.Null, fault.New("22038", "single boolean result is expected")
	}
	return sqlite.Null, nil
}

func (q query) array() (sqlite.Value, error) {
	all, err := q.all()
	if err != nil {
		return sqlite.Null, err
	}
	n := document.Node{Kind: document.Array}
	for _, v := range all {
		n.Items = append(n.Items, *v)
	}
	return sqlite.Text(string(n.Append(nil))), nil
}

func (q query) first() (sqlite.Value, error) {
	all, err := q.all()
	if err != nil || len(all) == 0 {
		return sqlite.Null, err
	}
	return sqlite.Text(string(all[0].Append(nil))), nil
}

// pathSets gives the function that returns what a path finds as rows.
func pathSets() []*types.Function {
	args := entry.Args(types.JSONB, JSONPath, types.JSONB, types.Bool)
	rows := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		q, err := newQuery(args)
		if err != nil {
			return nil, err
		}
		all, err := q.all()
		if err != nil {
			return nil, err
		}
		n := &document.Node{Kind: document.Array}
		for _, v := range all {
			n.Items = append(n.Items, *v)
		}
		return &nodes{n: n, of: func(_ string, n *document.Node) sqlite.Value { return sqlite.Text(string(n.Append(nil))) }}, nil
	}
	plain := entry.Set(4006, "jsonb_path_query", types.JSONB, args, rows)
	withVariables(plain)
	zoned := entry.Alias(1179, "jsonb_path_query_tz", plain)
	zoned.Volatility = types.Stable
	return []*types.Function{plain, zoned}
}
