package galleytest

import (
	"bytes"
	"encoding/json"
	"sync"
)

// kept is how much of the log is kept.
const kept = 64 << 10

// buffer keeps what a process prints; it may be read meanwhile.
type buffer struct {
	mu   sync.Mutex
	b    []byte
	line []byte // the line being written, until one has told the address
	// listening gets the server's URL once its log names it.
	listening chan string
	told      bool
}

func newBuffer() *buffer { return &buffer{listening: make(chan string, 1)} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b = append(b.b, p...)
	if len(b.b) > 2*kept {
		b.b = append(b.b[:0], b.b[len(b.b)-kept:]...)
	}
	b.watch(p)
	return len(p), nil
}

// watch looks for the line that tells the address.
func (b *buffer) watch(p []byte) {
	for !b.told && len(p) > 0 {
		head, rest, ended := bytes.Cut(p, []byte("\n"))
		if b.line = append(b.line, head...); !ended {
			return
		}
		if url := listeningURL(b.line); url != "" {
			b.listening <- url
			b.told = true
		}
		b.line, p = b.line[:0], rest
	}
}

// listeningURL is the URL in a line of the log that says where the server
// listens, "" for other lines.
func listeningURL(line []byte) string {
	var l struct{ Msg, URL string }
	if json.Unmarshal(line, &l) != nil || l.Msg != "listening" {
		return ""
	}
	return l.URL
}

func (b *buffer) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.b[max(0, len(b.b)-4096):])
}
