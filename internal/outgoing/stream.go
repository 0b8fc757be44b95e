package outgoing

import (
	"context"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// The ways to meet a redirect, as the Fetch standard has them.
const (
	RedirectFollow = "follow"
	RedirectError  = "error"  // fails
	RedirectManual = "manual" // is the response
)

// Streamed is a call whose bodies are streamed. Only URL is required.
type Streamed struct {
	Method   string // GET by default
	URL      string
	Header   http.Header
	Body     io.Reader // nil for none; one of bytes, strings or bytes.Buffer can be sent again
	Redirect string    // RedirectFollow by default
}

// Open makes a call and gives its response as soon as its head is there. ctx ends
// the call as a whole, the reading of its body included; Config.Timeout does not.
// Reading more of the body than Config.MaxResponse fails with ErrTooLarge; the caller
// closes it. Errors are those of Do.
func (g *Guard) Open(ctx context.Context, s Streamed) (*http.Response, error) {
	req, err := g.request(ctx, Request{Method: s.Method, URL: s.URL, Header: s.Header})
	if err != nil {
		return nil, err
	}
	if s.Body != nil {
		sized, err := http.NewRequestWithContext(ctx, req.Method, s.URL, s.Body)
		if err != nil {
			return nil, refuse("the request cannot be made")
		}
		req.Body, req.ContentLength, req.GetBody = sized.Body, sized.ContentLength, sized.GetBody
	}
	client := http.Client{Transport: roundTripper{g}, CheckRedirect: g.redirect}
	if s.Redirect == RedirectManual || s.Redirect == RedirectError {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	if s.Redirect != RedirectManual && isRedirect(resp) {
		_ = resp.Body.Close()
		if s.Redirect == RedirectError {
			return nil, refuse("the server redirects, which the request does not follow")
		}
		return nil, refuse("the server redirects, and a body that was streamed cannot be sent again")
	}
	return resp, nil
}

// isRedirect tells whether a response is one that was to be followed.
func isRedirect(r *http.Response) bool {
	return slices.Contains([]int{301, 302, 303, 307, 308}, r.StatusCode) && r.Header.Get("Location") != ""
}

// Taken tells whether a header belongs to the connection, not to the caller: a
// request that sets it is refused.
func Taken(name string) bool {
	return slices.Contains(taken, textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)))
}
