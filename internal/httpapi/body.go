package httpapi

import (
	"errors"
	"io"
	"net/http"

	"github.com/galleyhq/galley/internal/fault"
)

// LimitBody bounds the body of requests to n bytes. A longer one is 413: at once
// when its length is announced, otherwise from ReadBody.
func LimitBody(n int64) Middleware {
	return func(next http.Handler) http.Handler {
		return Handler(func(w http.ResponseWriter, r *http.Request) error {
			if r.ContentLength > n {
				w.Header().Set("Connection", "close")
				return bodyTooLarge(n)
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(w, r.Body, n)
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// ReadBody reads the body of a request. One beyond the limit that LimitBody set
// is 413.
func ReadBody(r *http.Request) ([]byte, error) {
	var body []byte
	var err error
	if n := r.ContentLength; n > 0 && n <= 1<<20 {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(r.Body)
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, bodyTooLarge(tooLarge.Limit)
	}
	if err != nil {
		return nil, fault.New("PGRST102", "The body of the request could not be read").WithCause(err)
	}
	return body, nil
}

func bodyTooLarge(limit int64) error {
	return fault.New("54000", "The body of the request is too large").
		WithDetail("At most %d bytes are accepted.", limit).WithStatus(http.StatusRequestEntityTooLarge)
}
