package transport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/mail/message"
)

// callTime bounds one call of a provider, maxAnswer what is read of its answer.
const (
	callTime  = 30 * time.Second
	maxAnswer = 64 << 10
)

// API calls the HTTP interface of a provider.
type API struct {
	Client  *http.Client
	Secrets []string // that no error may show
}

// Answer is what a provider said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Post sends a request and returns the answer to it. A redirect is not followed,
// so that no key goes to anybody else. Every error is a *Failure.
func (a API) Post(ctx context.Context, url string, header map[string]string, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, &Failure{Permanent: true, Reason: "the provider's URL cannot be called"}
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	client := *cmp.Or(a.Client, http.DefaultClient)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, &Failure{Reason: hide(err.Error(), a.Secrets...)}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, &Failure{Reason: hide(err.Error(), a.Secrets...)}
	}
	out := Answer{Status: resp.StatusCode, Header: resp.Header, Body: raw}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return out, a.refused(out)
	}
	return out, nil
}

// PostJSON is Post with a value as JSON.
func (a API) PostJSON(ctx context.Context, url string, header map[string]string, v any) (Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{}, &Failure{Permanent: true, Reason: "the message has no JSON"}
	}
	header["Content-Type"], header["Accept"] = "application/json", "application/json"
	return a.Post(ctx, url, header, body)
}

// refused says what a status means. A key that is refused may be put right, and a
// service that is out of money or overloaded may come back; only what is wrong
// with the message itself stays wrong.
func (a API) refused(said Answer) *Failure {
	f := &Failure{Reason: hide(strconv.Itoa(said.Status)+" "+string(said.Body), a.Secrets...)}
	switch said.Status {
	case 400, 404, 405, 406, 410, 411, 413, 414, 415, 422:
		f.Permanent = true
	}
	f.RetryAfter = retryAfter(said.Header.Get("Retry-After"), time.Now())
	return f
}

// retryAfter reads the header of this name (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(n, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// visible is a mail as these interfaces take it: each recipient once, and one in
// To. They have no blind copies alone.
func visible(m *message.Message) (*message.Message, error) {
	out := *m
	seen := map[string]bool{}
	once := func(list []message.Address) (kept []message.Address) {
		for _, a := range list {
			if !seen[a.Key()] {
				seen[a.Key()] = true
				kept = append(kept, a)
			}
		}
		return kept
	}
	out.To, out.Cc, out.Bcc = once(m.To), once(m.Cc), once(m.Bcc)
	if len(out.To) == 0 {
		out.To, out.Cc = out.Cc, nil
	}
	if len(out.To) == 0 && len(out.Bcc) == 1 {
		out.To, out.Bcc = out.Bcc, nil
	}
	if len(out.To) == 0 {
		return nil, &Failure{Permanent: true, Reason: "this provider takes no mail that has blind copies only"}
	}
	return &out, nil
}

// written are addresses as they stand in headers.
func written(list []message.Address) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func joined(list []message.Address) string { return strings.Join(written(list), ", ") }

func headerMap(list []message.Header) map[string]string {
	out := map[string]string{}
	for _, h := range list {
		out[h.Name] = h.Value
	}
	return out
}

// readID reads the provider's name for a mail out of its answer. A mail that was
// taken is sent, even if nobody can tell its name.
func readID(said Answer, field string) string {
	var fields map[string]any
	if json.Unmarshal(said.Body, &fields) != nil {
		return ""
	}
	id, _ := fields[field].(string)
	return id
}

// failure is err as a *Failure.
func failure(err error) (*Failure, bool) { return errors.AsType[*Failure](err) }
