// Package telemetry traces requests for OpenTelemetry: spans with a parent, sent to
// a collector by OTLP over HTTP in its JSON form (opentelemetry.io/docs/specs/otlp,
// "JSON Protobuf Encoding"), which every collector takes at the same address as
// protobuf. Nothing is done for what is not sampled: without a tracer, or outside
// of a sampled trace, Start returns a nil span, whose methods do nothing.
//
//	t := telemetry.New(telemetry.Config{Endpoint: "http://127.0.0.1:4318/v1/traces", Ratio: 0.1})
//	defer t.Close(ctx)
//	ctx, span := t.Begin(ctx, "GET /rest/v1/{relation}", r.Header.Get("traceparent"))
//	defer span.End(nil)
//	ctx, inner := telemetry.Start(ctx, "SELECT", telemetry.Client)
package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"sync"
	"time"
)

// Kind is what a span is to the other side.
type Kind int

// The kinds, as OTLP numbers them.
const (
	Internal Kind = 1
	Server   Kind = 2
	Client   Kind = 3
	Consumer Kind = 5
)

// maxAttributes bounds those of a span; maxText the length of one, in bytes.
const (
	maxAttributes = 32
	maxText       = 4 << 10
)

// Span is a piece of work within a trace. A nil one is not recorded.
type Span struct {
	tracer *Tracer
	trace  [16]byte
	id     [8]byte
	parent [8]byte // zero for none
	kind   Kind
	start  time.Time

	mu         sync.Mutex
	name       string
	end        time.Time
	attributes []attribute
	failed     bool
	message    string
}

type attribute struct {
	key   string
	value any // string, int64, float64 or bool
}

type spanKey struct{}

// From returns the span of a context, nil for none.
func From(ctx context.Context) *Span {
	s, _ := ctx.Value(spanKey{}).(*Span)
	return s
}

// Start begins a span within that of the context. Without one it does nothing.
func Start(ctx context.Context, name string, kind Kind) (context.Context, *Span) {
	parent := From(ctx)
	if parent == nil {
		return ctx, nil
	}
	s := parent.child(name, kind, time.Now())
	return context.WithValue(ctx, spanKey{}, s), s
}

func (s *Span) child(name string, kind Kind, start time.Time) *Span {
	return &Span{tracer: s.tracer, trace: s.trace, id: newID(), parent: s.id, kind: kind, name: name, start: start}
}

// Past adds a span below this one of what has happened already.
func (s *Span) Past(name string, start, end time.Time) {
	if s == nil || start.IsZero() || end.Before(start) {
		return
	}
	c := s.child(name, Internal, start)
	c.end = end
	c.tracer.finish(c)
}

// Begin begins the first span here of a trace: that which the caller's header
// traceparent names, if it can be read (W3C Trace Context), or a new one. The
// caller's decision whether it is sampled is followed; a new trace is sampled at
// the tracer's ratio. A nil tracer samples nothing.
func (t *Tracer) Begin(ctx context.Context, name, traceparent string, kind Kind) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	s := &Span{tracer: t, id: newID(), kind: kind, name: name, start: time.Now()}
	if p, ok := ParseParent(traceparent); ok {
		if !p.Sampled {
			return ctx, nil
		}
		s.trace, s.parent = p.Trace, p.Span
	} else {
		_, _ = rand.Read(s.trace[:]) // never fails
		if !t.sampled(s.trace) {
			return ctx, nil
		}
	}
	return context.WithValue(ctx, spanKey{}, s), s
}

// sampled decides by the random part of a trace's id, as other tracers do.
func (t *Tracer) sampled(id [16]byte) bool {
	return t.config.Ratio >= 1 || float64(binary.BigEndian.Uint64(id[8:])) < t.config.Ratio*math.MaxUint64
}

func newID() (id [8]byte) {
	_, _ = rand.Read(id[:])
	return id
}

// TraceID is the id of the span's trace in hex, "" of a nil one.
func (s *Span) TraceID() string {
	if s == nil {
		return ""
	}
	return hex.EncodeToString(s.trace[:])
}

// Rename gives the span another name, where it is known only later.
func (s *Span) Rename(name string) {
	if s != nil {
		s.mu.Lock()
		s.name = name
		s.mu.Unlock()
	}
}

// Set adds an attribute: a string, int64, float64 or bool.
func (s *Span) Set(key string, value any) {
	if s == nil {
		return
	}
	if text, ok := value.(string); ok && len(text) > maxText {
		value = strings.ToValidUTF8(text[:maxText], "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.attributes) < maxAttributes {
		s.attributes = append(s.attributes, attribute{key, value})
	}
}

// Fail marks the span as failed. The message must hold no values.
func (s *Span) Fail(message string) {
	if s != nil {
		s.mu.Lock()
		s.failed, s.message = true, message
		s.mu.Unlock()
	}
}

// End ends the span; only the first call counts.
func (s *Span) End() {
	if s == nil {
		return
	}
	s.mu.Lock()
	ended := !s.end.IsZero()
	if !ended {
		s.end = time.Now()
	}
	s.mu.Unlock()
	if !ended {
		s.tracer.finish(s)
	}
}

// Parent is what a traceparent says.
type Parent struct {
	Trace   [16]byte
	Span    [8]byte
	Sampled bool
}

// TraceID is the id of the trace in hex.
func (p Parent) TraceID() string { return hex.EncodeToString(p.Trace[:]) }

// ParseParent reads a traceparent header (w3.org/TR/trace-context, 3.2): of version
// 00 nothing may follow the flags, of a later one more may; ids of zeros and
// capitals are refused.
func ParseParent(header string) (p Parent, ok bool) {
	if len(header) < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-' || strings.ToLower(header[:55]) != header[:55] {
		return p, false
	}
	var version, flags [1]byte
	for _, part := range []struct {
		to   []byte
		text string
	}{{version[:], header[:2]}, {p.Trace[:], header[3:35]}, {p.Span[:], header[36:52]}, {flags[:], header[53:55]}} {
		if _, err := hex.Decode(part.to, []byte(part.text)); err != nil {
			return Parent{}, false
		}
	}
	more := header[55:]
	if version[0] == 0xff || version[0] == 0 && more != "" || more != "" && more[0] != '-' || p.Trace == [16]byte{} || p.Span == [8]byte{} {
		return Parent{}, false
	}
	p.Sampled = flags[0]&1 == 1
	return p, true
}
