// Package secure is the listeners of HTTPS beside that of plain HTTP: it puts
// internal/https between the configuration and httpapi.
package secure

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/https"
	"github.com/galleyhq/galley/internal/metrics"
)

// Options are what the listeners need to know.
type Options struct {
	Config  config.Config
	DB      database.DB
	Secret  string       // the project's
	Handler http.Handler // all that is served
	Metrics *metrics.Registry
	Logger  *slog.Logger
	Fail    context.CancelCauseFunc // ends the main server when these cannot go on
}

// Serve binds and serves the addresses of [server.https] until ctx is done, or nothing
// when it is not configured. wait returns what ended it.
func Serve(ctx context.Context, o Options) (wait func() error, err error) {
	settings := o.Config.Server.HTTPS
	if !settings.On() {
		return func() error { return nil }, nil
	}
	s, err := https.New(https.Config{Settings: settings, DB: o.DB, Secret: o.Secret, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	secure, plain, err := s.Listen(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	if !loopback(o.Config) {
		o.Logger.Warn("plain HTTP is open to other machines beside HTTPS: without a need for that, let server.listen be a loopback address", "listen", o.Config.Server.Listen)
	}
	o.Metrics.Add(s.WriteMetrics)
	drain := o.Config.Server.ShutdownTimeout
	listeners := []httpapi.Config{{Listener: secure, TLS: s.TLS(), Handler: s.Secure(o.Handler), Logger: o.Logger, DrainTimeout: drain}}
	if plain != nil {
		redirect := httpapi.Chain(s.Redirect(), httpapi.Observe(o.Logger))
		listeners = append(listeners, httpapi.Config{Listener: plain, Handler: redirect, Logger: o.Logger, DrainTimeout: drain})
	}
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() {
			err := httpapi.Serve(ctx, l)
			if err != nil {
				o.Fail(err)
			}
			ended <- err
		}()
	}
	s.Start()
	told := []any{"domains", settings.Domains, "address", secure.Addr().String()}
	if plain != nil {
		told = append(told, "redirect", plain.Addr().String())
	}
	o.Logger.Info("serving HTTPS", told...)
	return func() error {
		var errs []error
		for range listeners {
			errs = append(errs, <-ended)
		}
		s.Close()
		return errors.Join(errs...)
	}, nil
}

// loopback tells whether plain HTTP is for this machine only.
func loopback(c config.Config) bool {
	plain := config.Server{Listen: c.Server.Listen}
	return plain.Loopback()
}
