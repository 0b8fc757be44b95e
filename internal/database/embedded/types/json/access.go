package json

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// find looks for a part of a document; nil when it has none.
type find func(n *document.Node, key sqlite.Value) *document.Node

func field(n *document.Node, key sqlite.Value) *document.Node   { return n.Field(key.Text()) }
func element(n *document.Node, key sqlite.Value) *document.Node { return n.Element(key.Int()) }

// binaryElement is element over jsonb, which keeps a scalar as an array of one.
func binaryElement(n *document.Node, key sqlite.Value) *document.Node {
	if i := key.Int(); n.Scalar() && (i == 0 || i == -1) {
		return n
	}
	return element(n, key)
}

// part returns the JSON of a part, as it is written.
func part(f find) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n, err := document.Parse(args[0].Text())
		if err != nil {
			return sqlite.Null, err
		}
		if found := f(n, args[1]); found != nil {
			return sqlite.Text(found.Raw(args[0].Text())), nil
		}
		return sqlite.Null, nil
	}
}

// partText returns a part as text: the characters of a string, NULL for null.
func partText(f find) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n, err := document.Parse(args[0].Text())
		if err != nil {
			return sqlite.Null, err
		}
		switch found := f(n, args[1]); {
		case found == nil || found.Kind == document.Null:
			return sqlite.Null, nil
		case found.Kind == document.String:
			return sqlite.Text(found.Text), nil
		default:
			return sqlite.Text(found.Raw(args[0].Text())), nil
		}
	}
}

// access gives the operators that look into documents. Those over json can
// fail, since a string that was kept as written may hold an escape that is no
// character.
func access() ([]*types.Function, []*types.Operator) {
	jt, ji := entry.Args(types.JSON, types.Text), entry.Args(types.JSON, types.Int4)
	bt, bi := entry.Args(types.JSONB, types.Text), entry.Args(types.JSONB, types.Int4)
	fs := []*types.Function{
		entry.Raises(3947, "json_object_field", types.JSON, jt, part(field)),
		entry.Raises(3948, "json_object_field_text", types.Text, jt, partText(field)),
		entry.Raises(3949, "json_array_element", types.JSON, ji, part(element)),
		entry.Raises(3950, "json_array_element_text", types.Text, ji, partText(element)),
		entry.Go(3478, "jsonb_object_field", types.JSONB, bt, part(field)),
		entry.Go(3214, "jsonb_object_field_text", types.Text, bt, partText(field)),
		entry.Go(3215, "jsonb_array_element", types.JSONB, bi, part(binaryElement)),
		entry.Go(3216, "jsonb_array_element_text", types.Text, bi, partText(binaryElement)),
		entry.Go(4047, "jsonb_exists", types.Bool, bt, exists),
		entry.Go(4046, "jsonb_contains", types.Bool, entry.Args(types.JSONB, types.JSONB), contains(0, 1)),
		entry.Go(4050, "jsonb_contained", types.Bool, entry.Args(types.JSONB, types.JSONB), contains(1, 0)),
	}
	names := []struct {
		oid  uint32
		name string
	}{
		{3962, "->"}, {3963, "->>"}, {3964, "->"}, {3965, "->>"}, {3211, "->"}, {3477, "->>"},
		{3212, "->"}, {3481, "->>"}, {3247, "?"}, {3246, "@>"}, {3250, "<@"},
	}
	var ops []*types.Operator
	for i, n := range names {
		ops = append(ops, entry.Operator(n.oid, n.name, fs[i]))
	}
	return append(fs,
		entry.Go(3968, "json_typeof", types.Text, entry.Args(types.JSON), typeOf),
		entry.Go(3210, "jsonb_typeof", types.Text, entry.Args(types.JSONB), typeOf),
		entry.Raises(3956, "json_array_length", types.Int4, entry.Args(types.JSON), length),
		entry.Raises(3207, "jsonb_array_length", types.Int4, entry.Args(types.JSONB), length),
	), ops
}

func typeOf(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Text(document.TypeName(args[0].Text())), nil
}

func length(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	switch kind := document.TypeName(args[0].Text()); kind {
	case "array":
	case "object":
		return sqlite.Null, fault.New(fault.InvalidParameter, "cannot get array length of a non-array")
	default:
		return sqlite.Null, fault.New(fault.InvalidParameter, "cannot get array length of a scalar")
	}
	n, err := document.ParseLoose(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Int(int64(len(n.Items))), nil
}

// exists tells whether a text is a key of an object, an element of an array or
// the scalar itself.
func exists(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n, err := document.Parse(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	key := args[1].Text()
	isKey := func(e *document.Node) bool { return e.Kind == document.String && e.Text == key }
	found := isKey(n) || n.Field(key) != nil
	for i := range n.Items {
		found = found || n.Kind == document.Array && isKey(&n.Items[i])
	}
	return sqlite.Bool(found), nil
}

// contains tells whether argument outer contains argument inner.
func contains(outer, inner int) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		a, err := document.Parse(args[outer].Text())
		if err != nil {
			return sqlite.Null, err
		}
		b, err := document.Parse(args[inner].Text())
		if err != nil {
			return sqlite.Null, err
		}
		return sqlite.Bool(document.Contains(a, b)), nil
	}
}
