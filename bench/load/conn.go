package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header map[string]string // names in lower case
	Body   []byte
}

// conn is one keep-alive connection.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, addr string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 16<<10)}, nil
}

// Do sends one request on a connection of its own and returns the whole answer.
func Do(ctx context.Context, addr string, q Request) (*Answer, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(q.raw); err != nil {
		return nil, err
	}
	a := &Answer{Header: map[string]string{}}
	var body bytes.Buffer
	a.Status, err = c.read(q.head, a.Header, &body)
	a.Body = body.Bytes()
	return a, err
}

// status sends a request, reads its answer to the end and returns its status.
func (c *conn) status(q Request) (int, error) {
	if _, err := c.Write(q.raw); err != nil {
		return 0, err
	}
	return c.read(q.head, nil, io.Discard)
}

// read reads one answer. Headers are kept only when header is not nil.
func (c *conn) read(head bool, header map[string]string, body io.Writer) (int, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("bad status line %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length, chunked, err := c.readHeader(header)
	switch {
	case err != nil || head || status == 204 || status == 304:
	case chunked:
		err = c.readChunks(body)
	case length >= 0:
		_, err = io.CopyN(body, c.r, length)
	default:
		err = errors.New("an answer without a length")
	}
	return status, err
}

func (c *conn) readHeader(header map[string]string) (length int64, chunked bool, err error) {
	length = -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, chunked, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		if header != nil {
			header[string(bytes.ToLower(name))] = string(value)
		}
		if len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, false, err
			}
		}
		if len(name) == 17 && bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
}

func (c *conn) readChunks(body io.Writer) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(body, c.r, n); err != nil {
			return err
		}
		if _, err := c.r.Discard(2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}
