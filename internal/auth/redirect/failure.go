package redirect

import "net/url"

// Failure is why a sign-in that a browser is in the middle of went no further.
type Failure struct {
	Error       string // of OAuth 2.0: "access_denied", "server_error" …
	Code        string // GoTrue's error_code, "" when there is none
	Description string
}

// URL returns an address with the failure in its query, and in its fragment too,
// where clients without a server look for it. sb in the fragment tells them whose
// it is, as GoTrue does.
func (f Failure) URL(to string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	q, fragment := u.Query(), url.Values{"sb": {""}}
	for name, value := range map[string]string{"error": f.Error, "error_code": f.Code, "error_description": f.Description} {
		if value != "" {
			q.Set(name, value)
			fragment.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return withFragment(u, fragment.Encode()), nil
}

// WithQuery returns an address with further parameters in its query.
func WithQuery(to string, more url.Values) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	q := u.Query()
	for name, values := range more {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// WithFragment returns an address with parameters in its fragment, which no server
// on the way sees.
func WithFragment(to string, values url.Values) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	return withFragment(u, values.Encode()), nil
}

func withFragment(u *url.URL, encoded string) string {
	c := *u
	c.Fragment, c.RawFragment = "", ""
	return c.String() + "#" + encoded
}
