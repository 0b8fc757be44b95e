package main

import (
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

// handler serves a caller whose token was verified.
type handler func(w http.ResponseWriter, r *http.Request, owner string) error

func routes(s *store, secret []byte) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			who := owner(r, secret)
			if who == "" {
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
	handle("GET /todos/count", s.serveCount)
	handle("POST /todos", s.serveInsert)
	handle("POST /todos/bulk", s.serveBulk)
	return mux
}

func (s *store) serveOne(w http.ResponseWriter, r *http.Request, owner string) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return sql.ErrNoRows
	}
	var t todo
	if err := s.get.QueryRow(id, owner).Scan(t.fields()...); err != nil {
		return err
	}
	return send(w, http.StatusOK, appendTodo(nil, &t))
}

func (s *store) serveList(w http.ResponseWriter, r *http.Request, owner string) error {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit > 1000 {
		limit = 1000
	}
	rows, err := s.list.Query(owner, limit)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := append(make([]byte, 0, 4096), '[')
	for rows.Next() {
		var t todo
		if err := rows.Scan(t.fields()...); err != nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = appendTodo(out, &t)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return send(w, http.StatusOK, append(out, ']'))
}

func (s *store) serveCount(w http.ResponseWriter, _ *http.Request, owner string) error {
	var n int64
	if err := s.count.QueryRow(owner).Scan(&n); err != nil {
		return err
	}
	return send(w, http.StatusOK, append(strconv.AppendInt([]byte(`{"count":`), n, 10), '}'))
}

type input struct {
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

func (s *store) serveInsert(w http.ResponseWriter, r *http.Request, owner string) error {
	var in input
	if !read(w, r, &in) {
		return nil
	}
	rows := []todo{newTodo(owner, in.Title, in.Done, time.Now())}
	if err := s.insert(rows); err != nil {
		return err
	}
	return send(w, http.StatusCreated, appendTodo(nil, &rows[0]))
}

func (s *store) serveBulk(w http.ResponseWriter, r *http.Request, owner string) error {
	var in []input
	if !read(w, r, &in) {
		return nil
	}
	now := time.Now()
	rows := make([]todo, len(in))
	for i, v := range in {
		rows[i] = newTodo(owner, v.Title, v.Done, now)
	}
	if err := s.insert(rows); err != nil {
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
