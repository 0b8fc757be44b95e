package galley_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/galleyhq/galley"
)

// project makes a project with one migration, and an app of it on the embedded engine.
func project(migration string) (*galley.App, func()) {
	dir, err := os.MkdirTemp("", "galley")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "migrations", "0001_first.sql"), []byte(migration), 0o644); err != nil {
		log.Fatal(err)
	}
	app, err := galley.New(galley.Config{Project: dir, Env: []string{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	return app, func() {
		if err := app.Close(); err != nil {
			log.Print(err)
		}
		_ = os.RemoveAll(dir)
	}
}

// A route that reads rows under the policies of who calls it, in a server of the
// program's own.
func Example() {
	app, remove := project(`
		create table posts (slug text primary key, title text not null, public boolean not null);
		alter table posts enable row level security;
		create policy "what is public" on posts for select using (public);
		insert into posts values ('hello', 'Hello', true), ('draft', 'Not yet', false);`)
	defer remove()

	type post struct{ Slug, Title string }
	app.Handle("GET /posts/{slug}", galley.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		p, err := galley.One[post](r.Context(), app.Caller(),
			`select slug, title from posts where slug = $1`, r.PathValue("slug"))
		if err != nil {
			return err // no row is 404
		}
		return json.NewEncoder(w).Encode(p)
	}))
	if err := app.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	defer server.Close()

	for _, slug := range []string{"hello", "draft"} {
		response, err := http.Get(server.URL + "/posts/" + slug)
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		fmt.Println(response.StatusCode, strings.TrimSpace(string(body)))
	}
	// Output:
	// 200 {"Slug":"hello","Title":"Hello"}
	// 404 {"code":"PGRST116","details":null,"hint":null,"message":"there is no row"}
}

// Rows are read into structs, single values or maps.
func ExampleSelect() {
	app, remove := project(`
		create table books (id bigint primary key, title text not null, tags text[] not null, price numeric);
		insert into books values (1, 'Emma', '{novel,classic}', 12.50), (2, 'Notes', '{}', null);`)
	defer remove()
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}

	type book struct {
		ID    int64    `json:"id"`
		Title string   `json:"title"`
		Tags  []string `json:"tags"`
		Price *float64 `json:"price"` // null is nil
	}
	books, err := galley.Select[book](ctx, app.Service(), `select * from books order by id`)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range books {
		fmt.Println(b.Title, b.Tags, b.Price != nil)
	}
	titles, err := galley.Select[string](ctx, app.Service(), `select title from books where id = any($1)`, []int{2, 3})
	fmt.Println(titles, err)

	_, err = app.Service().Exec(ctx, `insert into books values ($1, $2, $3)`, 1, "Emma", []string{})
	fmt.Println(galley.Code(err))
	// Output:
	// Emma [novel classic] true
	// Notes [] false
	// [Notes] <nil>
	// 23505
}

// An order and the job that mails its confirmation are one transaction: the job exists
// when that is committed, and not otherwise.
func ExampleTx_Enqueue() {
	app, remove := project(`create table orders (id bigint generated always as identity primary key, item text not null);`)
	defer remove()
	done := make(chan string)
	app.Job("confirm", func(ctx context.Context, j *galley.Job) error {
		var order int64
		if err := j.Decode(&order); err != nil {
			return err
		}
		item, err := galley.One[string](ctx, app.Service(), `select item from orders where id = $1`, order)
		if err != nil {
			return err
		}
		done <- item
		return nil
	})
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}

	err := app.Service().Tx(ctx, func(tx *galley.Tx) error {
		order, err := galley.One[int64](ctx, tx, `insert into orders (item) values ($1) returning id`, "a pen")
		if err != nil {
			return err
		}
		_, err = tx.Enqueue(ctx, galley.NewJob{Kind: "confirm", Payload: order})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("confirmed:", <-done)
	// Output:
	// confirmed: a pen
}
