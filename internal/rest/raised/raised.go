// Package raised holds what functions in the database say about a response: errors
// they raise for it, and the parameters response.headers and response.status.
//
//	status, err := raised.Response(w.Header(), said, http.StatusOK)
package raised

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Error makes the response that a function describes by RAISE SQLSTATE 'PGRST': its
// message and detail are JSON (PostgREST documentation, "Raise errors with HTTP Status
// Codes").
func Error(h http.Header, f *fault.Error) *fault.Error {
	if f.Code != "PGRST" {
		return f
	}
	var message struct {
		Code, Message, Details, Hint *string
	}
	if json.Unmarshal([]byte(f.Message), &message) != nil || message.Code == nil || message.Message == nil {
		return badRaise("Invalid JSON value for MESSAGE: '"+f.Message+"'",
			"MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.")
	}
	const form = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	if f.Detail == "" {
		return badRaise("DETAIL is missing in the RAISE statement", form)
	}
	var detail struct {
		Status  *int
		Headers map[string]string
	}
	if json.Unmarshal([]byte(f.Detail), &detail) != nil || detail.Status == nil || detail.Headers == nil || !isStatus(*detail.Status) {
		return badRaise("Invalid JSON value for DETAIL: '"+f.Detail+"'", form)
	}
	for name, value := range detail.Headers {
		h.Set(name, value)
	}
	out := fault.New(*message.Code, "%s", *message.Message).WithStatus(*detail.Status)
	if message.Details != nil {
		out.Detail = *message.Details
	}
	if message.Hint != nil {
		out.Hint = *message.Hint
	}
	return out
}

func badRaise(detail, hint string) *fault.Error {
	return fault.New("PGRST121", `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`).
		WithDetail("%s", detail).WithHint("%s", hint).WithStatus(http.StatusInternalServerError)
}

// isStatus tells whether a final response can have a status.
func isStatus(n int) bool { return n >= 200 && n <= 999 }

// Response puts into a response what functions said about it: headers take the place
// of those there are, and a status that of the one given. Sources:
// PostgREST documentation, "Response Headers" and "Response Status".
func Response(h http.Header, said *database.Response, status int) (int, error) {
	if said == nil {
		return status, nil
	}
	if said.Headers != "" {
		if err := overrideHeaders(h, said.Headers); err != nil {
			return status, err
		}
	}
	if said.Status == "" {
		return status, nil
	}
	n, err := strconv.Atoi(said.Status)
	if err != nil || !isStatus(n) {
		return status, fault.New("PGRST112", "response.status guc must be a valid status code").WithStatus(http.StatusInternalServerError)
	}
	return n, nil
}

func overrideHeaders(h http.Header, text string) error {
	bad := fault.New("PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value").
		WithStatus(http.StatusInternalServerError)
	var list []map[string]string
	if json.Unmarshal([]byte(text), &list) != nil {
		return bad
	}
	replaced := map[string]bool{}
	for _, one := range list {
		if len(one) != 1 {
			return bad
		}
		for name, value := range one {
			if name = http.CanonicalHeaderKey(name); !replaced[name] {
				h.Del(name)
				replaced[name] = true
			}
			if strings.ContainsAny(value, "\r\n") || name == "" {
				return bad
			}
			h.Add(name, value)
		}
	}
	return nil
}
