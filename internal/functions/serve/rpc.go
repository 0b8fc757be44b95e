package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/schema"
)

// pgTypes are the names in pg_type of what a function may name as the type of an
// argument or a result, with the name that format_type prints. All others are taken to
// be what they say.
var pgTypes = map[string][2]string{
	"string": {"text", "text"}, "number": {"float8", "double precision"}, "object": {"jsonb", "jsonb"}, "any": {"jsonb", "jsonb"},
	"int": {"int4", "integer"}, "integer": {"int4", "integer"}, "int4": {"int4", "integer"},
	"bigint": {"int8", "bigint"}, "int8": {"int8", "bigint"}, "smallint": {"int2", "smallint"}, "int2": {"int2", "smallint"},
	"boolean": {"bool", "boolean"}, "bool": {"bool", "boolean"}, "real": {"float4", "real"}, "float4": {"float4", "real"},
	"double precision": {"float8", "double precision"}, "float8": {"float8", "double precision"},
	"decimal": {"numeric", "numeric"}, "varchar": {"varchar", "character varying"}, "character varying": {"varchar", "character varying"},
	"timestamptz": {"timestamptz", "timestamp with time zone"}, "timestamp with time zone": {"timestamptz", "timestamp with time zone"},
	"timestamp": {"timestamp", "timestamp without time zone"}, "timestamp without time zone": {"timestamp", "timestamp without time zone"},
	"time": {"time", "time without time zone"}, "timetz": {"timetz", "time with time zone"},
}

// typeOf is a type by both of its names.
func typeOf(said string) (name, printed string) {
	said = strings.ToLower(strings.TrimSpace(said))
	if element, isArray := strings.CutSuffix(said, "[]"); isArray {
		name, printed = typeOf(element)
		return "_" + name, printed + "[]"
	}
	if t, ok := pgTypes[said]; ok {
		return t[0], t[1]
	}
	return said, said
}

// rpcArgument is an argument as export const rpc describes it: the name of a type, or an
// object. A ? behind the name of the argument makes it optional, too.
type rpcArgument struct {
	Type     string `json:"type"`
	Optional bool   `json:"optional"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *rpcArgument) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &a.Type)
	}
	type plain rpcArgument
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(a))
}

// describeRPC makes the description of a function that is called at /rest/v1/rpc.
func (v *Version) describeRPC(into schema.Name) (*schema.Function, error) {
	r := v.Declared.RPC
	f := &schema.Function{Name: into, Volatility: "v"}
	switch r.Volatility {
	case "", "volatile":
	case "stable", "immutable":
		f.Volatility = r.Volatility[:1]
	default:
		return nil, fmt.Errorf("export rpc: %q is none of volatile, stable, immutable", r.Volatility)
	}
	err := fields(r.Args, func(name string, raw json.RawMessage) error {
		var a rpcArgument
		if err := json.Unmarshal(raw, &a); err != nil || a.Type == "" {
			return fmt.Errorf("export rpc: the argument %s has no type", name)
		}
		name, optional := strings.CutSuffix(name, "?")
		typeName, printed := typeOf(a.Type)
		f.Args = append(f.Args, schema.Argument{Name: name, Type: printed, TypeName: typeName, Optional: optional || a.Optional})
		return nil
	})
	if err == nil {
		f.Result, err = resultOf(r.Returns)
	}
	return f, err
}

// fields goes through the fields of a JSON object in their order.
func fields(object json.RawMessage, each func(name string, value json.RawMessage) error) error {
	if len(object) == 0 || string(object) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("export rpc: expected an object, got %s", clip(string(object)))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if err := each(fmt.Sprint(name), value); err != nil {
			return err
		}
	}
	return nil
}

// resultOf reads returns: a type, "setof" a type, "void", an object of columns, or a
// list of one such object for any number of rows. jsonb when nothing is said.
func resultOf(said json.RawMessage) (schema.Result, error) {
	var list []json.RawMessage
	if json.Unmarshal(said, &list) == nil && len(list) == 1 {
		r, err := resultOf(list[0])
		r.Set = true
		return r, err
	}
	var text string
	if len(said) == 0 || string(said) == "null" {
		text = "jsonb"
	} else if json.Unmarshal(said, &text) != nil {
		return columnsOf(said)
	}
	if text == "void" {
		return schema.Result{Void: true, Type: "void", TypeName: "void"}, nil
	}
	element, set := strings.CutPrefix(text, "setof ")
	name, printed := typeOf(element)
	return schema.Result{Set: set, Type: printed, TypeName: name}, nil
}

func columnsOf(object json.RawMessage) (schema.Result, error) {
	r := schema.Result{Type: "record", TypeName: "record"}
	err := fields(object, func(name string, raw json.RawMessage) error {
		var text string
		if json.Unmarshal(raw, &text) != nil || text == "" {
			return fmt.Errorf("export rpc: the column %s of its result has no type", name)
		}
		typeName, printed := typeOf(text)
		r.Columns = append(r.Columns, &schema.Column{Name: name, Type: printed, TypeName: typeName, Position: len(r.Columns) + 1})
		return nil
	})
	if err == nil && len(r.Columns) == 0 {
		err = fmt.Errorf("export rpc: returns names no columns")
	}
	return r, err
}

// RPC is the description of the function for remote procedure calls, nil when it is
// none.
func (v *Version) RPC() *schema.Function { return v.rpc }

// Functions are those of the versions that are called at /rest/v1/rpc.
func Functions(versions []*Version) []hooks.Function {
	var out []hooks.Function
	for _, v := range versions {
		if v.rpc != nil {
			out = append(out, hooks.Function{Function: *v.rpc, Role: v.Declared.RPC.Role, Call: v.Call})
		}
	}
	return out
}

func requestIDOf(ctx context.Context) string { return httpapi.RequestID(ctx) }
