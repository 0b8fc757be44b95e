package setting

import (
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

func TestSplitNames(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, "a": {"a"}, ` a , B ,"C d" `: {"a", "b", "C d"}, `"a""b"`: {`a"b`}, `"$user", public`: {"$user", "public"}, `""`: {""},
	} {
		if got, ok := splitNames(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%q is %q (%v), want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"a,", ",a", "a b", `"a`, "a,,b", `"a"b`} {
		if got, ok := splitNames(text); ok {
			t.Errorf("%q is %q, want an error", text, got)
		}
	}
}

// A state is never changed: what a savepoint kept stays as it was.
func TestStatesAreApart(t *testing.T) {
	rights := Rights{Superuser: true, Owner: "postgres", RoleExists: func(name string) bool { return name == "anon" }}
	set := func(s State, name, value string) State {
		next, err := s.Assign(rights, name, &value)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	first := set(New(database.Session{}), "search_path", `"$user", a`)
	second := set(set(first, "role", "anon"), "my.own", "1")
	if got := first.Session; got.Role != "" || !slices.Equal(got.SearchPath, []string{"postgres", "a"}) {
		t.Errorf("the first state has %+v", got)
	}
	if got := second.Session; got.Role != "anon" || !slices.Equal(got.SearchPath, []string{"anon", "a"}) {
		t.Errorf("the second state has %+v", got)
	}
	if _, known := first.Value("my.own"); known {
		t.Error("the first state knows what the second one set")
	}
	third := second.WithSession(database.Session{SearchPath: []string{"b"}})
	if v, _ := third.Value("search_path"); v != `"b"` || third.Session.Role != "" {
		t.Errorf("a new session has the path %s and the role %q", v, third.Session.Role)
	}
}

func TestEveryParameterHasADefaultItAccepts(t *testing.T) {
	for name, p := range parameters() {
		if p.kind == "" || name == "session_authorization" || name == "role" || name == "search_path" {
			continue
		}
		if _, err := p.accept(p.standard()); err != nil {
			t.Errorf("%s does not take its default %q: %v", name, p.standard(), err)
		}
	}
	bad := "x"
	if _, err := New(database.Session{}).Assign(Rights{}, "no_such_parameter", &bad); fault.Code(err) != fault.UndefinedObject {
		t.Errorf("an unknown parameter: %v", err)
	}
}
