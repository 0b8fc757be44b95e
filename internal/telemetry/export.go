package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/metrics"
)

// Config is where spans go. Only Endpoint is required.
type Config struct {
	Endpoint string            // the collector's URL for traces, /v1/traces included
	Headers  map[string]string // of each call: a key, say
	Ratio    float64           // of new traces that are sampled, from 0 to 1
	Service  string            // service.name
	Version  string            // service.version
	Logger   *slog.Logger

	Interval time.Duration // between two calls while there is little; 0 means 5 s
	Timeout  time.Duration // of one call; 0 means 10 s
}

// The bounds of what waits for the collector, and of what one call takes. What
// finds no room is dropped and counted.
const (
	maxQueue    = 4096
	maxBatch    = 512
	maxAttempts = 3
	warnEvery   = time.Minute
)

// Tracer sends spans to a collector. A nil one does nothing.
type Tracer struct {
	config Config
	client *http.Client
	queue  chan *Span
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once
	warned time.Time // only for the sending goroutine

	sent, full, failed atomic.Int64 // spans: sent, and dropped for want of room or of a collector
}

// New returns a tracer, which sends until it is closed.
func New(c Config) *Tracer {
	if c.Interval <= 0 {
		c.Interval = 5 * time.Second
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	t := &Tracer{config: c, client: &http.Client{Timeout: c.Timeout}, queue: make(chan *Span, maxQueue),
		stop: make(chan struct{}), ended: make(chan struct{})}
	go t.loop()
	return t
}

func (t *Tracer) finish(s *Span) {
	select {
	case t.queue <- s:
	default:
		t.full.Add(1)
	}
}

// Close sends what waits, and stops when that is done or ctx is.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.once.Do(func() { close(t.stop) })
	select {
	case <-t.ended:
	case <-ctx.Done():
	}
}

// WriteMetrics is a metrics.Source.
func (t *Tracer) WriteMetrics(w *metrics.Writer) {
	const dropped, help = "galley_telemetry_spans_dropped_total", "Spans that were not sent."
	w.Counter("galley_telemetry_spans_sent_total", "Spans that the collector took.", float64(t.sent.Load()))
	w.Counter(dropped, help, float64(t.full.Load()), "reason", "queue_full")
	w.Counter(dropped, help, float64(t.failed.Load()), "reason", "collector")
}

// loop sends what is gathered, every so often or when it fills a call.
func (t *Tracer) loop() {
	defer close(t.ended)
	tick := time.NewTicker(t.config.Interval)
	defer tick.Stop()
	batch := make([]*Span, 0, maxBatch)
	for {
		due, last := false, false
		select {
		case s := <-t.queue:
			batch = append(batch, s)
			due = len(batch) == maxBatch
		case <-tick.C:
			due = true
		case <-t.stop:
			batch, due, last = t.rest(batch), true, true
		}
		if due && len(batch) > 0 {
			t.send(batch, last)
			batch = batch[:0]
		}
		if last {
			return
		}
	}
}

// rest takes what still waits into a last call.
func (t *Tracer) rest(batch []*Span) []*Span {
	for len(batch) < maxBatch {
		select {
		case s := <-t.queue:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	t.full.Add(int64(len(t.queue)))
	return batch
}

// send sends a batch, and tries again where the collector may take it later. A
// panic here costs the batch only.
func (t *Tracer) send(batch []*Span, last bool) {
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		if err == nil {
			t.sent.Add(int64(len(batch)))
			return
		}
		t.failed.Add(int64(len(batch)))
		if time.Since(t.warned) > warnEvery {
			t.warned = time.Now()
			t.config.Logger.Warn("traces could not be sent", "endpoint", t.config.Endpoint, "spans", len(batch), "error", err)
		}
	}()
	body := t.encode(batch)
	for attempt := range maxAttempts {
		var again bool
		if again, err = t.post(body); err == nil || !again || last {
			return
		}
		if !t.pause(time.Duration(attempt+1) * t.config.Interval / 5) {
			return
		}
	}
}

// pause waits, unless the tracer is closed meanwhile.
func (t *Tracer) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.stop:
		return false
	}
}

// post makes one call. again tells that the same call may succeed later (OTLP,
// "Retryable Response Codes").
func (t *Tracer) post(body []byte) (again bool, err error) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err = z.Write(body)
	if err = errors.Join(err, z.Close()); err != nil {
		return false, err
	}
	r, err := http.NewRequest(http.MethodPost, t.config.Endpoint, &zipped)
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	for name, value := range t.config.Headers {
		r.Header.Set(name, value)
	}
	answer, err := t.client.Do(r)
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	switch answer.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return false, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	return again, fmt.Errorf("the collector answered %s", answer.Status)
}
