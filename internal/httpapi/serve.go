package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/httpapi/deadlines"
)

// Config is what a server needs.
type Config struct {
	Listen  string // host:port; port 0 takes a free one
	Handler http.Handler
	// Listener, unless nil, is served in the place of Listen, and closed in the end.
	Listener net.Listener
	TLS      *tls.Config  // nil serves plain HTTP
	Logger   *slog.Logger // nil means slog.Default

	// Listening is called with the address once the server accepts
	// connections. It may be nil.
	Listening func(net.Addr)

	HeaderTimeout time.Duration // to read the header of a request; 0 means 10 s
	ReadTimeout   time.Duration // to read a whole request; 0 means 5 min
	// WriteTimeout is how long a response may take until its first byte, and
	// from then on without a byte; 0 means 2 min.
	WriteTimeout time.Duration
	IdleTimeout  time.Duration // between requests of a connection; 0 means 2 min
	// DrainTimeout is what running requests get when the server stops; 0 means
	// 10 s.
	DrainTimeout time.Duration
	MaxHeader    int // bytes of a request's header; 0 means 64 KiB
}

func (c Config) withDefaults() Config {
	duration := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	duration(&c.HeaderTimeout, 10*time.Second)
	duration(&c.ReadTimeout, 5*time.Minute)
	duration(&c.WriteTimeout, 2*time.Minute)
	duration(&c.IdleTimeout, 2*time.Minute)
	duration(&c.DrainTimeout, 10*time.Second)
	if c.MaxHeader <= 0 {
		c.MaxHeader = 64 << 10
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// Serve serves until ctx is done, then stops taking connections, lets running
// requests end within DrainTimeout, and cuts off the rest. It returns nil after
// such a stop.
func Serve(ctx context.Context, c Config) error {
	c = c.withDefaults()
	l, err := c.listen(ctx)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(errStopped)
	server := c.server(running)
	failed := make(chan error, 1)
	go func() { failed <- serve(server, l) }()
	if c.Listening != nil {
		c.Listening(l.Addr())
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return c.drain(server, func() { cancel(errStopped) })
}

func (c Config) listen(ctx context.Context) (net.Listener, error) {
	if c.Listener != nil {
		return c.Listener, nil
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	return l, nil
}

func serve(server *http.Server, l net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(l, "", "")
	}
	return server.Serve(deadlines.Listener(l))
}

func (c Config) server(running context.Context) *http.Server {
	return &http.Server{
		Handler:           progress(c.Handler, c.WriteTimeout),
		TLSConfig:         c.TLS,
		ReadHeaderTimeout: c.HeaderTimeout,
		ReadTimeout:       c.ReadTimeout,
		WriteTimeout:      c.WriteTimeout + c.ReadTimeout,
		IdleTimeout:       c.IdleTimeout,
		MaxHeaderBytes:    c.MaxHeader,
		BaseContext:       func(net.Listener) context.Context { return running },
		ErrorLog:          slog.NewLogLogger(c.Logger.Handler(), slog.LevelDebug),
	}
}

// errStopped is why requests are cancelled that the server does not wait for.
var errStopped = errors.New("the server stops")

// ClientLeft tells of a request's context whether it was cancelled because the client does
// not wait for the answer any more.
func ClientLeft(ctx context.Context) bool { return context.Cause(ctx) == context.Canceled }

// drain stops a server. Requests that do not end in time see their context
// cancelled and lose their connection.
func (c Config) drain(server *http.Server, cancel func()) error {
	ctx, stop := context.WithTimeout(context.Background(), c.DrainTimeout)
	defer stop()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		c.Logger.Warn("requests did not end in time and were cut off", "after", c.DrainTimeout)
		cancel()
		return server.Close()
	}
	return err
}

// progress moves the write deadline of a response along with its writes, so
// that a long download is not cut off and a stalled one is.
func progress(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &progressWriter{ResponseWriter: w, timeout: timeout, last: time.Now()}
		next.ServeHTTP(p, r)
	})
}

type progressWriter struct {
	http.ResponseWriter
	timeout time.Duration
	last    time.Time
}

// Write implements http.ResponseWriter.
func (w *progressWriter) Write(p []byte) (int, error) {
	if now := time.Now(); now.Sub(w.last) > w.timeout/8 {
		w.last = now
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(now.Add(w.timeout))
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (w *progressWriter) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *progressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
