package galley

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Handle serves a pattern of http.ServeMux ("GET /posts/{slug}"). The caller is
// verified first as for the data API: Authorization: Bearer or apikey, the anonymous
// role without either, 401 for a token that does not hold. SessionFrom tells who it is.
//
// Galley's own paths (/rest/, /auth/, /admin/, …) come before the app's routes, the
// project's files after them.
func (a *App) Handle(pattern string, h http.Handler) { a.route("Handle", pattern, h, false) }

// HandlePublic is Handle without a look at who calls: the caller is the anonymous
// role, and Authorization is the handler's own. It is for webhooks of others.
func (a *App) HandlePublic(pattern string, h http.Handler) { a.route("HandlePublic", pattern, h, true) }

func (a *App) route(method, pattern string, h http.Handler, public bool) {
	a.serve(method, func() {
		if h == nil {
			a.wrong("the route %q has no handler", pattern)
			return
		}
		a.program.Routes = append(a.program.Routes, app.ProgramRoute{Pattern: pattern, Handler: remembered(h), Public: public})
	})
}

// Use puts middleware around everything that the app serves, Galley's own paths
// included; what was used first is the outermost. Requests come to it with their log
// and id, and before the caller is verified.
func (a *App) Use(middleware func(http.Handler) http.Handler) {
	a.serve("Use", func() { a.middleware = append(a.middleware, middleware) })
}

type requestKey struct{}

// remembered keeps the request for the statements of its handler.
func remembered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, r)))
	})
}

// Session is whom SQL runs as.
type Session struct {
	// Role is a database role: anon, authenticated, service_role or one of the
	// project's own.
	Role string
	// Claims is the payload of the verified token, a JSON object; nil for none.
	// auth.uid() and auth.jwt() read it.
	Claims json.RawMessage
	// Authenticated tells that the caller showed a token of a role of its own. It
	// means nothing to App.As.
	Authenticated bool
}

// Subject is the claim sub, the id of the user; "" for none.
func (s Session) Subject() string {
	v, _ := database.Session{Claims: string(s.Claims)}.Claim("sub")
	return v
}

// SessionFrom returns who called, by the context of a route's request. Its role is ""
// elsewhere.
func SessionFrom(ctx context.Context) Session {
	id := httpapi.IdentityFrom(ctx)
	s := Session{Role: id.Role, Authenticated: id.Authenticated}
	if id.Claims != "" {
		s.Claims = json.RawMessage(id.Claims)
	}
	return s
}

// RequestID is the id of the request of a context, which is in the log and in the
// response's header X-Request-Id; "" elsewhere.
func RequestID(ctx context.Context) string { return httpapi.RequestID(ctx) }
