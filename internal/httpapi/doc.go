// Package httpapi is what every HTTP surface of Galley shares: handlers that
// return an error, the one adapter that writes it, who makes the request, and
// the middleware around them (request id, log, recovery, limits, CORS,
// compression), health, and a server that stops gracefully.
//
//	mux := http.NewServeMux()
//	mux.Handle("GET /health", httpapi.Health())
//	mux.Handle("GET /v1/thing", httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
//		return fault.New("PGRST116", "no such thing").WithStatus(http.StatusNotFound)
//	}))
//	h := httpapi.Chain(mux, httpapi.Observe(log), httpapi.CORS(), httpapi.LimitBody(10<<20))
//	err := httpapi.Serve(ctx, httpapi.Config{Listen: "127.0.0.1:8000", Handler: h, Logger: log})
//
// The context of a request carries its Identity; the middleware that verifies
// tokens sets it with WithIdentity.
package httpapi
