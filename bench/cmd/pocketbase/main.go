// Command pocketbase is PocketBase as a peer of the benchmark: its own server,
// unchanged and with its own settings, with one collection of to-dos of which each
// user may see and add only their own. It differs from a stock server in two ways:
// batch requests are enabled and as large as the benchmark's, and the request log,
// which the other peers do not keep, is off.
//
//	pocketbase DATA-FOLDER ADDRESS ROWS USERS
//
// It makes USERS users and ROWS to-dos, prints their tokens and ids as one line of
// JSON, and serves until it is interrupted.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// seeded is what the benchmark needs to know of a loaded server.
type seeded struct {
	Users  []string   `json:"users"`
	Tokens []string   `json:"tokens"`
	IDs    [][]string `json:"ids"` // by user
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: pocketbase DATA-FOLDER ADDRESS ROWS USERS")
	}
	rows, err1 := strconv.Atoi(os.Args[3])
	users, err2 := strconv.Atoi(os.Args[4])
	if err1 != nil || err2 != nil {
		log.Fatal("ROWS and USERS are numbers")
	}
	if err := serve(os.Args[1], os.Args[2], rows, users); err != nil {
		log.Fatal(err)
	}
}

func serve(dir, addr string, rows, users int) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{HideStartBanner: true, DefaultDataDir: dir})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		out, err := seed(e.App, rows, users)
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

func seed(app core.App, rows, users int) (*seeded, error) {
	if err := configure(app); err != nil {
		return nil, err
	}
	out := &seeded{IDs: make([][]string, users)}
	for i := range users {
		id, token, err := addUser(app, i)
		if err != nil {
			return nil, err
		}
		out.Users, out.Tokens = append(out.Users, id), append(out.Tokens, token)
	}
	return out, app.RunInTransaction(func(tx core.App) error {
		for i := range rows {
			user := i % users
			id := fmt.Sprintf("r%014d", i)
			out.IDs[user] = append(out.IDs[user], id)
			_, err := tx.DB().Insert("todos", dbx.Params{
				"id": id, "owner": out.Users[user], "title": fmt.Sprintf("to-do number %d", i),
				"done": i%3 == 0, "price": 9.90, "weight": 1.25,
				"due": "2026-12-24 00:00:00.000Z", "labels": `["home", "garden"]`, "created": types.NowDateTime().String(),
			}).Execute()
			if err != nil {
				return err
			}
		}
		return nil
	})
}

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
	return app.Save(c)
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
