package resource

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// problem is the body of an error (RFC 9457). Code, Details and Hint are the
// members of every error of Galley's.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	Code     string `json:"code"`
	Details  string `json:"details,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// writeProblem writes an error with the status that it means. The cause of an
// internal one goes to the log only.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	status := fault.Status(f, httpapi.IdentityFrom(r.Context()).Authenticated)
	httpapi.Note(r.Context(), err)
	body, marshalErr := json.Marshal(problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: f.Message,
		Instance: r.URL.Path, Code: f.Code, Details: f.Detail, Hint: f.Hint})
	if marshalErr != nil {
		status, body = http.StatusInternalServerError, []byte(`{"type":"about:blank","title":"Internal Server Error","status":500}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that left is no error
	}
}
