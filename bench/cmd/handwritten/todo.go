package main

import "time"

const columns = `id, owner, title, done, price, weight, due, labels, created`

type todo struct {
	id      int64
	owner   string
	title   string
	done    bool
	price   float64
	weight  float64
	due     string
	labels  string // JSON
	created string
}

// newTodo is a row with what a caller does not say.
func newTodo(owner, title string, done bool, now time.Time) todo {
	return todo{owner: owner, title: title, done: done, price: 9.90, weight: 1.25, due: "2026-12-24",
		labels: `["home", "garden"]`, created: now.UTC().Format(time.RFC3339Nano)}
}

// fields are where a row of the columns is read to.
func (t *todo) fields() []any {
	return []any{&t.id, &t.owner, &t.title, &t.done, &t.price, &t.weight, &t.due, &t.labels, &t.created}
}

// amounts say how much to load: projects for each user, tasks for each project,
// comments for each task.
type amounts struct{ rows, projects, tasks, comments int }
