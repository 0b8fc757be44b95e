package typestest

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
)

// arrayTexts makes the texts with which an array type is tried out of those of
// its elements. Good and bad syntax are tried with every type.
func arrayTexts(elem texts) texts {
	one := func(list ...string) string {
		elements := make([]array.Element, len(list))
		for i, s := range list {
			elements[i] = array.Element{Text: s, Null: s == "no value"}
		}
		return array.Format(elements)
	}
	out := texts{Values: []string{"{}", "{NULL}"}}
	pick := func(i int) string { return elem.Values[i%len(elem.Values)] }
	for i := range min(len(elem.Values), 6) {
		out.Values = append(out.Values, one(pick(i)), one(pick(i), "no value", pick(i+1)), one(pick(i), pick(i+1), pick(i+2)), one(pick(i+1), pick(i)))
	}
	for _, s := range elem.Values {
		out.Inputs = append(out.Inputs, one(s), one("no value", s, s), "{"+s+"}", `{"`+s+`"}`, "{ "+s+" , null }")
	}
	for _, s := range elem.Inputs {
		out.Inputs = append(out.Inputs, one(s), one(s, s))
	}
	v := strings.ReplaceAll(pick(0), `\`, `\\`)
	for _, pattern := range []string{"", " ", "{", "}", "{}", " { } ", "{}x", "{} ", "x{}", "{,}", "{v,}", "{,v}", "{v,,v}", "{v", "{\"v\"", "{\"v", "{v}}",
		"{\"v\"x}", "{x\"v\"}", "{\"v\" ,\tv\n}", "{v\\", "{\\", "{\"\\", "{null,NULL,Null}", "{\"null\"}", "{n\\ull}", "{\"\"}", "[1:1]={v}", "[1]={v}",
		"[1:2]={v}", "[1:1] = {v}", "[1:1]{v}", "[1:1]=v", "[1:1", "[]={v}", "[a:b]={v}", "[2:1]={v}", "[0:0]={v}", "[1:1][1:1]={{v}}", "[-1:0]={v,v}",
		"{{v}}", "{{v},{v}}", "{v,{v}}", "{{v},v}", "{{}}", "{{},{}}", "{{v}", "{v v}", "{v\"}", "{'v'}", "{\v\f\rv}", " {v}", "{v} \n", "v", "[1:1]={}", "{v;v}"} {
		out.Inputs = append(out.Inputs, strings.ReplaceAll(pattern, "v", v))
	}
	return out
}

// standIn is the type that a polymorphic one stands for where the element is of
// the type elem; the type itself where it is none.
func standIn(c *types.Catalogue, oid types.OID, elem *types.Type) *types.Type {
	switch oid {
	case types.AnyArray, types.AnyCompatibleArray:
		if elem == nil {
			return nil
		}
		return c.Type(elem.Array)
	case types.Any, types.AnyElement, types.AnyNonArray, types.AnyCompatible, types.AnyCompatibleNonArray:
		return elem
	}
	return c.Type(oid)
}

// elementIn is the type of the elements in a tuple.
func elementIn(declared []types.OID, list []*types.Type) *types.Type {
	for i, oid := range declared {
		if i >= len(list) || !isPseudo(oid) {
			continue
		}
		if oid == types.AnyArray || oid == types.AnyCompatibleArray {
			return list[i].Elem
		}
		return list[i]
	}
	return nil
}
