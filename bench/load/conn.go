package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// patience is how long an answer may take.
const patience = 30 * time.Second

// bufferSize is how many bytes are read at once.
const bufferSize = 64 << 10

// Answer is what came back.
type Answer struct {
	Status int
	Header map[string]string // names in lower case
	Body   []byte
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// dialAll opens n connections. With an error it returns those that are open.
func dialAll(ctx context.Context, addr string, n int) ([]net.Conn, error) {
	var out []net.Conn
	for range n {
		c, err := dial(ctx, addr)
		if err != nil {
			return out, err
		}
		out = append(out, c)
	}
	return out, nil
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// Do sends one request on a connection of its own and returns the whole answer.
func Do(ctx context.Context, addr string, q Request) (*Answer, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	a := &Answer{Header: map[string]string{}}
	r := reader{keep: a}
	a.Status, err = exchange(c, &r, q, make([]byte, bufferSize))
	return a, err
}

// exchange sends a request and waits for the whole answer, whose status it returns.
func exchange(c net.Conn, r *reader, q Request, buffer []byte) (int, error) {
	r.expect(q)
	if _, err := c.Write(q.raw); err != nil {
		return 0, err
	}
	for {
		n, err := c.Read(buffer)
		done, bad := r.read(buffer[:n])
		if done || bad != nil {
			return r.status, bad
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, fmt.Errorf("reading an answer: %w", err)
		}
	}
}
