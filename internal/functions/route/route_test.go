package route

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	table, problems := New([]Route{
		{"/:slug", nil, "page"},
		{"/rss.xml", []string{"GET"}, "rss"},
		{"/", nil, "home"},
		{"/posts/:slug", []string{"GET"}, "post"},
		{"/posts/:id", []string{"PATCH", "DELETE"}, "edit"},
		{"/posts/new", nil, "new"},
		{"/files/*path", nil, "files"},
		{"/files/:a/meta", nil, "meta"},
		{"/any/*", nil, "any"},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		method, path, name string
		params             map[string]string
	}{
		{"GET", "/", "home", nil},
		{"GET", "/rss.xml", "rss", nil},
		{"HEAD", "/rss.xml", "rss", nil},
		{"OPTIONS", "/rss.xml", "rss", nil},
		{"POST", "/rss.xml", "page", map[string]string{"slug": "rss.xml"}},
		{"GET", "/about", "page", map[string]string{"slug": "about"}},
		{"GET", "/posts/new", "new", nil},
		{"GET", "/posts/a%20b%2Fc", "post", map[string]string{"slug": "a b/c"}},
		{"DELETE", "/posts/7", "edit", map[string]string{"id": "7"}},
		{"GET", "/posts/", "", nil},
		{"GET", "/posts/7/", "", nil},
		{"GET", "/files/a/meta", "meta", map[string]string{"a": "a"}},
		{"GET", "/files/a/b/c", "files", map[string]string{"path": "a/b/c"}},
		{"GET", "/files/", "files", map[string]string{"path": ""}},
		{"GET", "/files", "files", map[string]string{"path": ""}},
		{"GET", "/any/x/y", "any", map[string]string{"*": "x/y"}},
		{"GET", "/%zz", "", nil},
		{"GET", "/a/b", "", nil},
	} {
		m, _, _ := table.Match(c.method, c.path)
		if m.Name != c.name || !reflect.DeepEqual(m.Params, c.params) {
			t.Errorf("%s %s: %q %v, want %q %v", c.method, c.path, m.Name, m.Params, c.name, c.params)
		}
	}
	if _, allow, ok := table.Match("PUT", "/posts/7"); ok || fmt.Sprint(allow) != "[DELETE GET PATCH]" {
		t.Errorf("allowed: %v %v", allow, ok)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"/a", "/a", "function first"},
		{"/a/:x", "/a/:y", "function first"},
		{"/a/*", "/a/*all", "function first"},
		{"/a/:x", "/a/b", ""},
		{"/a", "/a/", ""},
		{"/a", "b", "begin with a slash"},
		{"/a", "/*/b", "not at the end"},
		{"/a", "/x:y", "whole segment"},
		{"/a", "/:", "no name"},
		{"/a", "/:x/:x", "no name"},
		{"/a", "/" + strings.Repeat("x", maxPattern), "too long"},
	} {
		_, problems := New([]Route{{c.first, nil, "first"}, {c.second, nil, "second"}})
		got := fmt.Sprint(problems)
		if (c.want == "") != (len(problems) == 0) || !strings.Contains(got, c.want) {
			t.Errorf("%s and %s: %s, want %q", c.first, c.second, got, c.want)
		}
	}
	if _, problems := New([]Route{{"/a", []string{"GET"}, "read"}, {"/a", []string{"POST"}, "write"}}); len(problems) > 0 {
		t.Errorf("methods of their own: %v", problems)
	}
}

// TestExacter compares functions with patterns of others.
func TestExacter(t *testing.T) {
	table, problems := New([]Route{
		{Pattern: "/about", Name: "a"}, {Pattern: "/:slug", Name: "b"}, {Pattern: "/form", Methods: []string{"POST"}, Name: "c"},
		{Pattern: "/go/:a/b", Name: "d"}, {Pattern: "/go/x", Name: "e"}, {Pattern: "/go/*", Name: "f"}, {Pattern: "/files/*", Name: "g"},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, test := range []struct {
		method, path, than string
		want               bool
	}{
		{"GET", "/about", "/:slug", true}, {"GET", "/%61bout", "/:slug", true}, {"GET", "/other", "/:slug", false},
		{"GET", "/form", "/:slug", false}, {"POST", "/form", "/:slug", true}, {"GET", "/files", "/:slug", true},
		{"GET", "/go/x", "/go/:slug", true}, {"GET", "/go/y", "/go/:slug", false}, {"GET", "/about", "/about", false},
	} {
		for range 2 {
			if got := table.Exacter(test.method, test.path, test.than); got != test.want {
				t.Errorf("%s %s than %s: %v", test.method, test.path, test.than, got)
			}
		}
	}
	if (*Table)(nil).Exacter("GET", "/a", "/:b") {
		t.Error("no table has a more exact path")
	}
}
