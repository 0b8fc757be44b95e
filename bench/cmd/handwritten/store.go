package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"time"

	_ "modernc.org/sqlite"
)

const schema = `
CREATE TABLE todos (
	id INTEGER PRIMARY KEY,
	owner TEXT NOT NULL,
	title TEXT NOT NULL,
	done INTEGER NOT NULL DEFAULT 0,
	price REAL NOT NULL,
	weight REAL NOT NULL,
	due TEXT NOT NULL,
	labels TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT;
CREATE INDEX todos_owner_id ON todos (owner, id);`

const columns = `id, owner, title, done, price, weight, due, labels, created`

const maxGroup = 256

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

// store is the database: a pool of readers and one writer that commits in groups.
type store struct {
	read  *sql.DB
	write *sql.DB
	get   *sql.Stmt
	list  *sql.Stmt
	count *sql.Stmt
	jobs  chan *job
}

// job is a set of rows to insert in one transaction's group.
type job struct {
	rows []todo
	done chan error
}

func openStore(file string) (*store, error) {
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	write, err := sql.Open("sqlite", "file:"+file+pragmas)
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if _, err := write.Exec(schema); err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", "file:"+file+pragmas+"&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	n := 2 * runtime.GOMAXPROCS(0)
	read.SetMaxOpenConns(n)
	read.SetMaxIdleConns(n)
	s := &store{read: read, write: write, jobs: make(chan *job, 1024)}
	var errs [3]error
	s.get, errs[0] = read.Prepare(`SELECT ` + columns + ` FROM todos WHERE id = ? AND owner = ?`)
	s.list, errs[1] = read.Prepare(`SELECT ` + columns + ` FROM todos WHERE owner = ? ORDER BY id LIMIT ?`)
	s.count, errs[2] = read.Prepare(`SELECT count(*) FROM todos WHERE owner = ?`)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return s, s.startWriter()
}

func (s *store) close() {
	close(s.jobs)
	_ = s.read.Close()
	_ = s.write.Close()
}

// insert adds rows in one transaction and sets their ids once they are durable.
func (s *store) insert(rows []todo) error {
	j := &job{rows: rows, done: make(chan error, 1)}
	s.jobs <- j
	return <-j.done
}

func (s *store) startWriter() error {
	ctx := context.Background()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	insert, err := conn.PrepareContext(ctx, `INSERT INTO todos (owner, title, done, price, weight, due, labels, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	go func() {
		defer conn.Close()
		for first := range s.jobs {
			commitGroup(ctx, conn, insert, s.gather(first))
		}
	}()
	return nil
}

// gather takes whatever waits beside the first job.
func (s *store) gather(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j, ok := <-s.jobs:
			if !ok {
				return group
			}
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commitGroup runs the group in one SQLite transaction. If anything fails, all of
// the group fails: nothing here can but the disk.
func commitGroup(ctx context.Context, conn *sql.Conn, insert *sql.Stmt, group []*job) {
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	for _, j := range group {
		for i := range j.rows {
			if err == nil {
				err = insertRow(insert, &j.rows[i])
			}
		}
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, rollback := conn.ExecContext(ctx, "ROLLBACK")
		err = errors.Join(err, rollback)
	}
	for _, j := range group {
		j.done <- err
	}
}

func insertRow(insert *sql.Stmt, t *todo) error {
	result, err := insert.Exec(t.owner, t.title, t.done, t.price, t.weight, t.due, t.labels, t.created)
	if err != nil {
		return err
	}
	t.id, err = result.LastInsertId()
	return err
}

func (s *store) load(n int, users []string) error {
	rows := make([]todo, n)
	now := time.Now()
	for i := range rows {
		rows[i] = newTodo(users[i%len(users)], fmt.Sprintf("to-do number %d", i), i%3 == 0, now)
	}
	return s.insert(rows)
}
