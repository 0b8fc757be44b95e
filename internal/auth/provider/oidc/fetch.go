package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/outgoing"
)

// Bounds of one call to a provider.
const (
	callTimeout = 10 * time.Second
	maxAnswer   = 1 << 20 // bytes
)

// Fetcher calls providers: within the rules of outgoing calls, each with a
// deadline, and following no redirects, which would carry secrets elsewhere.
type Fetcher struct{ client *http.Client }

// NewFetcher returns a fetcher that calls by a guard.
func NewFetcher(g *outgoing.Guard) *Fetcher {
	c := g.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Fetcher{client: c}
}

// Call is one call: a GET, or with a Form a POST.
type Call struct {
	URL            string
	Form           url.Values
	Bearer         string // access token
	User, Password string // HTTP Basic, as RFC 6749, section 2.3.1 encodes them
}

// Failure is an answer of a provider that is no success.
type Failure struct {
	Status      int
	Code        string // OAuth's error, "" when the answer has none
	Description string
}

// Error implements error. It shows nothing that the call was made with.
func (f *Failure) Error() string {
	return fmt.Sprintf("the provider answered %d %.60q %.200q", f.Status, f.Code, f.Description)
}

// JSON makes a call and reads its answer into v, numbers as json.Number wherever
// their type is open. Its error is a *Failure when the provider said no.
func (f *Fetcher) JSON(ctx context.Context, c Call, v any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := c.request(ctx)
	if err != nil {
		return err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return plain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return plain(err)
	case len(body) > maxAnswer:
		return fmt.Errorf("the provider's answer is longer than %d bytes", maxAnswer)
	}
	if failure := failed(resp.StatusCode, body); failure != nil {
		return failure
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return errors.New("the provider's answer is not the JSON that was expected")
	}
	return nil
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if c.Form != nil {
		method, body = http.MethodPost, strings.NewReader(c.Form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL, body)
	if err != nil {
		return nil, errors.New("the provider's address cannot be read")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "galley") // GitHub answers nobody without a name
	if c.Form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.Bearer)
	}
	if c.User != "" {
		req.SetBasicAuth(url.QueryEscape(c.User), url.QueryEscape(c.Password))
	}
	return req, nil
}

// failed reads an error, which some send with status 200.
func failed(status int, body []byte) *Failure {
	var e struct {
		Error       any    `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(body, &e) // what is no object has no error in it
	code, _ := e.Error.(string)
	if status >= 200 && status < 300 && code == "" {
		return nil
	}
	return &Failure{Status: status, Code: code, Description: e.Description}
}

// plain is an error without the URL, which may hold a secret.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
