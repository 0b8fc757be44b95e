package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/galleyhq/galley/bench/load"
)

// entry is one kind of request.
type entry string

const (
	pointRead entry = "point read"
	list      entry = "list of 20"
	count     entry = "exact count"
	insert    entry = "insert"
	bulk      entry = "bulk insert of 1,000"
	levels    entry = "three levels"
	hello     entry = "hello function"
	helloOne  entry = "hello function, one processor"
	queries   entry = "function with two queries"
)

const (
	pageRows = 20
	bulkRows = 1000

	// A project of the three levels has tasks, and a task comments.
	projectsOfUser = 50
	tasksOfProject = 10
	commentsOfTask = 3
)

// entries in the order they are measured: what reads comes before the tables grow.
var entries = []entry{pointRead, list, count, levels, hello, helloOne, queries, insert, bulk}

// todo is a row as the benchmark writes it.
type todo struct {
	Owner string `json:"owner,omitempty"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

// texts of the rows below the projects, by their place in the whole table.
func taskName(i int) string    { return fmt.Sprintf("task %d", i) }
func commentBody(i int) string { return fmt.Sprintf("comment %d", i) }

// projectIndex is the place in the whole table of a user's n-th project, the same
// user's again after projectsOfUser.
func projectIndex(users, u, n int) int { return n%projectsOfUser*users + u }

func seedTitle(i int) string { return fmt.Sprintf("to-do number %d", i) }

func bulkBody() []todo {
	rows := make([]todo, bulkRows)
	for i := range rows {
		rows[i] = todo{Title: fmt.Sprintf("bulk to-do %d", i), Done: i%3 == 0}
	}
	return rows
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// dialect is how one server is started and spoken to.
type dialect interface {
	// start starts the server on s.addr with its data below dir.
	start(s *server, dir string, o options) error
	// load fills the table, unless start already did; the server answers.
	load(s *server, o options) error
	// request makes a request of user number u; n chooses among the user's rows. It
	// is empty when the server has no such entry.
	request(e entry, u, n int) load.Request
	// foreign makes a point read by user 0 of a row of user 1.
	foreign() load.Request
	// counted reads the answer to an exact count.
	counted(a *load.Answer) (int, error)
}

// texts lists what an answer holds under a key, however its rows are wrapped; the members
// of an object by their names.
func texts(body []byte, key string) ([]string, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("%w in %.200q", err, body)
	}
	return appendTexts(nil, key, v), nil
}

func appendTexts(out []string, key string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = appendTexts(out, key, e)
		}
	case map[string]any:
		if t, ok := v[key].(string); ok {
			return append(out, t)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = appendTexts(out, key, v[name])
		}
	}
	return out
}
