package outgoing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is a call. Only URL is required.
type Request struct {
	Method string // GET by default
	URL    string
	Header http.Header
	Body   []byte
	// Timeout bounds the call as a whole; Config.Timeout when it is 0 or longer.
	Timeout time.Duration
	// MaxBody is how many bytes of the response are kept; Config.MaxResponse when
	// it is 0 or more.
	MaxBody int64
}

// Response is the answer to a call, whatever its status.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte
	Truncated bool   // there is more of the body
	URL       string // that answered, after redirects
}

// Do makes a call. Its error is Refused when the rules do not let it happen; any
// other is the network's or the server's, and may pass.
func (g *Guard) Do(ctx context.Context, r Request) (*Response, error) {
	timeout := g.config.Timeout
	if r.Timeout > 0 {
		timeout = min(timeout, r.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := g.request(ctx, r)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: roundTripper{g}, CheckRedirect: g.redirect}
	resp, err := client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	most := g.config.MaxResponse
	if r.MaxBody > 0 {
		most = min(most, r.MaxBody)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	truncated := int64(len(body)) > most
	if err != nil && !truncated && !errors.Is(err, ErrTooLarge) {
		return nil, plain(err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body[:min(int64(len(body)), most)],
		Truncated: truncated, URL: resp.Request.URL.Redacted()}, nil
}

func (g *Guard) request(ctx context.Context, r Request) (*http.Request, error) {
	u, err := g.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	method := strings.ToUpper(r.Method)
	if method == "" {
		method = http.MethodGet
	}
	if !slices.Contains(methods, method) {
		return nil, refuse("%.20q is no method that can be called", r.Method)
	}
	if err := checkHeader(r.Header); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, refuse("the request cannot be made")
	}
	for name, values := range r.Header {
		req.Header[textproto.CanonicalMIMEHeaderKey(name)] = slices.Clone(values)
	}
	return req, nil
}

// methods are what can be called: not CONNECT, which opens a tunnel, nor TRACE.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// taken are headers that belong to the connection, not to the caller.
var taken = []string{"Host", "Connection", "Content-Length", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te",
	"Trailer", "Transfer-Encoding", "Upgrade", "Expect"}

func checkHeader(h http.Header) error {
	for name, values := range h {
		if name == "" || strings.ContainsFunc(name, notToken) {
			return refuse("%.40q is no name of a header", name)
		}
		if slices.Contains(taken, textproto.CanonicalMIMEHeaderKey(name)) {
			return refuse("the header %s cannot be set", name)
		}
		if slices.ContainsFunc(values, func(v string) bool { return strings.ContainsFunc(v, control) }) {
			return refuse("the value of the header %.40q holds control characters", name)
		}
	}
	return nil
}

// notToken tells what a header's name may not hold (RFC 9110, 5.6.2).
func notToken(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// headerFits bounds what is sent, redirects and libraries included.
func headerFits(h http.Header) error {
	count, size := 0, 0
	for name, values := range h {
		for _, v := range values {
			count, size = count+1, size+len(name)+len(v)+4
		}
	}
	if count > maxHeaders || size > maxHeaderBytes {
		return refuse("%d headers of %d bytes, at most %d and %d", count, size, maxHeaders, maxHeaderBytes)
	}
	return nil
}

// roundTripper holds every request to the rules, whoever makes it.
type roundTripper struct{ g *Guard }

// RoundTrip implements http.RoundTripper.
func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	err := t.g.check(req.URL)
	if err == nil {
		err = headerFits(req.Header)
	}
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	resp, err := t.g.transport.RoundTrip(req)
	if err == nil {
		resp.Body = &bounded{ReadCloser: resp.Body, left: t.g.config.MaxResponse}
	}
	return resp, err
}

// bounded is a body that fails where it is longer than allowed.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	// One byte more than allowed tells a body that is too long from one that is
	// exactly as long.
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return n, ErrTooLarge
	}
	return n, err
}

// carried are the headers that follow a redirect to another origin. What else the
// caller set may be a secret, and was meant for the first one.
var carried = []string{"Accept", "Accept-Language", "Content-Type", "Content-Encoding", "User-Agent"}

// redirect judges where a call is sent next.
func (g *Guard) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > g.config.Redirects {
		if g.config.Redirects < 0 {
			return http.ErrUseLastResponse
		}
		return refuse("more than %d redirects", g.config.Redirects)
	}
	if err := g.check(req.URL); err != nil {
		return err
	}
	if sameOrigin(req.URL, via[0].URL) {
		return nil
	}
	for name := range req.Header {
		if !slices.Contains(carried, name) {
			req.Header.Del(name)
		}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host) }

// plain is an error without the URL, which may hold a secret.
func plain(err error) error {
	if r, ok := errors.AsType[*Refused](err); ok {
		return r
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
