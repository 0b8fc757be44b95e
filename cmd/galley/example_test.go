package main_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTodoExample serves a copy of the sample app, and tries its policies.
func TestTodoExample(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		sample := filepath.Join("..", "..", "examples", "todo")
		for _, part := range []string{"migrations", "public"} {
			if err := os.CopyFS(filepath.Join(p.dir, part), os.DirFS(filepath.Join(sample, part))); err != nil {
				t.Fatal(err)
			}
		}
		seed, err := os.ReadFile(filepath.Join(sample, "seed.sql"))
		if err != nil {
			t.Fatal(err)
		}
		p.write("seed.sql", string(seed))
		s := p.serve()
		anon := p.keys().Anon
		for _, c := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"GET", "/rest/v1/lists?select=id,name&order=id", "", 200, `[{"id":1,"name":"Getting started"},{"id":2,"name":"Groceries"}]`},
			{"GET", "/rest/v1/todos?select=title&list_id=eq.3", "", 200, `[]`},
			{"GET", "/rest/v1/todos?select=title&list_id=eq.2&order=id", "", 200, `[{"title":"Bread"},{"title":"Tomatoes"},{"title":"Coffee"}]`},
			{"POST", "/rest/v1/lists", `{"name":"Mine"}`, 201, ""},
			{"POST", "/rest/v1/todos", `{"list_id":4,"title":"x"}`, 201, ""},
			{"POST", "/rest/v1/todos", `{"list_id":3,"title":"x"}`, 401, `{"code":"42501","details":null,"hint":null,"message":"new row violates row-level security policy for table \"todos\""}`},
			{"PATCH", "/rest/v1/todos?list_id=eq.3", `{"done":true}`, 204, ""},
			{"DELETE", "/rest/v1/todos?list_id=eq.2&done=is.true", "", 204, ""},
			{"GET", "/rest/v1/todos?select=title&list_id=eq.2&order=id", "", 200, `[{"title":"Bread"},{"title":"Tomatoes"}]`},
		} {
			if status, body := s.request(c.method, c.path, anon, c.body); status != c.status || body != c.want {
				t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, status, body, c.status, c.want)
			}
		}
		if out := p.must("sql", "--json", "select done from todos where list_id = 3"); out != "[{\"done\":false}]\n" {
			t.Errorf("a stranger changed a private to-do: %s", out)
		}
	})
}
