package rest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// embedSchema has every kind of relationship: to one, to many, by a junction, to
// itself, one to one, and two of a kind between the same tables.
const embedSchema = `
	create table clients (id integer primary key, name text);
	create table projects (id integer primary key, name text, client_id integer references clients, rating numeric);
	create table users (id integer primary key, name text, boss_id integer references users);
	create table tasks (id integer primary key, name text, project_id integer references projects, done boolean);
	create table users_tasks (user_id integer references users, task_id integer references tasks, primary key (user_id, task_id));
	create table profiles (user_id integer primary key references users, about text, at timestamptz);
	create table messages (id integer primary key, body text,
		sender integer constraint message_sender references users, receiver integer constraint message_receiver references users);
	insert into clients values (1, 'Microsoft'), (2, 'Apple'), (3, null);
	insert into projects values (1, 'Windows 7', 1, 1.50), (2, 'Windows 10', 1, null), (3, 'IOS', 2, 3), (4, 'OSX', 2, 0.5), (5, 'Orphan', null, 1.5);
	insert into users values (1, 'Angela', null), (2, 'Michael "q"', 1), (3, 'Dwight', 1), (4, '', 2);
	insert into tasks values (1, 'Design w7', 1, true), (2, 'Code w7', 1, false), (3, 'Design w10', 2, null), (4, 'Code w10', 2, true), (5, 'Design IOS', 3, false), (6, null, null, true);
	insert into users_tasks values (1, 1), (1, 2), (1, 3), (2, 5), (3, 1), (3, 6);
	insert into profiles values (1, 'a', '2020-01-02 03:04:05+00'), (3, null, null);
	insert into messages values (1, 'hi', 1, 2), (2, 'ho', 2, 1), (3, null, 1, 1), (4, 'x', null, 3)`

// related are the relations that may be embedded into each, with their keys.
var related = map[string][]string{
	"clients":     {"projects"},
	"projects":    {"clients", "tasks", "client_id", "projects_client_id_fkey"},
	"users":       {"users", "boss_id", "tasks", "profiles", "users_tasks", "messages", "messages!message_sender", "messages!receiver", "tasks!users_tasks"},
	"tasks":       {"projects", "users", "users_tasks"},
	"users_tasks": {"users", "tasks"},
	"profiles":    {"users"},
	"messages":    {"sender", "receiver", "users", "users!sender", "users!message_receiver"},
}

var targetOf = map[string]string{"client_id": "clients", "projects_client_id_fkey": "clients", "boss_id": "users", "sender": "users", "receiver": "users"}

var columnsOf = map[string][]string{
	"clients": {"id", "name"}, "projects": {"id", "name", "client_id", "rating"}, "users": {"id", "name", "boss_id"},
	"tasks": {"id", "name", "project_id", "done"}, "users_tasks": {"user_id", "task_id"}, "profiles": {"user_id", "about", "at"}, "messages": {"id", "body", "sender", "receiver"},
}

// embedder makes random requests that embed.
type embedder struct {
	generator
	parameters []string
}

func (g *embedder) list(table, path string, depth int) string {
	items := []string{"*"}
	if g.IntN(2) == 0 {
		items = []string{g.pick(columnsOf[table]...), "x:" + g.pick(columnsOf[table]...)}
	}
	for i := range g.IntN(3) {
		if depth == 0 {
			break
		}
		items = append(items, g.child(table, path, fmt.Sprintf("k%d", i), depth))
	}
	return strings.Join(items, ",")
}

func (g *embedder) child(table, path, key string, depth int) string {
	name := g.pick(related[table]...)
	target, _, _ := strings.Cut(name, "!")
	if t := targetOf[target]; t != "" {
		target = t
	}
	path += key
	if g.IntN(4) == 0 {
		name += g.pick("!inner", "!left")
	}
	if g.IntN(3) == 0 {
		g.add(path+"."+g.pick(columnsOf[target]...), g.pick("eq.1", "gt.1", "is.null", "not.is.null", "lt.3", "in.(1,2,3)"))
	}
	if g.IntN(4) == 0 {
		g.add(path+".limit", g.pick("0", "1", "2"))
	}
	if g.IntN(6) == 0 {
		g.add(path+".offset", "1")
	}
	g.add(path+".order", columnsOf[target][0]+g.pick("", ".desc")+","+columnsOf[target][1])
	switch g.IntN(8) {
	case 0:
		return key + ":" + name + "()"
	case 1:
		return "..." + key + ":" + name + "(" + key + g.pick("a", "b") + ":" + g.pick(columnsOf[target]...) + ")"
	}
	return key + ":" + name + "(" + g.list(target, path+".", depth-1) + ")"
}

func (g *embedder) add(key, value string) {
	g.parameters = append(g.parameters, key+"="+url.QueryEscape(value))
}

func (g *embedder) request() probe {
	g.parameters = nil
	table := g.pick("clients", "projects", "users", "tasks", "messages", "profiles")
	g.add("select", g.list(table, "", 3))
	order := columnsOf[table][0]
	switch g.IntN(10) {
	case 0:
		order = "k0(" + g.pick("id", "name") + ").desc," + order
	case 1:
		g.add("k0", g.pick("is.null", "not.is.null"))
	case 2:
		g.add("or", "(k0.is.null,"+order+".gt.2)")
	case 3:
		g.add("limit", "2")
	}
	g.add("order", order)
	return probe{method: "GET", target: "/" + table + "?" + strings.Join(g.parameters, "&")}
}

// TestEnginesAgreeOnEmbedding embeds at random, up to three levels deep.
func TestEnginesAgreeOnEmbedding(t *testing.T) {
	g := embedder{generator: generator{rand.New(rand.NewPCG(5, 6))}}
	var random []probe
	for range 1500 {
		random = append(random, g.request())
	}
	agree(t, embedSchema, random)
}

// TestEmbedding holds answers that are known.
func TestEmbedding(t *testing.T) {
	onEngines(t, embedSchema, func(t *testing.T, h http.Handler, _ database.DB) {
		for target, want := range map[string]string{
			"/projects?select=name,clients(name)&id=in.(1,5)&order=id":                             `[{"name":"Windows 7","clients":{"name":"Microsoft"}},{"name":"Orphan","clients":null}]`,
			"/clients?select=name,projects(name,tasks(id))&id=eq.1&projects.order=id":              `[{"name":"Microsoft","projects":[{"name":"Windows 7","tasks":[{"id":1},{"id":2}]},{"name":"Windows 10","tasks":[{"id":3},{"id":4}]}]}]`,
			"/users?select=name,tasks(name)&tasks.order=id.desc&tasks.limit=1&id=eq.1":             `[{"name":"Angela","tasks":[{"name":"Design w10"}]}]`,
			"/users?select=id,boss_id(name),reports:users(id)&id=eq.2":                             `[{"id":2,"boss_id":{"name":"Angela"},"reports":[{"id":4}]}]`,
			"/clients?select=id,projects!inner()&projects.rating=gt.2":                             `[{"id":2}]`,
			"/clients?select=id&order=id.desc&limit=1":                                             `[{"id":3}]`,
			"/clients?select=id,projects()&projects=is.null":                                       `[{"id":3}]`,
			"/projects?select=id,...clients(client:name)&order=clients(name).desc.nullslast,id":    `[{"id":1,"client":"Microsoft"},{"id":2,"client":"Microsoft"},{"id":3,"client":"Apple"},{"id":4,"client":"Apple"},{"id":5,"client":null}]`,
			"/users?select=id,profiles(about)&order=id&limit=2":                                    `[{"id":1,"profiles":{"about":"a"}},{"id":2,"profiles":null}]`,
			"/messages?select=id,from:users!message_sender(name),to:receiver(name)&id=eq.1":        `[{"id":1,"from":{"name":"Angela"},"to":{"name":"Michael \"q\""}}]`,
			"/clients?select=id,...projects(names:name)&projects.order=name&id=eq.1":               `[{"id":1,"names":["Windows 10", "Windows 7"]}]`,
			"/clients?select=*,projects(*)&projects.name=like.*OS*&projects.order=id.desc&id=gt.1": `[{"id":2,"name":"Apple","projects":[{"id":4,"name":"OSX","client_id":2,"rating":0.5},{"id":3,"name":"IOS","client_id":2,"rating":3}]},{"id":3,"name":null,"projects":[]}]`,
		} {
			w := ask(h, "GET", target, "")
			if got := strings.ReplaceAll(w.Body.String(), ", \n ", ","); w.Code != 200 || got != want {
				t.Errorf("%s\n got %d %s\nwant %s", target, w.Code, got, want)
			}
		}
		checkEmbedErrors(t, h)
	})
}

func checkEmbedErrors(t *testing.T, h http.Handler) {
	t.Helper()
	for target, want := range map[string]string{
		"/clients?select=tasks(*)":                             "PGRST200",
		"/messages?select=users(*)":                            "PGRST201",
		"/clients?select=id&projects.id=eq.1":                  "PGRST108",
		"/clients?select=id,p:projects(id)&projects.id=eq.1":   "PGRST108",
		"/clients?select=id,projects(id)&order=projects(name)": "PGRST118",
		"/clients?select=id,projects(id)&projects=eq.1":        "PGRST120",
		"/clients?select=id,projects(none)":                    "42703",
	} {
		w := ask(h, "GET", target, "")
		if got := strings.TrimPrefix(w.Header().Get("Proxy-Status"), "PostgREST; error="); got != want {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
	var w *httptest.ResponseRecorder
	if w = ask(h, "GET", "/messages?select=users(*)", ""); w.Code != 300 || !strings.Contains(w.Body.String(), `"details":[{"cardinality":"many-to-one"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestOptionsOfViews: a view takes what PostgreSQL would do to its table.
func TestOptionsOfViews(t *testing.T) {
	setup := `create table t (id int primary key, v text); create view plain as select id, v from t;
		create view over as select id from plain; create view counted as select count(*) as n from t;
		create view above as select n from counted; create view joined as select t.id from t join t u on u.id = t.id`
	const all, none = "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE", "OPTIONS,GET,HEAD"
	want := map[string]string{"t": all, "plain": all, "over": all, "counted": none, "above": none, "joined": none}
	onEngines(t, setup, func(t *testing.T, h http.Handler, _ database.DB) {
		for name, allow := range want {
			if got := ask(h, "OPTIONS", "/"+name, "").Header().Get("Allow"); got != allow {
				t.Errorf("%s allows %q, want %q", name, got, allow)
			}
		}
	})
}
