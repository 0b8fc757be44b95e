package main_test

import (
	"encoding/json"
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
		for _, name := range []string{"seed.sql", "galley.toml"} {
			text, err := os.ReadFile(filepath.Join(sample, name))
			if err != nil {
				t.Fatal(err)
			}
			p.write(name, string(text))
		}
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
		tryRoles(t, p, s)
	})
}

// tryRoles tries the sample's roles: those of the table, which the hook puts into
// tokens, and those of app_metadata.
func tryRoles(t *testing.T, p *project, s *server) {
	service, all := p.keys().ServiceRole, "/rest/v1/lists?select=id&owner=not.is.null"
	ids := map[string]string{}
	signIn := func(name string) string {
		var in struct {
			Token string `json:"access_token"`
			User  struct{ ID string }
		}
		_, body := s.request("POST", "/auth/v1/token?grant_type=password", "", `{"email":"`+name+`@example.org","password":"tangible-otter-42-umbrella"}`)
		if err := json.Unmarshal([]byte(body), &in); err != nil || in.Token == "" {
			t.Fatal(body, err)
		}
		ids[name] = in.User.ID
		return in.Token
	}
	sees := func(who, token, want string) {
		t.Helper()
		if status, body := s.request("GET", all, token, ""); status != 200 || body != want {
			t.Errorf("%s: %d %s, want %s", who, status, body, want)
		}
	}
	for name, data := range map[string]string{"ada": `{}`, "eve": `{}`, "root": `{"roles":["admin"]}`} {
		body := `{"email":"` + name + `@example.org","password":"tangible-otter-42-umbrella","email_confirm":true,"user_metadata":{"roles":["admin"]},"app_metadata":` + data + `}`
		if status, body := s.request("POST", "/auth/v1/admin/users", service, body); status != 200 {
			t.Fatal(status, body)
		}
	}
	ada, eve, root := signIn("ada"), signIn("eve"), signIn("root")
	sees("a user", ada, "[]")
	sees("an admin by app_metadata", root, `[{"id":3}]`)
	give := func(who, role string) string { return `{"user_id":"` + ids[who] + `","role":"` + role + `"}` }
	if status, body := s.request("POST", "/rest/v1/user_roles", eve, give("eve", "admin")); status != 403 {
		t.Errorf("a user took a role: %d %s", status, body)
	}
	if status, body := s.request("POST", "/rest/v1/user_roles", root, give("ada", "moderator")); status != 201 {
		t.Errorf("%d %s", status, body)
	}
	sees("an old token", ada, "[]")
	ada = signIn("ada")
	sees("a moderator", ada, `[{"id":3}]`)
	sees("another user", signIn("eve"), "[]")
	if status, body := s.request("PATCH", "/rest/v1/lists?id=eq.3", ada, `{"name":"x"}`); status != 204 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := s.request("PATCH", "/rest/v1/lists?id=eq.3&select=name", root, `{"name":"Renamed"}`); status != 204 {
		t.Errorf("%d %s", status, body)
	}
	if out := p.must("sql", "--json", "select name from lists where id = 3"); out != "[{\"name\":\"Renamed\"}]\n" {
		t.Error(out)
	}
	if status, body := s.request("POST", "/rest/v1/rpc/add_roles", eve, `{"event":{"user_id":"`+ids["ada"]+`","claims":{}}}`); status < 400 {
		t.Errorf("the hook can be called: %d %s", status, body)
	}
}
