package httpapi

import "net/http"

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
