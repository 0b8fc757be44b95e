package json

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// steps reads a stored array of texts as a path.
func steps(v sqlite.Value) []document.Step {
	list := array.List(v)
	path := make([]document.Step, len(list))
	for i, e := range list {
		path[i] = document.Step{Text: e.Text, Null: e.Null}
	}
	return path
}

// keyed gives the operators and functions that take an array of texts: a path,
// keys, or keys and values.
func keyed() (fs []*types.Function, ops []*types.Operator) {
	j, b, a, text := types.JSON, types.JSONB, array.TextArray, types.Text
	add := func(op uint32, sign string, f *types.Function) {
		fs, ops = append(fs, f), append(ops, entry.Operator(op, sign, f))
	}
	for _, p := range []struct {
		oid, op    uint32
		name, sign string
		doc        types.OID
		text       bool
	}{
		{3951, 3966, "json_extract_path", "#>", j, false}, {3953, 3967, "json_extract_path_text", "#>>", j, true},
		{3217, 3213, "jsonb_extract_path", "#>", b, false}, {3940, 3206, "jsonb_extract_path_text", "#>>", b, true},
	} {
		result := p.doc
		if p.text {
			result = text
		}
		f := entry.Raises(p.oid, p.name, result, entry.Args(p.doc, a), partAt(p.text, spread))
		f.Variadic = true
		// The operator has the path in one value.
		whole := *f
		whole.Schema, whole.Call = "galley_internal", partAt(p.text, func(args []sqlite.Value) []document.Step { return steps(args[1]) })
		fs, ops = append(fs, f), append(ops, entry.Operator(p.op, p.sign, &whole))
	}
	add(3248, "?|", entry.Go(4048, "jsonb_exists_any", types.Bool, entry.Args(b, a), existing(false)))
	add(3249, "?&", entry.Go(4049, "jsonb_exists_all", types.Bool, entry.Args(b, a), existing(true)))
	add(3287, "#-", entry.Raises(3304, "jsonb_delete_path", b, entry.Args(b, a), deletePath))
	without := entry.Raises(3343, "jsonb_delete", b, entry.Args(b, a), change(withoutKeys))
	without.Variadic = true
	wholeWithout := *without
	wholeWithout.Schema = "galley_internal"
	without.Call = func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		list := make([]array.Element, len(args)-1)
		for i, v := range args[1:] {
			list[i] = array.Element{Text: v.Text(), Null: v.IsNull()}
		}
		return wholeWithout.Call(c, []sqlite.Value{args[0], sqlite.Text(array.Format(list))})
	}
	fs, ops = append(fs, without), append(ops, entry.Operator(3398, "-", &wholeWithout))
	set := entry.Raises(3305, "jsonb_set", b, entry.Args(b, a, b, types.Bool), set)
	insert := entry.Raises(3579, "jsonb_insert", b, entry.Args(b, a, b, types.Bool), insert)
	lax := entry.Raises(5054, "jsonb_set_lax", b, entry.Args(b, a, b, types.Bool, text), setLax)
	set.Defaults, insert.Defaults, lax.Defaults, lax.Strict = 1, 1, 2, false
	set.Names = []string{"jsonb_in", "path", "replacement", "create_if_missing"}
	insert.Names = []string{"jsonb_in", "path", "replacement", "insert_after"}
	lax.Names = append(set.Names[:4:4], "null_value_treatment")
	set.DefaultTexts, insert.DefaultTexts, lax.DefaultTexts = []string{"t"}, []string{"f"}, []string{"t", "use_json_null"}
	return append(fs, set, insert, lax,
		entry.Raises(3202, "json_object", j, entry.Args(a), objectOf(false)),
		entry.Raises(3203, "json_object", j, entry.Args(a, a), objectOf(false)),
		entry.Raises(3263, "jsonb_object", b, entry.Args(a), objectOf(true)),
		entry.Raises(3264, "jsonb_object", b, entry.Args(a, a), objectOf(true)),
	), ops
}

// spread reads the path from arguments of its own.
func spread(args []sqlite.Value) []document.Step {
	path := make([]document.Step, len(args)-1)
	for i, v := range args[1:] {
		path[i] = document.Step{Text: v.Text(), Null: v.IsNull()}
	}
	return path
}

func partAt(asText bool, path func([]sqlite.Value) []document.Step) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n, err := document.Parse(args[0].Text())
		if err != nil {
			return sqlite.Null, err
		}
		to := path(args)
		for _, s := range to {
			if s.Null {
				return sqlite.Null, nil
			}
		}
		found := n.At(to)
		switch {
		case found == nil, asText && found.Kind == document.Null:
			return sqlite.Null, nil
		case asText && found.Kind == document.String:
			return sqlite.Text(found.Text), nil
		}
		return sqlite.Text(found.Raw(args[0].Text())), nil
	}
}

// existing tells whether any or all of some texts are keys or elements.
func existing(all bool) entry.Call {
	return func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		for _, e := range array.List(args[1]) {
			if e.Null {
				continue
			}
			found, err := exists(c, []sqlite.Value{args[0], sqlite.Text(e.Text)})
			if err != nil || found.Bool() != all {
				return found, err
			}
		}
		return sqlite.Bool(all), nil
	}
}

func withoutKeys(n *document.Node, args []sqlite.Value) error {
	if n.Scalar() {
		return fault.New(fault.InvalidParameter, "cannot delete from scalar")
	}
	for _, e := range array.List(args[1]) {
		if !e.Null {
			if err := withoutKey(n, []sqlite.Value{args[0], sqlite.Text(e.Text)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// edited edits a document where a path leads; an empty document is left alone
// where nothing can be put in.
func edited(doc sqlite.Value, path []document.Step, e document.Edit, verb string) (sqlite.Value, error) {
	n, err := document.Parse(doc.Text())
	switch {
	case err != nil:
		return sqlite.Null, err
	case n.Scalar():
		return sqlite.Null, fault.New(fault.InvalidParameter, "cannot %s path in scalar", verb)
	case len(path) == 0, len(n.Items) == 0 && !e.Create && !e.Insert:
		return doc, nil
	}
	if err := n.SetAt(path, e); err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(string(n.Append(nil))), nil
}

func deletePath(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return edited(args[0], steps(args[1]), document.Edit{}, "delete")
}

// flag is a trailing argument that may be left out.
func flag(args []sqlite.Value, i int, missing bool) bool {
	if i >= len(args) {
		return missing
	}
	return args[i].Bool()
}

func set(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	v, err := document.Parse(args[2].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return edited(args[0], steps(args[1]), document.Edit{New: v, Create: flag(args, 3, true)}, "set")
}

func insert(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	v, err := document.Parse(args[2].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return edited(args[0], steps(args[1]), document.Edit{New: v, Insert: true, After: flag(args, 3, false)}, "set")
}

// setLax is jsonb_set with a choice of what is done for NULL.
func setLax(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	for i, v := range args {
		if v.IsNull() && i != 2 && i != 4 {
			return sqlite.Null, nil
		}
	}
	treatment := "use_json_null"
	if len(args) > 4 {
		treatment = args[4].Text()
	}
	known := strings.Contains(" raise_exception use_json_null delete_key return_target ", " "+treatment+" ")
	if len(args) > 4 && args[4].IsNull() || args[2].IsNull() && (treatment == "" || !known) {
		return sqlite.Null, fault.New(fault.InvalidParameter,
			`null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
	}
	if !args[2].IsNull() {
		return set(c, args[:min(len(args), 4)])
	}
	switch treatment {
	case "raise_exception":
		return sqlite.Null, fault.New("22004", "JSON value must not be null").
			WithDetail(`Exception was raised because null_value_treatment is "raise_exception".`).
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "delete_key":
		return deletePath(c, args)
	case "return_target":
		return args[0], nil
	}
	return edited(args[0], steps(args[1]), document.Edit{New: new(document.Node), Create: flag(args, 3, true)}, "set")
}

// objectOf makes an object of keys and values, in one array or in two.
func objectOf(binary bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		list := array.List(args[0])
		switch {
		case len(args) == 1 && len(list)%2 != 0:
			return sqlite.Null, fault.New("2202E", "array must have even number of elements")
		case len(args) == 2:
			values := array.List(args[1])
			if (len(values) == 0) != (len(list) == 0) { // an empty array has no dimension
				return sqlite.Null, fault.New("2202E", "wrong number of array subscripts")
			}
			if len(values) != len(list) {
				return sqlite.Null, fault.New("2202E", "mismatched array dimensions")
			}
			both := make([]array.Element, 0, 2*len(list))
			for i := range list {
				both = append(both, list[i], values[i])
			}
			list = both
		}
		return writeObject(list, binary)
	}
}

func writeObject(list []array.Element, binary bool) (sqlite.Value, error) {
	dst := []byte{'{'}
	for i := 0; i < len(list); i += 2 {
		if list[i].Null {
			return sqlite.Null, fault.New("22004", "null value not allowed for object key")
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(document.AppendString(dst, list[i].Text), " : "...)
		if list[i+1].Null {
			dst = append(dst, "null"...)
		} else {
			dst = document.AppendString(dst, list[i+1].Text)
		}
	}
	return finish(string(append(dst, '}')), binary)
}
