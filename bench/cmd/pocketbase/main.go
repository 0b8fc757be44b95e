// Command pocketbase is PocketBase as a peer of the benchmark: its own server,
// unchanged and with its own settings, with one collection of to-dos of which each
// user may see and add only their own. It differs from a stock server in two ways:
// batch requests are enabled and as large as the benchmark's, and the request log,
// which the other peers do not keep, is off.
//
//	pocketbase DATA-FOLDER ADDRESS ROWS USERS PROJECTS TASKS COMMENTS
//
// It makes USERS users, ROWS to-dos, for each user PROJECTS projects of TASKS tasks
// of COMMENTS comments, prints the users' tokens and the ids of their to-dos as one
// line of JSON, and serves until it is interrupted.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/plugins/jsvm"
	"github.com/pocketbase/pocketbase/tools/types"
)

// seeded is what the benchmark needs to know of a loaded server.
type seeded struct {
	Users  []string   `json:"users"`
	Tokens []string   `json:"tokens"`
	IDs    [][]string `json:"ids"` // by user
}

func main() {
	if len(os.Args) != 8 {
		log.Fatal("usage: pocketbase DATA-FOLDER ADDRESS ROWS USERS PROJECTS TASKS COMMENTS")
	}
	var n [5]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(os.Args[3+i]); err != nil {
			log.Fatal(err)
		}
	}
	if err := serve(os.Args[1], os.Args[2], amounts{n[0], n[1], n[2], n[3], n[4]}); err != nil {
		log.Fatal(err)
	}
}

// amounts say how much to load: projects for each user, tasks for each project,
// comments for each task.
type amounts struct{ rows, users, projects, tasks, comments int }

func serve(dir, addr string, n amounts) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{HideStartBanner: true, DefaultDataDir: dir})
	if err := addHooks(app, dir); err != nil {
		return err
	}
	if err := app.Bootstrap(); err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		out, err := seed(e.App, n)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			return err
		}
		return e.Next()
	})
	return apis.Serve(app, apis.ServeConfig{HttpAddr: addr})
}

// hook is a route in JavaScript, as PocketBase's documentation writes one.
const hook = `routerAdd("GET", "/hello", (e) => {
	return e.json(200, { message: "Hello " + e.request.url.query().get("name") + "!" });
}, $apis.requireAuth());
`

// addHooks registers PocketBase's own plugin for JavaScript, with its own settings.
func addHooks(app core.App, dir string) error {
	hooks := filepath.Join(filepath.Dir(dir), "hooks")
	if err := os.MkdirAll(hooks, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(hooks, "hello.pb.js"), []byte(hook), 0o600); err != nil {
		return err
	}
	return jsvm.Register(app, jsvm.Config{HooksDir: hooks, HooksPoolSize: 15})
}

func seed(app core.App, n amounts) (*seeded, error) {
	if err := configure(app); err != nil {
		return nil, err
	}
	out := &seeded{IDs: make([][]string, n.users)}
	for i := range n.users {
		id, token, err := addUser(app, i)
		if err != nil {
			return nil, err
		}
		out.Users, out.Tokens = append(out.Users, id), append(out.Tokens, token)
	}
	return out, app.RunInTransaction(func(tx core.App) error {
		for i := range n.rows {
			user := i % n.users
			out.IDs[user] = append(out.IDs[user], id("r", i))
			_, err := tx.DB().Insert("todos", dbx.Params{
				"id": id("r", i), "owner": out.Users[user], "title": fmt.Sprintf("to-do number %d", i),
				"done": i%3 == 0, "price": 9.90, "weight": 1.25,
				"due": "2026-12-24 00:00:00.000Z", "labels": `["home", "garden"]`, "created": types.NowDateTime().String(),
			}).Execute()
			if err != nil {
				return err
			}
		}
		return seedProjects(tx, n, out.Users)
	})
}

// seedProjects loads the three levels; a row's id tells its place in the table.
func seedProjects(tx core.App, n amounts, users []string) error {
	insert := func(table string, row dbx.Params) error {
		_, err := tx.DB().Insert(table, row).Execute()
		return err
	}
	for p := range n.projects * n.users {
		owner := users[p%n.users]
		err := insert("projects", dbx.Params{"id": id("p", p), "owner": owner, "name": fmt.Sprintf("project %d", p)})
		for t := p * n.tasks; t < (p+1)*n.tasks && err == nil; t++ {
			err = insert("tasks", dbx.Params{"id": id("t", t), "project": id("p", p), "owner": owner, "name": fmt.Sprintf("task %d", t), "done": false})
			for c := t * n.comments; c < (t+1)*n.comments && err == nil; c++ {
				err = insert("comments", dbx.Params{"id": id("c", c), "task": id("t", t), "owner": owner,
					"body": fmt.Sprintf("comment %d", c), "created": types.NowDateTime().String()})
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func id(prefix string, i int) string { return fmt.Sprintf("%s%014d", prefix, i) }

func configure(app core.App) error {
	settings := app.Settings()
	settings.Batch.Enabled, settings.Batch.MaxRequests = true, 1000
	settings.Logs.MaxDays = 0
	if err := app.Save(settings); err != nil {
		return err
	}
	own := types.Pointer("owner = @request.auth.id")
	c := core.NewBaseCollection("todos")
	c.ListRule, c.ViewRule, c.CreateRule = own, own, own
	c.Fields.Add(
		&core.TextField{Name: "owner", Required: true},
		&core.TextField{Name: "title", Required: true},
		&core.BoolField{Name: "done"},
		&core.NumberField{Name: "price"},
		&core.NumberField{Name: "weight"},
		&core.DateField{Name: "due"},
		&core.JSONField{Name: "labels"},
		&core.AutodateField{Name: "created", OnCreate: true},
	)
	c.AddIndex("todos_owner_id", false, "owner, id", "")
	if err := app.Save(c); err != nil {
		return err
	}
	return configureProjects(app)
}

func configureProjects(app core.App) error {
	own := types.Pointer("owner = @request.auth.id")
	var above *core.Collection
	for _, level := range []struct {
		name, parent string
		fields       []core.Field
	}{
		{"projects", "", []core.Field{&core.TextField{Name: "name"}}},
		{"tasks", "project", []core.Field{&core.TextField{Name: "name"}, &core.BoolField{Name: "done"}}},
		{"comments", "task", []core.Field{&core.TextField{Name: "body"}, &core.AutodateField{Name: "created", OnCreate: true}}},
	} {
		c := core.NewBaseCollection(level.name)
		c.ListRule, c.ViewRule = own, own
		c.Fields.Add(&core.TextField{Name: "owner", Required: true})
		c.Fields.Add(level.fields...)
		if above != nil {
			c.Fields.Add(&core.RelationField{Name: level.parent, CollectionId: above.Id, MaxSelect: 1, Required: true})
			c.AddIndex(level.name+"_"+level.parent, false, level.parent, "")
		}
		if err := app.Save(c); err != nil {
			return err
		}
		above = c
	}
	return nil
}

func addUser(app core.App, i int) (id, token string, err error) {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return "", "", err
	}
	u := core.NewRecord(users)
	u.SetEmail(fmt.Sprintf("user%d@example.com", i))
	u.SetRandomPassword()
	if err := app.Save(u); err != nil {
		return "", "", err
	}
	token, err = u.NewAuthToken()
	return u.Id, token, err
}
