package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"time"
)

const maxBody = 4 << 20

// caller is who a verified token names.
type caller struct{ id, claims string }

// store is a database. Its methods answer only with the caller's own rows, and with
// sql.ErrNoRows where there is none.
type store interface {
	one(ctx context.Context, c caller, id int64) (todo, error)
	list(ctx context.Context, c caller, limit int) ([]todo, error)
	count(ctx context.Context, c caller) (int64, error)
	// project returns a project with its tasks and their comments, as JSON.
	project(ctx context.Context, c caller, id int64) ([]byte, error)
	// insert adds rows and completes them once they are durable.
	insert(ctx context.Context, c caller, rows []todo) error
	close()
}

// routed serves a store.
type routed struct{ store }

// handler serves a caller whose token was verified.
type handler func(w http.ResponseWriter, r *http.Request, c caller) error

func routes(store store, secret []byte) http.Handler {
	s := routed{store}
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			who := owner(r, secret)
			if who.id == "" {
				http.Error(w, "invalid token", http.StatusUnauthorized)
				return
			}
			err := h(w, r, who)
			if errors.Is(err, sql.ErrNoRows) {
				http.Error(w, "not found", http.StatusNotFound)
			} else if err != nil {
				log.Print(err)
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		})
	}
	handle("GET /todos/{id}", s.serveOne)
	handle("GET /todos", s.serveList)
	handle("GET /todos/{id}/first", s.serveTwo)
	handle("GET /hello", serveHello)
	handle("GET /todos/count", s.serveCount)
	handle("GET /projects/{id}", s.serveProject)
	handle("POST /todos", s.serveInsert)
	handle("POST /todos/bulk", s.serveBulk)
	return mux
}

func (s routed) serveOne(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return sql.ErrNoRows
	}
	t, err := s.one(r.Context(), c, id)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, appendTodo(nil, &t))
}

// serveTwo is what a function with two queries answers.
func (s routed) serveTwo(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return sql.ErrNoRows
	}
	t, err := s.one(r.Context(), c, id)
	if err != nil {
		return err
	}
	rows, err := s.list(r.Context(), c, 20)
	if err != nil {
		return err
	}
	out := append(appendTodo([]byte(`{"one":`), &t), `,"first":`...)
	return send(w, http.StatusOK, append(appendTodos(out, rows), '}'))
}

func serveHello(w http.ResponseWriter, r *http.Request, _ caller) error {
	out := append([]byte(`{"message":`), appendString(nil, "Hello "+r.URL.Query().Get("name")+"!")...)
	return send(w, http.StatusOK, append(out, '}'))
}

func (s routed) serveProject(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return sql.ErrNoRows
	}
	body, err := s.project(r.Context(), c, id)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, body)
}

func (s routed) serveList(w http.ResponseWriter, r *http.Request, c caller) error {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit > 1000 {
		limit = 1000
	}
	rows, err := s.list(r.Context(), c, limit)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, appendTodos(make([]byte, 0, 4096), rows))
}

func appendTodos(out []byte, rows []todo) []byte {
	out = append(out, '[')
	for i := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendTodo(out, &rows[i])
	}
	return append(out, ']')
}

func (s routed) serveCount(w http.ResponseWriter, r *http.Request, c caller) error {
	n, err := s.count(r.Context(), c)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, append(strconv.AppendInt([]byte(`{"count":`), n, 10), '}'))
}

type input struct {
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

func (s routed) serveInsert(w http.ResponseWriter, r *http.Request, c caller) error {
	var in input
	if !read(w, r, &in) {
		return nil
	}
	rows := []todo{newTodo(c.id, in.Title, in.Done, time.Now())}
	if err := s.insert(r.Context(), c, rows); err != nil {
		return err
	}
	return send(w, http.StatusCreated, appendTodo(nil, &rows[0]))
}

func (s routed) serveBulk(w http.ResponseWriter, r *http.Request, c caller) error {
	var in []input
	if !read(w, r, &in) {
		return nil
	}
	now := time.Now()
	rows := make([]todo, len(in))
	for i, v := range in {
		rows[i] = newTodo(c.id, v.Title, v.Done, now)
	}
	if err := s.insert(r.Context(), c, rows); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

// read decodes the body, or answers the request itself and returns false.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		http.Error(w, "invalid body", http.StatusBadRequest)
	}
	return err == nil
}

func send(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

func appendTodo(b []byte, t *todo) []byte {
	b = strconv.AppendInt(append(b, `{"id":`...), t.id, 10)
	b = appendString(append(b, `,"owner":`...), t.owner)
	b = appendString(append(b, `,"title":`...), t.title)
	b = strconv.AppendBool(append(b, `,"done":`...), t.done)
	b = strconv.AppendFloat(append(b, `,"price":`...), t.price, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, `,"weight":`...), t.weight, 'f', -1, 64)
	b = appendString(append(b, `,"due":`...), t.due)
	b = append(append(b, `,"labels":`...), t.labels...)
	b = appendString(append(b, `,"created":`...), t.created)
	return append(b, '}')
}

// appendString quotes by hand what needs no escape, which is nearly everything.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				quoted = []byte(`""`)
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
