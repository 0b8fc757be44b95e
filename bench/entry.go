package main

import (
	"encoding/json"
	"fmt"

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
)

const (
	pageRows = 20
	bulkRows = 1000
)

// entries in the order they are measured: what reads comes before the tables grow.
var entries = []entry{pointRead, list, count, insert, bulk}

// todo is a row as the benchmark writes it.
type todo struct {
	Owner string `json:"owner,omitempty"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

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
	// request makes a request of user number u; n chooses among the user's rows.
	request(e entry, u, n int) load.Request
	// foreign makes a point read by user 0 of a row of user 1.
	foreign() load.Request
	// counted reads the answer to an exact count.
	counted(a *load.Answer) (int, error)
}

// titles lists the titles of all rows in an answer, however they are wrapped.
func titles(body []byte) ([]string, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("%w in %.200q", err, body)
	}
	return appendTitles(nil, v), nil
}

func appendTitles(out []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = appendTitles(out, e)
		}
	case map[string]any:
		if t, ok := v["title"].(string); ok {
			return append(out, t)
		}
		for _, e := range v {
			out = appendTitles(out, e)
		}
	}
	return out
}
