package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// tick is how often a poller that hears of nothing looks whether it shall end.
const tick = 100 * time.Millisecond

// edgeTriggered asks for events of what has changed, each once. The constant of
// package syscall is negative.
const edgeTriggered = 1 << 31

// drive drives all clients in turns by one goroutine, which waits for all their
// sockets at once. That takes a quarter less processor time than a goroutine for each,
// all of whose waits go through Go's scheduler.
func drive(ctx context.Context, conns []net.Conn, clients []*client) error {
	p, err := newPoller()
	if err != nil {
		return err
	}
	defer p.close()
	var last time.Time
	for i, c := range clients {
		if err := p.add(conns[i], c); err != nil {
			return err
		}
		last = c.end
	}
	for p.open > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(last.Add(patience)) {
			return fmt.Errorf("%d requests were not answered within %v", p.open, patience)
		}
		if err := p.turn(); err != nil {
			return err
		}
	}
	return nil
}

// poller waits for the sockets of its clients by epoll(7).
type poller struct {
	epoll   int
	sockets []*socket
	open    int // sockets whose clients have not ended
	events  []syscall.EpollEvent
	buffer  []byte
}

// socket is a connection that nothing waits for but the poller.
type socket struct {
	fd     int
	client *client
	reader reader
	unsent []byte // of the request under way
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &poller{epoll: fd, events: make([]syscall.EpollEvent, 64), buffer: make([]byte, bufferSize)}, os.NewSyscallError("epoll_create1", err)
}

func (p *poller) close() {
	for _, s := range p.sockets {
		_ = syscall.Close(s.fd)
	}
	_ = syscall.Close(p.epoll)
}

// add takes a client's connection, which Go's own poller has to do with no more, and
// sends the first request.
func (p *poller) add(conn net.Conn, c *client) error {
	fd, err := duplicate(conn)
	if err != nil {
		return err
	}
	s := &socket{fd: fd, client: c}
	e := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT | edgeTriggered, Fd: int32(len(p.sockets))}
	p.sockets = append(p.sockets, s)
	p.open++
	if err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &e); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	return s.begin()
}

// duplicate returns a descriptor of its own of a connection and closes that.
func duplicate(c net.Conn) (fd int, err error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(of uintptr) { fd, err = syscall.Dup(int(of)) })
	return fd, errors.Join(err, failed, c.Close())
}

// turn waits for what arrives and answers it.
func (p *poller) turn() error {
	n, err := syscall.EpollWait(p.epoll, p.events, int(tick.Milliseconds()))
	if err == syscall.EINTR {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("epoll_wait", err)
	}
	for _, e := range p.events[:n] {
		more, err := p.sockets[e.Fd].serve(p.buffer)
		if err != nil {
			return err
		}
		if !more {
			p.open--
		}
	}
	return nil
}

// begin sends the client's next request.
func (s *socket) begin() error {
	q := s.client.next(time.Now())
	s.reader.expect(q)
	s.unsent = q.raw
	return s.send()
}

// send writes what is left of the request, as far as there is room.
func (s *socket) send() error {
	for len(s.unsent) > 0 {
		n, err := syscall.Write(s.fd, s.unsent)
		if err == syscall.EAGAIN {
			return nil
		}
		if err != nil {
			return os.NewSyscallError("write", err)
		}
		s.unsent = s.unsent[n:]
	}
	return nil
}

// serve goes on with the socket as far as it can: it is told only once of what has
// changed. It says whether the client has anything left to do.
func (s *socket) serve(buffer []byte) (bool, error) {
	for {
		if err := s.send(); err != nil {
			return false, err
		}
		n, err := syscall.Read(s.fd, buffer)
		if err == syscall.EAGAIN {
			return true, nil
		}
		if err != nil {
			return false, os.NewSyscallError("read", err)
		}
		if n == 0 {
			return false, fmt.Errorf("reading an answer: %w", io.ErrUnexpectedEOF)
		}
		done, err := s.reader.read(buffer[:n])
		if err != nil {
			return false, err
		}
		if done && len(s.unsent) > 0 {
			return false, errors.New("an answer to half a request")
		}
		if !done {
			continue
		}
		if more, err := s.client.answer(s.reader.status, time.Now()); !more || err != nil {
			return false, err
		}
		return true, s.begin()
	}
}
