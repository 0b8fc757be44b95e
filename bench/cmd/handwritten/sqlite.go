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
CREATE INDEX todos_owner_id ON todos (owner, id);
CREATE TABLE projects (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE tasks (
	id INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL REFERENCES projects,
	owner TEXT NOT NULL,
	name TEXT NOT NULL,
	done INTEGER NOT NULL
) STRICT;
CREATE INDEX tasks_project_id ON tasks (project_id);
CREATE TABLE comments (
	id INTEGER PRIMARY KEY,
	task_id INTEGER NOT NULL REFERENCES tasks,
	owner TEXT NOT NULL,
	body TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT;
CREATE INDEX comments_task_id ON comments (task_id);`

// nested is a project with its tasks and their comments in one statement.
const nested = `
SELECT json_object('id', p.id, 'owner', p.owner, 'name', p.name, 'tasks', json((
	SELECT json_group_array(json_object('id', t.id, 'project_id', t.project_id, 'owner', t.owner, 'name', t.name,
		'done', json(iif(t.done, 'true', 'false')), 'comments', json((
			SELECT json_group_array(json_object('id', c.id, 'task_id', c.task_id, 'owner', c.owner, 'body', c.body, 'created', c.created))
			FROM comments c WHERE c.task_id = t.id AND c.owner = ?2))))
	FROM tasks t WHERE t.project_id = p.id AND t.owner = ?2)))
FROM projects p WHERE p.id = ?1 AND p.owner = ?2`

const maxGroup = 256

// sqlite is a database file: a pool of readers and one writer that commits in groups.
type sqlite struct {
	read                      *sql.DB
	write                     *sql.DB
	get, page, number, nested *sql.Stmt

	jobs chan *job
}

// job is a set of rows to insert in one transaction's group.
type job struct {
	rows []todo
	done chan error
}

func openSQLite(file string) (*sqlite, error) {
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
	s := &sqlite{read: read, write: write, jobs: make(chan *job, 1024)}
	var errs [4]error
	s.get, errs[0] = read.Prepare(`SELECT ` + columns + ` FROM todos WHERE id = ? AND owner = ?`)
	s.page, errs[1] = read.Prepare(`SELECT ` + columns + ` FROM todos WHERE owner = ? ORDER BY id LIMIT ?`)
	s.number, errs[2] = read.Prepare(`SELECT count(*) FROM todos WHERE owner = ?`)
	s.nested, errs[3] = read.Prepare(nested)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *sqlite) close() {
	close(s.jobs)
	_ = s.read.Close()
	_ = s.write.Close()
}

func (s *sqlite) one(ctx context.Context, c caller, id int64) (t todo, err error) {
	return t, s.get.QueryRowContext(ctx, id, c.id).Scan(t.fields()...)
}

func (s *sqlite) list(ctx context.Context, c caller, limit int) ([]todo, error) {
	rows, err := s.page.QueryContext(ctx, c.id, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []todo
	for rows.Next() {
		var t todo
		if err := rows.Scan(t.fields()...); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func (s *sqlite) count(ctx context.Context, c caller) (n int64, err error) {
	return n, s.number.QueryRowContext(ctx, c.id).Scan(&n)
}

func (s *sqlite) project(ctx context.Context, c caller, id int64) (body []byte, err error) {
	return body, s.nested.QueryRowContext(ctx, id, c.id).Scan(&body)
}

// insert adds rows in one transaction and sets their ids once they are durable.
func (s *sqlite) insert(_ context.Context, _ caller, rows []todo) error {
	j := &job{rows: rows, done: make(chan error, 1)}
	s.jobs <- j
	return <-j.done
}

func (s *sqlite) startWriter() error {
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
func (s *sqlite) gather(first *job) []*job {
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

// load fills the tables and starts the writer.
func (s *sqlite) load(n amounts, users []string) error {
	rows := make([]todo, n.rows)
	now := time.Now()
	for i := range rows {
		rows[i] = newTodo(users[i%len(users)], fmt.Sprintf("to-do number %d", i), i%3 == 0, now)
	}
	if err := s.loadProjects(n, users, now.UTC().Format(time.RFC3339Nano)); err != nil {
		return err
	}
	if err := s.startWriter(); err != nil {
		return err
	}
	return s.insert(context.Background(), caller{}, rows)
}

func (s *sqlite) loadProjects(n amounts, users []string, now string) error {
	tx, err := s.write.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for p := range n.projects * len(users) {
		owner := users[p%len(users)]
		_, err := tx.Exec(`INSERT INTO projects VALUES (?, ?, ?)`, p+1, owner, fmt.Sprintf("project %d", p))
		for t := p * n.tasks; t < (p+1)*n.tasks && err == nil; t++ {
			_, err = tx.Exec(`INSERT INTO tasks VALUES (?, ?, ?, ?, 0)`, t+1, p+1, owner, fmt.Sprintf("task %d", t))
			for c := t * n.comments; c < (t+1)*n.comments && err == nil; c++ {
				_, err = tx.Exec(`INSERT INTO comments VALUES (?, ?, ?, ?, ?)`, c+1, t+1, owner, fmt.Sprintf("comment %d", c), now)
			}
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
