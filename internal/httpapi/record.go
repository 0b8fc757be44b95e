package httpapi

import "context"

// record is what the middleware learns about a request while it is served. It
// belongs to the request's goroutine.
type record struct {
	id   string
	role string
	err  error
}

type recordKey struct{}

func recordFrom(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// RequestID returns the id of a request, as it stands in the log and in
// X-Request-Id, or "" outside of Observe.
func RequestID(ctx context.Context) string {
	if r := recordFrom(ctx); r != nil {
		return r.id
	}
	return ""
}
