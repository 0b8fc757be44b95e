package fault

import (
	"net/http"
	"strconv"
	"strings"
)

// statusBySQLState holds whole codes; statusByClass the first two characters.
// Source: PostgREST documentation, "Errors", HTTP status codes.
var statusBySQLState = map[string]int{
	"21000": http.StatusBadRequest,
	"22023": http.StatusBadRequest,
	"23503": http.StatusConflict,
	"23505": http.StatusConflict,
	"25006": http.StatusMethodNotAllowed,
	"28P01": http.StatusForbidden,
	"42501": http.StatusForbidden,
	"42883": http.StatusNotFound,
	"42P01": http.StatusNotFound,
	"42P17": http.StatusInternalServerError,
	"53400": http.StatusInternalServerError,
	"57014": http.StatusInternalServerError,
	"57P01": http.StatusServiceUnavailable,
	"P0001": http.StatusBadRequest,
}

var statusByClass = map[string]int{
	"08": http.StatusServiceUnavailable,
	"09": http.StatusInternalServerError,
	"0L": http.StatusForbidden,
	"0P": http.StatusForbidden,
	"23": http.StatusBadRequest,
	"25": http.StatusInternalServerError,
	"28": http.StatusForbidden,
	"2D": http.StatusInternalServerError,
	"38": http.StatusInternalServerError,
	"39": http.StatusInternalServerError,
	"3B": http.StatusInternalServerError,
	"40": http.StatusInternalServerError,
	"53": http.StatusServiceUnavailable,
	"54": http.StatusInternalServerError,
	"55": http.StatusInternalServerError,
	"57": http.StatusInternalServerError,
	"58": http.StatusInternalServerError,
	"F0": http.StatusInternalServerError,
	"HV": http.StatusInternalServerError,
	"P0": http.StatusInternalServerError,
	"XX": http.StatusInternalServerError,
}

// Status returns the HTTP status of an error. authenticated tells whether the
// caller showed a key of a signed-in role: a missing privilege is 401 for the
// anonymous role and 403 for any other (PostgREST documentation, "Errors").
func Status(e *Error, authenticated bool) int {
	if e.HTTPStatus != 0 {
		return e.HTTPStatus
	}
	if e.Code == InsufficientPrivilege && !authenticated {
		return http.StatusUnauthorized
	}
	if s, ok := statusBySQLState[e.Code]; ok {
		return s
	}
	if digits, ok := strings.CutPrefix(e.Code, "PT"); ok { // raised as a status: PT402
		if n, err := strconv.Atoi(digits); err == nil && len(digits) == 3 && n >= 100 {
			return n
		}
		return http.StatusInternalServerError
	}
	if len(e.Code) == 5 && !strings.HasPrefix(e.Code, "PGRST") {
		if s, ok := statusByClass[e.Code[:2]]; ok {
			return s
		}
	}
	return http.StatusBadRequest
}

// WithStatus returns a copy with an HTTP status of its own.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.HTTPStatus = status
	return &c
}
