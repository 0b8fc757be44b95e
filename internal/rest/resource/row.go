package resource

import (
	"crypto/md5" //nolint:gosec // an entity tag tells versions apart, and proves nothing
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// hash is what tells the versions of a row apart: the MD5 of its JSON, which the
// database can compare in the statement that changes it.
func hash(row []byte) string {
	sum := md5.Sum(row)
	return hex.EncodeToString(sum[:])
}

func setETag(w http.ResponseWriter, row []byte) { w.Header().Set("ETag", `"`+hash(row)+`"`) }

// tags are the entity tags of a condition header, without quotes (RFC 9110,
// section 13.1). any tells that it is *.
func tags(header string) (list []string, anyTag bool) {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		if item == "*" {
			return nil, true
		}
		if item != "" {
			list = append(list, strings.Trim(strings.TrimPrefix(item, "W/"), `"`))
		}
	}
	return list, false
}

func (a *api) get(w http.ResponseWriter, q *request) error {
	row, err := a.read(q)
	if err != nil {
		return err
	}
	setETag(w, row)
	if list, anyTag := tags(q.Header.Get("If-None-Match")); anyTag || contains(list, hash(row)) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return send(w, q, http.StatusOK, row)
}

func contains(list []string, tag string) bool {
	for _, t := range list {
		if t == tag {
			return true
		}
	}
	return false
}

// read returns a row as JSON.
func (a *api) read(q *request) ([]byte, error) {
	shape := query.AppendName(strconv.AppendUint([]byte{'R'}, q.snap.Version, 36), q.rel.Name.Name)
	plan, ok := a.plans.Get(shape)
	if !ok {
		var err error
		plan, err = query.CompileRead(q.snap, &query.Read{Node: query.Node{Schema: q.rel.Schema, Name: q.rel.Name.Name, Where: q.byKey()}})
		if err != nil {
			return nil, err
		}
		a.plans.Put(shape, plan)
	}
	args, err := plan.Bind(query.Values(nil, q.byKey()))
	if err != nil {
		return nil, err
	}
	rows, err := a.DB.Query(q.Context(), q.session, database.Statement{SQL: plan.SQL, Args: args, ReadOnly: true})
	return one(q, rows, err)
}

// one returns the only column of the only row.
func one(q *request, rows database.Rows, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var row []byte
	for rows.Next() {
		row = append(row[:0], rows.Value(0)...)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if row == nil {
		return nil, rowNotFound(q)
	}
	return row, nil
}

func send(w http.ResponseWriter, q *request, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if q.Method == http.MethodHead {
		return nil
	}
	if _, err := w.Write(body); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	return nil
}

// preconditionFailed is the error for a row that is not as the request expects.
func preconditionFailed(message string) error {
	return fault.New("PGRST412", "%s", message).
		WithHint("Read the row again, and repeat the request with its present ETag.").WithStatus(http.StatusPreconditionFailed)
}
