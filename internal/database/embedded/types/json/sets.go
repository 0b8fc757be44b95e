package json

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// TypeFinder returns a type of the database that a connection serves, nil when
// there is none.
type TypeFinder func(c *sqlite.Conn, oid types.OID) *types.Type

// Sets returns the set-returning functions of json and jsonb. Those that make
// records look up the types of their columns when they run.
func Sets(find TypeFinder) []*types.Function {
	j, b, text := types.JSON, types.JSONB, types.Text
	set := func(oid uint32, name string, result, arg types.OID, begin beginSet, columns ...types.ResultColumn) *types.Function {
		return entry.Set(oid, name, result, entry.Args(arg), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
			doc := args[0].Text()
			if n := container(doc); n != nil {
				// PostgreSQL looks at the kind before it reads on.
				if _, err := begin(name, doc, n); err != nil {
					return nil, err
				}
			}
			parse := document.Parse
			if name == "json_array_elements" { // which reads no escapes
				parse = document.ParseLoose
			}
			n, err := parse(doc)
			if err != nil {
				return nil, err
			}
			return begin(name, doc, n)
		}, columns...)
	}
	column := func(name string, oid types.OID) types.ResultColumn {
		return types.ResultColumn{Name: name, Type: oid, Mod: -1}
	}
	list := []*types.Function{
		set(3955, "json_array_elements", j, j, elements(whole), column("value", j)),
		set(3969, "json_array_elements_text", text, j, elements(asText), column("value", text)),
		set(3219, "jsonb_array_elements", b, b, elements(whole), column("value", b)),
		set(3465, "jsonb_array_elements_text", text, b, elements(asText), column("value", text)),
		set(3958, "json_each", types.Record, j, pairs(whole), column("key", text), column("value", j)),
		set(3959, "json_each_text", types.Record, j, pairs(asText), column("key", text), column("value", text)),
		set(3208, "jsonb_each", types.Record, b, pairs(whole), column("key", text), column("value", b)),
		set(3932, "jsonb_each_text", types.Record, b, pairs(asText), column("key", text), column("value", text)),
		set(3957, "json_object_keys", text, j, objectKeys),
		set(3931, "jsonb_object_keys", text, b, objectKeys),
	}
	return append(list, recordSets(find)...)
}

// container returns an empty array or object for a document that begins like
// one, nil for a scalar.
func container(doc string) *document.Node {
	switch start := strings.TrimLeft(doc, " \t\r\n"); {
	case strings.HasPrefix(start, "["):
		return &document.Node{Kind: document.Array}
	case strings.HasPrefix(start, "{"):
		return &document.Node{Kind: document.Object}
	}
	return nil
}

// beginSet makes the rows of a document.
type beginSet func(function, doc string, n *document.Node) (sqlite.RowSource, error)

// shape is what a function gives of a value.
type shape func(doc string, n *document.Node) sqlite.Value

func whole(doc string, n *document.Node) sqlite.Value { return sqlite.Text(n.Raw(doc)) }

func asText(doc string, n *document.Node) sqlite.Value {
	switch n.Kind {
	case document.Null:
		return sqlite.Null
	case document.String:
		return sqlite.Text(n.Text)
	}
	return whole(doc, n)
}

func elements(of shape) beginSet {
	return func(function, doc string, n *document.Node) (sqlite.RowSource, error) {
		if n.Kind != document.Array {
			return nil, noElements(function, n)
		}
		return &nodes{doc: doc, n: n, of: of}, nil
	}
}

func noElements(function string, n *document.Node) error {
	binary := strings.HasPrefix(function, "jsonb")
	switch {
	case binary && n.Kind == document.Object:
		return fault.New(fault.InvalidParameter, "cannot extract elements from an object")
	case binary:
		return fault.New(fault.InvalidParameter, "cannot extract elements from a scalar")
	case n.Kind == document.Object:
		return fault.New(fault.InvalidParameter, "cannot call %s on a non-array", function)
	}
	return fault.New(fault.InvalidParameter, "cannot call %s on a scalar", function)
}

func pairs(of shape) beginSet {
	return func(function, doc string, n *document.Node) (sqlite.RowSource, error) {
		switch {
		case n.Kind == document.Object:
			return &nodes{doc: doc, n: n, of: of}, nil
		case strings.HasPrefix(function, "jsonb"):
			return nil, fault.New(fault.InvalidParameter, "cannot call %s on a non-object", function)
		case n.Kind == document.Array:
			return nil, fault.New(fault.InvalidParameter, "cannot deconstruct an array as an object")
		}
		return nil, fault.New(fault.InvalidParameter, "cannot deconstruct a scalar")
	}
}

// nodes gives the values of an array, or keys and values of an object.
type nodes struct {
	doc string
	n   *document.Node
	of  shape
	at  int
}

func (r *nodes) Next() (bool, error) { r.at++; return r.at <= len(r.n.Items), nil }

func (r *nodes) Column(i int) sqlite.Value {
	if r.n.Kind == document.Object && i == 0 {
		return sqlite.Text(r.n.Keys[r.at-1])
	}
	return r.of(r.doc, &r.n.Items[r.at-1])
}

// objectKeys gives the keys of an object; json keeps those that repeat.
func objectKeys(function, _ string, n *document.Node) (sqlite.RowSource, error) {
	switch n.Kind {
	case document.Object:
	case document.Array:
		return nil, fault.New(fault.InvalidParameter, "cannot call %s on an array", function)
	default:
		return nil, fault.New(fault.InvalidParameter, "cannot call %s on a scalar", function)
	}
	keys := make([]sqlite.Value, len(n.Keys))
	for i, k := range n.Keys {
		keys[i] = sqlite.Text(k)
	}
	return types.Values(keys), nil
}

// recordRows is rows in chunks, which never grow: that would copy them again and
// again.
type recordRows struct {
	chunks [][]sqlite.Value
	width  int
	count  int
	at     int // the current row, from 1
}

// perChunk is how many rows a chunk holds.
const perChunk = 64

func (r *recordRows) add(row []sqlite.Value) {
	if r.count%perChunk == 0 {
		r.chunks = append(r.chunks, make([]sqlite.Value, 0, perChunk*r.width))
	}
	last := len(r.chunks) - 1
	r.chunks[last] = append(r.chunks[last], row...)
	r.count++
}

// Next implements sqlite.RowSource.
func (r *recordRows) Next() (bool, error) { r.at++; return r.at <= r.count, nil }

// Column implements sqlite.RowSource.
func (r *recordRows) Column(i int) sqlite.Value {
	if i >= r.width {
		return sqlite.Null
	}
	n := r.at - 1
	return r.chunks[n/perChunk][n%perChunk*r.width+i]
}
