package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/galleyhq/galley/bench/load"
)

type pocketbaseDialect struct {
	binary string
	seeded struct {
		Users  []string
		Tokens []string
		IDs    [][]string
	}
}

func (d *pocketbaseDialect) start(s *server, dir string, o options) error {
	line, err := s.run("{", d.binary, filepath.Join(dir, "data"), s.addr, strconv.Itoa(o.rows), strconv.Itoa(o.users),
		strconv.Itoa(projectsOfUser), strconv.Itoa(tasksOfProject), strconv.Itoa(commentsOfTask))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(line), &d.seeded)
}

func (d *pocketbaseDialect) load(*server, options) error { return nil }

const records = "/api/collections/todos/records"

func (d *pocketbaseDialect) request(e entry, u, n int) load.Request {
	head := []string{"Authorization: " + d.seeded.Tokens[u]}
	switch e {
	case pointRead:
		return load.NewRequest("GET", records+"/"+d.seeded.IDs[u][n], head, nil)
	case list:
		return load.NewRequest("GET", records+"?perPage="+strconv.Itoa(pageRows)+"&skipTotal=1&sort=id", head, nil)
	case count:
		return load.NewRequest("GET", records+"?perPage=1&fields=id", head, nil)
	case hello, helloOne:
		return load.NewRequest("GET", "/hello?name=Ann", head, nil)
	case queries:
		return load.Request{}
	case insert:
		row := newTodo
		row.Owner = d.seeded.Users[u]
		return load.NewRequest("POST", records, head, mustJSON(row))
	case levels:
		return load.NewRequest("GET", fmt.Sprintf("/api/collections/projects/records/p%014d?expand=tasks_via_project.comments_via_task",
			projectIndex(len(d.seeded.Users), u, n)), head, nil)
	default:
		return load.NewRequest("POST", "/api/batch", head, d.batch(u))
	}
}

// batch is PocketBase's way to add many rows at once.
func (d *pocketbaseDialect) batch(u int) []byte {
	type request struct {
		Method string `json:"method"`
		URL    string `json:"url"`
		Body   todo   `json:"body"`
	}
	var requests []request
	for _, row := range bulkBody() {
		row.Owner = d.seeded.Users[u]
		requests = append(requests, request{"POST", records, row})
	}
	return mustJSON(map[string]any{"requests": requests})
}

func (d *pocketbaseDialect) foreign() load.Request {
	return load.NewRequest("GET", records+"/"+d.seeded.IDs[1][0], []string{"Authorization: " + d.seeded.Tokens[0]}, nil)
}

func (d *pocketbaseDialect) counted(a *load.Answer) (int, error) {
	var v struct{ TotalItems int }
	err := json.Unmarshal(a.Body, &v)
	return v.TotalItems, err
}
