package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/bench/load"
)

//go:embed galley.sql
var galleySchema []byte

type galleyDialect struct {
	binary  string
	url     string // of a PostgreSQL database; empty for the embedded engine
	users   int
	data    []string // the flags that name project and data
	keys    struct{ Anon, ServiceRole, JWTSecret string }
	head    [][]string
	idsUser [][]int64
}

func (d *galleyDialect) start(s *server, dir string, o options) error {
	project := filepath.Join(dir, "project")
	migrations := filepath.Join(project, "migrations")
	if err := os.MkdirAll(migrations, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(migrations, "20260101000000_todos.sql"), galleySchema, 0o600); err != nil {
		return err
	}
	if err := os.CopyFS(project, functions); err != nil {
		return err
	}
	d.data = d.place(project, dir)
	s.env = []string{"GALLEY_LOG_LEVEL=warn"} // no peer logs each request
	return d.serve(s)
}

// place are the flags that name a project and where its data are.
func (d *galleyDialect) place(project, dir string) []string {
	if d.url != "" {
		return []string{"--project", project, "--database-url", d.url}
	}
	return []string{"--project", project, "--data", filepath.Join(dir, "data")}
}

func (d *galleyDialect) load(s *server, o options) error {
	d.users = o.users
	if err := d.readKeys(s); err != nil {
		return err
	}
	if err := d.seed(s, o); err != nil {
		return err
	}
	for u := range o.users {
		d.head = append(d.head, d.headers(sign(d.keys.JWTSecret, userID(u), "authenticated")))
		if err := d.readIDs(s, u); err != nil {
			return err
		}
	}
	return nil
}

// seed loads every table in the order of its keys.
func (d *galleyDialect) seed(s *server, o options) error {
	projects := projectsOfUser * o.users
	tasks := projects * tasksOfProject
	owner := func(project int) string { return userID(project % o.users) }
	return errors.Join(
		d.fill(s, "todos", o.rows, func(i int) any {
			return todo{Owner: userID(i % o.users), Title: seedTitle(i), Done: i%3 == 0}
		}),
		d.fill(s, "projects", projects, func(i int) any {
			return map[string]any{"owner": owner(i), "name": fmt.Sprintf("project %d", i)}
		}),
		d.fill(s, "tasks", tasks, func(i int) any {
			p := i / tasksOfProject
			return map[string]any{"project_id": p + 1, "owner": owner(p), "name": taskName(i)}
		}),
		d.fill(s, "comments", tasks*commentsOfTask, func(i int) any {
			t := i / commentsOfTask
			return map[string]any{"task_id": t + 1, "owner": owner(t / tasksOfProject), "body": commentBody(i)}
		}))
}

// fill inserts n rows into a table, a thousand at a time.
func (d *galleyDialect) fill(s *server, table string, n int, row func(i int) any) error {
	head := append(d.headers(d.keys.ServiceRole), "Prefer: return=minimal")
	for from := 0; from < n; from += bulkRows {
		var rows []any
		for i := from; i < min(from+bulkRows, n); i++ {
			rows = append(rows, row(i))
		}
		if _, err := d.must(s, load.NewRequest("POST", "/rest/v1/"+table, head, mustJSON(rows))); err != nil {
			return err
		}
	}
	return nil
}

// readKeys asks the command line, which reads what serve wrote at its first start.
func (d *galleyDialect) readKeys(s *server) error {
	out, err := exec.CommandContext(s.ctx, d.binary, append([]string{"keys", "--json"}, d.data...)...).Output()
	if err != nil {
		return fmt.Errorf("galley keys: %w", err)
	}
	var keys struct {
		Anon        string `json:"anon"`
		ServiceRole string `json:"service_role"`
		JWTSecret   string `json:"jwt_secret"`
	}
	if err := json.Unmarshal(out, &keys); err != nil {
		return err
	}
	d.keys.Anon, d.keys.ServiceRole, d.keys.JWTSecret = keys.Anon, keys.ServiceRole, keys.JWTSecret
	return nil
}

// headers are those the official client sends.
func (d *galleyDialect) headers(token string) []string {
	return []string{"apikey: " + d.keys.Anon, "Authorization: Bearer " + token}
}

func (d *galleyDialect) readIDs(s *server, u int) error {
	a, err := d.must(s, load.NewRequest("GET", "/rest/v1/todos?select=id&order=id", d.head[u], nil))
	if err != nil {
		return err
	}
	var rows []struct{ ID int64 }
	if err := json.Unmarshal(a.Body, &rows); err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	d.idsUser = append(d.idsUser, ids)
	return nil
}

func (d *galleyDialect) must(s *server, q load.Request) (*load.Answer, error) {
	a, err := s.do(q)
	if err == nil && (a.Status < 200 || a.Status > 299) {
		err = fmt.Errorf("status %d: %.300q", a.Status, a.Body)
	}
	return a, err
}

func (d *galleyDialect) request(e entry, u, n int) load.Request {
	const path = "/rest/v1/todos"
	head := d.head[u]
	switch e {
	case pointRead:
		return load.NewRequest("GET", path+"?select=*&id=eq."+strconv.FormatInt(d.idsUser[u][n], 10), head, nil)
	case list:
		return load.NewRequest("GET", path+"?select=*&order=id&limit="+strconv.Itoa(pageRows), head, nil)
	case count:
		return load.NewRequest("HEAD", path+"?select=*", append(head, "Prefer: count=exact"), nil)
	case levels:
		return load.NewRequest("GET", fmt.Sprintf("/rest/v1/projects?select=*,tasks(*,comments(*))&id=eq.%d", projectIndex(d.users, u, n)+1), head, nil)
	case hello, helloOne:
		return load.NewRequest("GET", "/functions/v1/hello?name=Ann", head, nil)
	case queries:
		return load.NewRequest("GET", "/functions/v1/queries?id="+strconv.FormatInt(d.idsUser[u][n], 10), head, nil)
	case insert:
		return load.NewRequest("POST", path+"?select=*", append(head, "Prefer: return=representation"), mustJSON(newTodo))
	default:
		return load.NewRequest("POST", path, append(head, "Prefer: return=minimal"), mustJSON(bulkBody()))
	}
}

func (d *galleyDialect) foreign() load.Request {
	return load.NewRequest("GET", "/rest/v1/todos?select=*&id=eq."+strconv.FormatInt(d.idsUser[1][0], 10), d.head[0], nil)
}

func (d *galleyDialect) counted(a *load.Answer) (int, error) {
	_, total, ok := strings.Cut(a.Header["content-range"], "/")
	if !ok {
		return 0, errors.New("no total in Content-Range " + strconv.Quote(a.Header["content-range"]))
	}
	return strconv.Atoi(total)
}
