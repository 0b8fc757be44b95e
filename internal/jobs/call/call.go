// Package call does the jobs that call an address by HTTP, kind "http", and holds
// the functions of schema net that enqueue them from SQL as pg_net's do
// (https://github.com/supabase/pg_net).
//
//	handlers[call.Kind] = call.Handler(guard, call.Secrets(db))
//
// Addresses come from users, so every call goes through outgoing.Guard.
package call

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/outgoing"
)

// Kind is the kind of the jobs that Handler does.
const Kind = "http"

// maxBody is how many bytes of a response are kept with the job.
const maxBody = 256 << 10

// payload is what a job of kind "http" is to do.
type payload struct {
	Method  string            `json:"method"` // GET by default, POST with a body
	URL     string            `json:"url"`
	Params  json.RawMessage   `json:"params"` // an object, added to the URL's query
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"` // a string is sent as it is, all else as JSON
	// Timeout is of one attempt, in milliseconds; the guard's is the most.
	Timeout int64  `json:"timeout_milliseconds"`
	Secret  string `json:"secret"` // the name of what the call is signed with
}

// result is what is kept of the answer.
type result struct {
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers"` // by names in lower case
	Body      *string           `json:"body,omitempty"`
	Base64    *string           `json:"body_base64,omitempty"` // of a body that is no text
	Truncated bool              `json:"truncated,omitempty"`
}

// Handler does jobs of kind "http". An answer of 2xx or 3xx completes the job; 429
// and 5xx have it tried again, when Retry-After says if it does; any other ends
// it for good. secret finds what a call is signed with.
func Handler(guard *outgoing.Guard, secret func(ctx context.Context, name string) (string, error)) jobs.Handler {
	return func(ctx context.Context, j *jobs.Job) error {
		var p payload
		if err := json.Unmarshal(j.Payload, &p); err != nil {
			return jobs.Discard(fmt.Errorf("the payload of a job of kind http: %w", err))
		}
		r, err := p.request()
		if err != nil {
			return jobs.Discard(err)
		}
		if p.Secret != "" {
			value, err := secret(ctx, p.Secret)
			if err != nil {
				return err
			}
			if err := sign(r.Header, value, "job_"+strconv.FormatInt(j.ID, 10), time.Now(), r.Body); err != nil {
				return jobs.Discard(fmt.Errorf("the secret %q: %w", p.Secret, err))
			}
		}
		resp, err := guard.Do(ctx, r)
		if err != nil {
			return failure(err, r.Timeout)
		}
		if err := keep(j, resp); err != nil {
			return err
		}
		return verdict(resp)
	}
}

// failure is the error of a call that got no answer.
func failure(err error, timeout time.Duration) error {
	if _, refused := errors.AsType[*outgoing.Refused](err); refused {
		return jobs.Discard(err)
	}
	if errors.Is(err, context.DeadlineExceeded) && timeout > 0 {
		//lint:ignore ST1005 pg_net's words
		return fmt.Errorf("Timeout of %d ms reached", timeout.Milliseconds())
	}
	return err
}

// verdict decides by the answer what becomes of the job.
func verdict(r *outgoing.Response) error {
	err := fmt.Errorf("the answer was %d %s", r.Status, http.StatusText(r.Status))
	switch {
	case r.Status < 400:
		return nil
	case r.Status != http.StatusTooManyRequests && r.Status < 500:
		return jobs.Discard(err)
	}
	if wait, ok := retryAfter(r.Header, time.Now()); ok {
		return jobs.RetryIn(wait, err)
	}
	return err
}

// maxWait bounds what Retry-After may ask for.
const maxWait = 24 * time.Hour

// retryAfter reads how long to wait (RFC 9110, 10.2.3): seconds, or a time by the
// clock of the server, which says in Date what it shows.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil { // more digits than an integer has
			return maxWait, true
		}
		return min(time.Duration(n)*time.Second, maxWait), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxWait), true
}

// keep has the answer kept with the job, whatever becomes of it.
func keep(j *jobs.Job, r *outgoing.Response) error {
	out := result{Status: r.Status, Headers: map[string]string{}, Truncated: r.Truncated}
	for name, values := range r.Header {
		out.Headers[strings.ToLower(name)] = strings.Map(printable, strings.ToValidUTF8(strings.Join(values, ", "), "�"))
	}
	body := r.Body
	if r.Truncated { // not within a character
		for i := 1; i < utf8.UTFMax && i <= len(body); i++ {
			if c := body[len(body)-i]; utf8.RuneStart(c) {
				if !utf8.FullRune(body[len(body)-i:]) {
					body = body[:len(body)-i]
				}
				break
			}
		}
	}
	if utf8.Valid(body) && bytes.IndexByte(body, 0) < 0 {
		text := string(body)
		out.Body = &text
		if j.SetResult(out) == nil {
			return nil
		}
	}
	text := base64.StdEncoding.EncodeToString(r.Body) // no text, or one whose JSON is too long
	out.Body, out.Base64 = nil, &text
	return j.SetResult(out)
}

func printable(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

// request is the call that a payload describes.
func (p *payload) request() (outgoing.Request, error) {
	r := outgoing.Request{Method: p.Method, URL: p.URL, Header: http.Header{}, MaxBody: maxBody,
		Timeout: time.Duration(min(max(p.Timeout, 0), maxWait.Milliseconds())) * time.Millisecond}
	for name, value := range p.Headers {
		r.Header.Set(name, value)
	}
	isJSON, err := p.body(&r)
	if err != nil {
		return r, err
	}
	if r.Body != nil && r.Method == "" {
		r.Method = http.MethodPost
	}
	if isJSON && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	query, err := encode(p.Params)
	if err != nil || query == "" {
		return r, err
	}
	r.URL, err = withQuery(p.URL, query)
	return r, err
}

func (p *payload) body(r *outgoing.Request) (isJSON bool, err error) {
	switch {
	case len(p.Body) == 0, string(p.Body) == "null":
		return false, nil
	case p.Body[0] == '"':
		var text string
		err = json.Unmarshal(p.Body, &text)
		r.Body = []byte(text)
		return false, err
	}
	r.Body = p.Body
	return true, nil
}

func withQuery(raw, query string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("the URL cannot be read")
	}
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String(), nil
}

// encode is the parameters of a query, in the order they stand in. A value that is
// no string goes as its JSON, null as nothing.
func encode(params json.RawMessage) (string, error) {
	if len(params) == 0 || string(params) == "null" {
		return "", nil
	}
	d := json.NewDecoder(bytes.NewReader(params))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", errors.New("the parameters of a call are not an object")
	}
	var out []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return "", err
		}
		text := string(value)
		switch {
		case text == "null":
			text = ""
		case text[0] == '"':
			if err := json.Unmarshal(value, &text); err != nil {
				return "", err
			}
		}
		out = append(out, escape(name.(string))+"="+escape(text))
	}
	return strings.Join(out, "&"), nil
}

// escape is the percent-encoding of RFC 3986: a space is %20, not +.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
