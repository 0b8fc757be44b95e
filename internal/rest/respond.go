package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/rest/raised"
)

// setCommon sets what every answer of a request has. returned is what became of
// the return preference.
func (q *request) setCommon(a *api, h http.Header, returned string) {
	if q.profile {
		h.Set("Content-Profile", q.schema)
	}
	if applied := q.applied(a, returned); applied != "" {
		h.Set("Preference-Applied", applied)
	}
}

// applied lists the preferences that were honoured (RFC 7240, section 3), in
// PostgREST's order.
func (q *request) applied(a *api, returned string) string {
	p := &q.prefer
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+"="+value)
		}
	}
	if returned != "" {
		if q.resolved {
			add("resolution", p.Resolution)
		}
		if q.merged {
			add("patch", p.Patch)
		}
		add("missing", p.Missing)
		add("return", p.Return)
	}
	add("count", p.Count)
	if a.mayOverrideTx() {
		add("tx", p.Tx)
	}
	add("handling", p.Handling)
	add("timezone", p.Timezone)
	if returned != "" && p.MaxAffected >= 0 && p.Handling == "strict" {
		add("max-affected", strconv.FormatInt(p.MaxAffected, 10))
	}
	return strings.Join(out, ", ")
}

// contentRange is "first-last/total", with * for what is empty or unknown.
func contentRange(first, n, total int64) string {
	b := make([]byte, 0, 24)
	if n > 0 && total != 0 {
		b = strconv.AppendInt(b, first, 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, first+n-1, 10)
	} else {
		b = append(b, '*')
	}
	b = append(b, '/')
	if total == unknown {
		return string(append(b, '*'))
	}
	return string(strconv.AppendInt(b, total, 10))
}

// send writes a whole response.
func (q *request) send(w http.ResponseWriter, status int, contentType string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	status, err := raised.Response(h, q.said, status)
	if err != nil {
		return err
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	return nil
}

func escapePath(name string) string { return url.PathEscape(name) }
