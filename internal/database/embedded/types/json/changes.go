package json

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// changes gives the operators and functions that make a document of another.
func changes() ([]*types.Function, []*types.Operator) {
	cat := entry.Go(3301, "jsonb_concat", types.JSONB, entry.Args(types.JSONB, types.JSONB), concat)
	deleteKey := entry.Raises(3302, "jsonb_delete", types.JSONB, entry.Args(types.JSONB, types.Text), change(withoutKey))
	deleteAt := entry.Raises(3303, "jsonb_delete", types.JSONB, entry.Args(types.JSONB, types.Int4), change(withoutElement))
	ops := []*types.Operator{
		entry.Operator(3284, "||", cat),
		entry.Operator(3285, "-", deleteKey),
		entry.Operator(3286, "-", deleteAt),
	}
	return []*types.Function{
		cat, deleteKey, deleteAt,
		entry.Go(3262, "jsonb_strip_nulls", types.JSONB, entry.Args(types.JSONB), change(withoutNulls)),
		entry.Raises(3261, "json_strip_nulls", types.JSON, entry.Args(types.JSON), stripJSON),
		entry.Go(3306, "jsonb_pretty", types.Text, entry.Args(types.JSONB), pretty),
	}, ops
}

// change makes a function of one that changes a document in place.
func change(f func(n *document.Node, args []sqlite.Value) error) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n, err := document.Parse(args[0].Text())
		if err == nil {
			err = f(n, args)
		}
		if err != nil {
			return sqlite.Null, err
		}
		return sqlite.Text(string(n.Append(nil))), nil
	}
}

func concat(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	a, err := document.Parse(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	b, err := document.Parse(args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(string(document.Concat(a, b).Append(nil))), nil
}

func withoutKey(n *document.Node, args []sqlite.Value) error {
	if n.Scalar() {
		return fault.New(fault.InvalidParameter, "cannot delete from scalar")
	}
	key := args[1].Text()
	for i := len(n.Items) - 1; i >= 0; i-- {
		e := &n.Items[i]
		if n.Kind == document.Object && n.Keys[i] == key ||
			n.Kind == document.Array && e.Kind == document.String && e.Text == key {
			n.Remove(i)
		}
	}
	return nil
}

func withoutElement(n *document.Node, args []sqlite.Value) error {
	switch {
	case n.Scalar():
		return fault.New(fault.InvalidParameter, "cannot delete from scalar")
	case n.Kind == document.Object:
		return fault.New(fault.InvalidParameter, "cannot delete from object using integer index")
	}
	i := args[1].Int()
	if i < 0 {
		i += int64(len(n.Items))
	}
	if i >= 0 && i < int64(len(n.Items)) {
		n.Remove(int(i))
	}
	return nil
}

func withoutNulls(n *document.Node, _ []sqlite.Value) error {
	n.StripNulls()
	return nil
}

func stripJSON(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n, err := document.Parse(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	n.StripNulls()
	return sqlite.Text(string(n.AppendCompact(nil))), nil
}

func pretty(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n, err := document.Parse(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(string(n.AppendPretty(nil, 0))), nil
}
