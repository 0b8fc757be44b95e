package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/outgoing"
)

// answered is a response as the script of fetch takes it.
type answered struct {
	Status     int         `json:"status"`
	StatusText string      `json:"statusText"`
	Headers    [][2]string `json:"headers"`
	URL        string      `json:"url"`
	Redirected bool        `json:"redirected"`
	Handle     *float64    `json:"handle"` // of the body; null without one
}

// fetch is fetch(method, url, headers, body, redirect, id, upload): headers a list of
// pairs as JSON, body bytes or null, id a number of the script's to abort it by, upload
// the handle of a body that is written meanwhile, or null.
func (s *Services) fetch(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	c, err := reaching(ctx, "fetch")
	if err != nil {
		return nil, err
	}
	if err := c.spend(); err != nil {
		return nil, err
	}
	request, err := fetched(a)
	if err != nil {
		return nil, err
	}
	if a.At(6) != nil {
		u, err := uploadOf(ctx, args[6:])
		if err != nil {
			return nil, err
		}
		request.Body = u
	}
	guard, err := s.guardOf(request.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(&c.ctx) // the body may be read as long as the call is there
	forget := c.abortable(a.Number(5), cancel)
	head := time.AfterFunc(s.patience(), cancel)
	if u, ok := request.Body.(*upload); ok {
		u.watch(func() { head.Reset(s.patience()) }) // nobody waits as long as pieces are taken
		defer u.watch(nil)
	}
	resp, err := guard.Open(ctx, request)
	late := !head.Stop()
	forget()
	if err != nil {
		cancel()
		if u, ok := request.Body.(*upload); ok {
			_ = u.Close() // what was refused has not begun to take it
		}
		if late {
			err = fault.New(fault.QueryCanceled, "no answer within %s", s.patience()).WithHint("outgoing.timeout bounds it.")
		}
		return nil, outgoingError(ctx, err)
	}
	return c.answer(resp, cancel)
}

// patience is how long the head of a response may take.
func (s *Services) patience() time.Duration {
	if t := s.config.Guard.Timeout; t > 0 {
		return t
	}
	return 30 * time.Second
}

// abortable lets fetch.abort end a call until forget.
func (c *call) abortable(id float64, cancel context.CancelFunc) (forget func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.aborts == nil {
		c.aborts = map[float64]context.CancelFunc{}
	}
	c.aborts[id] = cancel
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.aborts, id)
	}
}

func (c *call) answer(resp *http.Response, cancel context.CancelFunc) (engine.Value, error) {
	out := answered{Status: resp.StatusCode, Headers: [][2]string{}, Redirected: resp.Request.Response != nil}
	_, out.StatusText, _ = strings.Cut(resp.Status, " ")
	u := *resp.Request.URL
	u.User = nil
	out.URL = u.String()
	for name, values := range resp.Header {
		for _, v := range values {
			out.Headers = append(out.Headers, [2]string{strings.ToLower(name), strings.ToValidUTF8(v, "\ufffd")})
		}
	}
	if resp.Body == http.NoBody || resp.Request.Method == http.MethodHead || bodiless(resp.StatusCode) {
		_ = resp.Body.Close()
		cancel()
		return toJSON(out)
	}
	n, err := c.keep(&handle{reader: resp.Body, cancel: cancel})
	if err != nil {
		return nil, err
	}
	out.Handle = &n
	return toJSON(out)
}

// bodiless tells whether responses of a status have no body (Fetch standard, "null
// body status").
func bodiless(status int) bool {
	return status == 101 || status == 103 || status == 204 || status == 205 || status == 304
}

// userAgent is said unless the function says another.
const userAgent = "Galley"

// fetched reads the request of a fetch. Headers that belong to the connection are
// left out, as browsers do (Fetch standard, "forbidden request-header").
func fetched(a engine.Args) (outgoing.Streamed, error) {
	out := outgoing.Streamed{Method: a.Text(0), URL: a.Text(1), Header: http.Header{"User-Agent": {userAgent}}, Redirect: a.Text(4)}
	if i := strings.IndexByte(out.URL, '#'); i >= 0 {
		out.URL = out.URL[:i]
	}
	var pairs [][2]string
	if text := a.Text(2); text != "" {
		if err := json.Unmarshal([]byte(text), &pairs); err != nil {
			return out, fault.Internal(err)
		}
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		name := http.CanonicalHeaderKey(p[0])
		if outgoing.Taken(name) || name == "Accept-Encoding" { // which the transport sets, and undoes
			continue
		}
		if !seen[name] {
			seen[name] = true
			out.Header.Del(name)
		}
		out.Header.Add(name, p[1])
	}
	switch body := a.At(3).(type) {
	case []byte:
		out.Body = bytes.NewReader(body)
	case string:
		out.Body = strings.NewReader(body)
	}
	return out, nil
}

// fetchAbort is fetch.abort(id).
func (s *Services) fetchAbort(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	cancel := c.aborts[engine.Args(args).Number(0)]
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	return nil, nil
}

// outgoingError is an error of the network as a function may see it.
func outgoingError(ctx context.Context, err error) error {
	switch refused, isRefused := errors.AsType[*outgoing.Refused](err); {
	case isRefused:
		return fault.New(fault.InsufficientPrivilege, "%s", refused.Reason)
	case errors.Is(err, outgoing.ErrTooLarge):
		return fault.New("54000", "the response is larger than allowed").WithHint("outgoing.max_response bounds it.")
	case errors.Is(context.Cause(ctx), errEnded):
		return errEnded
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed before the response was complete")
	}
	return err
}
