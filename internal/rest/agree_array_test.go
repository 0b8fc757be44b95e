package rest_test

import (
	"net/url"
	"testing"
)

// TestArraysAgree reads and writes columns of arrays through REST: both engines
// give one answer.
func TestArraysAgree(t *testing.T) {
	values := []string{"{1,2}", "{}", "{3}", "{NULL}", "{1,x}", "{1", "1", "", "{2,1}", "{ 1 , 2 }", "{{1},{2}}", "null", "{a}", `{"a b","c,d"}`, "{1.0}", "{99999999999}"}
	var probes []probe
	for _, column := range []string{"i", "t", "n"} {
		for _, operator := range []string{"eq", "neq", "gt", "lte", "cs", "cd", "ov", "in", "is", "like", "not.cs", "not.ov", "isdistinct", "fts", "eq(any)", "match"} {
			for _, v := range values {
				probes = append(probes, probe{"GET", "/a?select=*&order=id&" + column + "=" + operator + "." + url.QueryEscape(v), "", ""})
			}
		}
		for _, v := range []string{"[1,2]", "[]", "null", `["1","2"]`, `"{1,2}"`, `"x"`, "1", `[1,null]`, `["a b",null]`, `[[1],[2]]`, `{"a":1}`, "true", `[1.5]`, `[true]`, `[{"a":1}]`} {
			object := `{"id":9,"` + column + `":` + v + `}`
			probes = append(probes, probe{"POST", "/a", object, ""}, probe{"POST", "/a", "[" + object + `,{"id":10}]`, ""},
				probe{"PATCH", "/a?id=eq.1", `{"` + column + `":` + v + `}`, ""}, probe{"POST", "/a?columns=id," + column, "[" + object + "]", ""})
		}
	}
	for _, path := range []string{"/a?order=i,id", "/a?order=t.desc.nullslast,id", "/a?select=id,i::text", "/a?select=id,t::text[]", "/a?select=i->0,t->>1&order=id", "/a?id=in.(1,3)",
		"/a?select=id&id=eq(any).{1,2}", "/a?select=id&id=not.in.(1,2)", "/a?or=(i.cs.{1},t.ov.{a})&order=id", "/a?select=i.count()"} {
		probes = append(probes, probe{"GET", path, "", ""}, probe{"GET", path, "", "text/csv"})
	}
	agree(t, `create table a (id integer primary key, i integer[], t text[] default '{x}', n numeric[]);
		insert into a values (1, '{1,2}', '{a,"b c"}', '{1,2.50}'), (2, '{}', '{}', '{}'), (3, null, null, null), (4, '{3,null}', '{"c,d",null,"q\"x"}', '{NaN,1.0}');
		grant all on a to anon`, probes)
}
