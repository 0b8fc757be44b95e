// Package load drives an HTTP/1.1 server over loopback as fast as a fixed number
// of connections allow, and measures how long each answer takes. Requests are
// bytes made beforehand and answers are parsed just enough to find their end, so
// that the generator takes as little as possible of the machine it shares with the
// server.
//
//	result, err := load.Run(ctx, load.Options{Addr: addr, Requests: requests, Measure: time.Second})
package load

import (
	"bytes"
	"fmt"
)

// Request is one HTTP request, ready to send.
type Request struct {
	raw  []byte
	head bool
}

// Empty says whether there is nothing to send.
func (r Request) Empty() bool { return len(r.raw) == 0 }

// NewRequest makes a request. Headers are lines without their end ("Accept: */*").
func NewRequest(method, path string, headers []string, body []byte) Request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return Request{raw: b.Bytes(), head: method == "HEAD"}
}
