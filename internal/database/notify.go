package database

import (
	"log/slog"
	"slices"
	"sync"
)

// Notifier is a DB that hands on what pg_notify() says. Both engines are.
type Notifier interface {
	// Listen calls fn for each notification of a channel that is committed from
	// now on, by whichever node, in the order of the commits; one transaction
	// sends the same payload once. fn runs on the engine's goroutine and must
	// return at once. After a time in which notifications may have been lost it
	// is called with Lost set, so that it looks for itself. stop ends it.
	Listen(channel string, fn func(Notification)) (stop func())
}

// Notification is what pg_notify(channel, payload) sent.
type Notification struct {
	Payload string
	Lost    bool // others may have been lost before; there is no payload
}

// Hub hands notifications to those who listen within this process. The zero
// value is ready for use.
type Hub struct {
	mu       sync.RWMutex
	channels map[string][]*listening
}

type listening struct{ fn func(Notification) }

// Listen is Notifier's.
func (h *Hub) Listen(channel string, fn func(Notification)) (stop func()) {
	l := &listening{fn}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels == nil {
		h.channels = map[string][]*listening{}
	}
	h.channels[channel] = append(slices.Clip(h.channels[channel]), l)
	return func() { h.leave(channel, l) }
}

func (h *Hub) leave(channel string, l *listening) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(h.channels[channel]), func(o *listening) bool { return o == l })
	if h.channels[channel] = rest; len(rest) == 0 {
		delete(h.channels, channel)
	}
}

// Channels lists the channels that anybody listens to.
func (h *Hub) Channels() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []string
	for name := range h.channels {
		out = append(out, name)
	}
	return out
}

// Send hands a notification to everyone who listens to its channel.
func (h *Hub) Send(channel string, n Notification) {
	h.mu.RLock()
	list := h.channels[channel]
	h.mu.RUnlock()
	for _, l := range list {
		l.call(n)
	}
}

// SendLost tells everyone that notifications may have been lost.
func (h *Hub) SendLost() {
	for _, name := range h.Channels() {
		h.Send(name, Notification{Lost: true})
	}
}

// call keeps a listener's panic from the engine, whose goroutine this is.
func (l *listening) call(n Notification) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("a listener for notifications panicked", "panic", p)
		}
	}()
	l.fn(n)
}
