package wasm

import (
	"bytes"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/functions/processor"
)

// meter counts how long a module computes: the time since its beginning without that
// in which it waits, and where the system tells, without that in which it waits for a
// processor.
type meter struct {
	limit    time.Duration
	exceeded func()

	mu      sync.Mutex
	began   time.Time
	waited  time.Duration
	since   time.Time // that it waits; zero while it computes
	timer   *time.Timer
	over    bool
	clock   processor.Clock // of the module's thread, when counted is true
	counted bool
}

// begin binds the module to its thread until the end is called, on the goroutine that
// runs it.
func (m *meter) begin() (end func()) {
	clock, ok := processor.Begin()
	if !ok {
		return func() {}
	}
	m.mu.Lock()
	m.clock, m.counted = clock, true
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		m.counted = false
		m.mu.Unlock()
		clock.End()
	}
}

func newMeter(limit time.Duration, exceeded func()) *meter {
	m := &meter{limit: limit, exceeded: exceeded, began: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer = time.AfterFunc(limit, m.look)
	return m
}

// look ends the call, or comes back when it may be over at the earliest.
func (m *meter) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	now := time.Now()
	computed := now.Sub(m.began) - m.waited
	if !m.since.IsZero() {
		computed -= now.Sub(m.since)
	}
	if m.counted {
		if used, ok := m.clock.Used(); ok {
			computed = min(computed, used)
		}
	}
	if computed >= m.limit {
		m.over = true
		m.exceeded()
		return
	}
	m.timer.Reset(max(m.limit-computed, time.Millisecond))
}

// wait runs what is no computing of the module's.
func (m *meter) wait(fn func()) {
	m.mu.Lock()
	m.since = time.Now()
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		m.waited += time.Since(m.since)
		m.since = time.Time{}
		m.mu.Unlock()
	}()
	fn()
}

func (m *meter) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	m.timer.Stop()
}

// lines hands on what is written line by line, up to a bound.
type lines struct {
	to    func(string)
	rest  []byte
	count int
}

const (
	maxLine  = 8 << 10
	maxLines = 200 // of one call
)

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	if l.to == nil || l.count >= maxLines {
		return len(p), nil
	}
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		l.rest = append(l.rest, line[:min(len(line), maxLine-min(maxLine, len(l.rest)))]...)
		if p = rest; ended {
			l.end()
		}
	}
	return n, nil
}

// end hands on a line.
func (l *lines) end() {
	if len(l.rest) > 0 && l.to != nil && l.count < maxLines {
		l.count++
		if l.count == maxLines {
			l.rest = []byte("(it wrote more)")
		}
		l.to(string(bytes.ToValidUTF8(l.rest, []byte("�"))))
	}
	l.rest = l.rest[:0]
}
