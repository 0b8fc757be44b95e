package app

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/app/function"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail"
)

// newFunctions returns the project's functions, which are not looked for yet.
func (s *Server) newFunctions(post *mail.Service) (*functions.Service, error) {
	c := s.options.Config
	v, err := verifier(s.monitor.bare, c, s.Keys)
	if err != nil {
		return nil, err
	}
	return function.New(function.Options{
		DB: s.DB, Config: c, URL: s.URL, ExternalURL: strings.TrimRight(c.Auth.ExternalURL, "/"), JWTSecret: s.Keys.JWTSecret, Anon: s.Keys.Anon, ServiceRole: s.Keys.ServiceRole,
		Mail: post, Hooks: s.extensions.hooks, RPC: s.extensions.functions, Verify: v.Verify, Anonymous: v.Anonymous, Logger: s.options.Logger,
	})
}

// beginFunctions begins to load functions.
func (s *Server) beginFunctions(scripts *functions.Service) {
	s.monitor.metrics.Add(scripts.WriteMetrics)
	scripts.Start()
	s.atClose(scripts.Stop)
}

// functionRoutes are the paths of functions: those below functions.Prefix, and their
// own, which come after files.
func functionRoutes(scripts *functions.Service) func(*token.Verifier) ([]route, error) {
	return func(v *token.Verifier) ([]route, error) {
		admin := api(scripts.Admin(), v)
		return []route{
			{pattern: functions.Prefix, handler: httpapi.Chain(scripts.Handler(), httpapi.Compress())},
			{pattern: "/admin/v1/functions", handler: admin}, {pattern: "/admin/v1/functions/", handler: admin},
			{pattern: "/admin/v1/function-logs", handler: admin}, {pattern: "/admin/v1/function-secrets", handler: admin},
			{pattern: "/admin/v1/function-secrets/", handler: admin},
			{own: scripts.Answers},
			{before: func(files http.Handler) http.Handler {
				has := func(string) bool { return false }
				if s, ok := files.(*httpapi.Static); ok {
					has = s.Has
				}
				return scripts.Before(has, files)
			}},
		}, nil
	}
}
