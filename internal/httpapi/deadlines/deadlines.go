// Package deadlines spares the connections of a server most changes of their
// deadlines, each of which changes a timer of the runtime. net/http asks for up to
// seven with every request, nearly all later than the one before. So a connection here
// keeps the sooner one: when that is over and a later one was asked for, it takes that
// and goes on. Every deadline still holds to the moment.
//
//	err := server.Serve(deadlines.Listener(l))
package deadlines

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// Listener returns a listener whose TCP connections change their deadlines seldom.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{Conn: tcp, tcp: tcp, reads: side{set: tcp.SetReadDeadline}, writes: side{set: tcp.SetWriteDeadline}}, err
	}
	return c, err
}

// conn hides what else a TCP connection can do, sendfile(2) say, since that would not
// go on after a deadline that nobody asks for any more.
type conn struct {
	net.Conn
	tcp           *net.TCPConn
	reads, writes side
	writing       sync.Mutex // one Write is whole before the next
}

// CloseWrite closes the writing side, as net/http does before it hangs up.
func (c *conn) CloseWrite() error { return c.tcp.CloseWrite() }

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	for {
		if err := c.reads.begin(); err != nil {
			return 0, err
		}
		n, err := c.tcp.Read(p)
		if again := c.reads.end(err); !again || n > 0 {
			return n, err
		}
	}
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	written := 0
	for {
		if err := c.writes.begin(); err != nil {
			return written, err
		}
		n, err := c.tcp.Write(p[written:])
		written += n
		if !c.writes.end(err) {
			return written, err
		}
	}
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.reads.ask(t), c.writes.ask(t))
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.reads.ask(t) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.writes.ask(t) }

// side is the deadline of the reads or of the writes of a connection.
type side struct {
	set func(time.Time) error // of the connection

	mu     sync.Mutex
	asked  time.Time // the deadline that holds; zero is none
	kept   time.Time // what the connection was told last
	sooner bool      // asked is before kept
	over   bool      // kept has ended a call
	calls  int       // that may wait now
}

// ask changes the deadline. The connection is told at once only of a sooner one, and
// when a call waits.
func (s *side) ask(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = t
	s.sooner = !t.IsZero() && (s.kept.IsZero() || t.Before(s.kept))
	if s.sooner && s.calls > 0 {
		return s.tell()
	}
	return nil
}

func (s *side) tell() error {
	s.kept, s.sooner, s.over = s.asked, false, false
	return s.set(s.asked)
}

func (s *side) passed() bool { return !s.asked.IsZero() && !s.asked.After(time.Now()) }

// begin comes before a call that may wait.
func (s *side) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sooner || s.over {
		if s.passed() {
			return os.ErrDeadlineExceeded
		}
		if err := s.tell(); err != nil {
			return err
		}
	}
	s.calls++
	return nil
}

// end comes after the call and says whether it is to go on: it was ended by a deadline
// that does not hold any more.
func (s *side) end(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	s.over = true
	return !s.passed()
}
