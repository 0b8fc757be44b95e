package httpapi

import "context"

// Identity is who makes a request, as the key or token it showed says. The
// middleware that verifies tokens puts it into the request's context; the data
// APIs turn it into a database session.
type Identity struct {
	// Role is the database role to run as; "" when nothing decided it, and the
	// handler then uses its anonymous role.
	Role string
	// Claims is the verified JWT payload as a JSON object, "" for none.
	Claims string
	// Authenticated tells that the caller showed a token of a role of its own.
	// A missing privilege is 403 for it and 401 for everyone else.
	Authenticated bool
}

type identityKey struct{}

// WithIdentity returns a context that carries an identity, and notes its role for
// the log line of the request.
func WithIdentity(ctx context.Context, id Identity) context.Context {
	if r := recordFrom(ctx); r != nil {
		r.role = id.Role
	}
	return context.WithValue(ctx, identityKey{}, id)
}

// IdentityFrom returns the identity of a request, the zero Identity when none
// was set.
func IdentityFrom(ctx context.Context) Identity {
	id, _ := ctx.Value(identityKey{}).(Identity)
	return id
}
