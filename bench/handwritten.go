package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/bench/load"
)

// newTodo is the row of a single insert.
var newTodo = todo{Title: "a new to-do", Done: true}

// userID is the subject of user number u.
func userID(u int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", u+1) }

type handwrittenDialect struct {
	binary string
	users  int
	auth   []string

	// On PostgreSQL it serves what Galley loaded there, to the same tokens.
	postgres string
	galley   *galleyDialect
}

func (d *handwrittenDialect) start(s *server, dir string, o options) error {
	d.users = o.users
	secret := rand.Text()
	if d.galley != nil {
		secret = d.galley.keys.JWTSecret
	}
	ids := make([]string, o.users)
	for u := range ids {
		ids[u] = userID(u)
		d.auth = append(d.auth, "Authorization: Bearer "+sign(secret, ids[u], "authenticated"))
	}
	args := []string{"-listen", s.addr, "-secret", secret}
	if d.postgres != "" {
		args = append(args, "-postgres", d.postgres)
	} else {
		args = append(args, "-data", filepath.Join(dir, "data.db"), "-rows", strconv.Itoa(o.rows), "-users", strings.Join(ids, ","),
			"-projects", strconv.Itoa(projectsOfUser), "-tasks", strconv.Itoa(tasksOfProject), "-comments", strconv.Itoa(commentsOfTask))
	}
	_, err := s.run("ready", d.binary, args...)
	return err
}

func (d *handwrittenDialect) load(*server, options) error { return nil }

func (d *handwrittenDialect) request(e entry, u, n int) load.Request {
	head := []string{d.auth[u]}
	switch e {
	case pointRead:
		return load.NewRequest("GET", fmt.Sprintf("/todos/%d", n*d.users+u+1), head, nil)
	case list:
		return load.NewRequest("GET", fmt.Sprintf("/todos?limit=%d", pageRows), head, nil)
	case count:
		return load.NewRequest("GET", "/todos/count", head, nil)
	case levels:
		return load.NewRequest("GET", fmt.Sprintf("/projects/%d", projectIndex(d.users, u, n)+1), head, nil)
	case hello, helloOne:
		return load.NewRequest("GET", "/hello?name=Ann", head, nil)
	case queries:
		return load.NewRequest("GET", fmt.Sprintf("/todos/%d/first", n*d.users+u+1), head, nil)
	case insert:
		return load.NewRequest("POST", "/todos", head, mustJSON(newTodo))
	default:
		return load.NewRequest("POST", "/todos/bulk", head, mustJSON(bulkBody()))
	}
}

func (d *handwrittenDialect) foreign() load.Request {
	return load.NewRequest("GET", "/todos/2", []string{d.auth[0]}, nil)
}

func (d *handwrittenDialect) counted(a *load.Answer) (int, error) {
	var v struct{ Count int }
	err := json.Unmarshal(a.Body, &v)
	return v.Count, err
}
