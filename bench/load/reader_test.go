package load

import (
	"strings"
	"testing"
)

const ok = "HTTP/1.1 200 OK\r\n"

var answers = []struct {
	name, text, body string
	head             bool
	err              string
}{
	{name: "length", text: ok + "Content-Length: 5\r\nA: b\r\n\r\nhello", body: "hello"},
	{name: "names in any case", text: ok + "content-LENGTH:5 \r\n\r\nhello", body: "hello"},
	{name: "empty", text: ok + "Content-Length: 0\r\n\r\n"},
	{name: "head", text: ok + "Content-Length: 5\r\n\r\n", head: true},
	{name: "no content", text: "HTTP/1.1 204 No Content\r\n\r\n"},
	{name: "not modified", text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
	{name: "chunks", text: ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n9;x=y\r\n, \r\n0\r\n\r\n\r\n0\r\n\r\n", body: "hello, \r\n0\r\n\r\n"},
	{name: "trailers", text: ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nServer-Timing: db\r\nB: c\r\n\r\n", body: "x"},
	{name: "line feeds alone", text: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", body: "ok"},
	{name: "no length", text: ok + "\r\n", err: "without a length"},
	{name: "negative length", text: ok + "Content-Length: -5\r\n\r\n", err: "invalid syntax"},
	{name: "negative chunk", text: ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", err: "invalid syntax"},
	{name: "huge chunk", text: ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", err: "out of range"},
	{name: "chunk without end", text: ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", err: `"y" after a chunk`},
	{name: "more than its length", text: ok + "Content-Length: 1\r\n\r\nxy", err: "more than one answer"},
	{name: "another protocol", text: "HTTP/1.0 200 OK\r\n", err: "bad status line"},
	{name: "status", text: "HTTP/1.1 2x0 OK\r\n", err: "invalid syntax"},
	{name: "endless line", text: ok + strings.Repeat("x", maxLine+1), err: "line too long"},
}

// TestReader cuts each answer into pieces at each place, so that it must be found
// whole with its last byte and not before.
func TestReader(t *testing.T) {
	for _, c := range answers {
		for _, size := range []int{1, 2, 3, 7, len(c.text)} {
			a := &Answer{Header: map[string]string{}}
			r := reader{keep: a}
			r.expect(Request{head: c.head})
			done, err := readPieces(&r, c.text, size)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%s, pieces of %d: error %v", c.name, size, err)
				}
				continue
			}
			if err != nil || done != len(c.text) || string(a.Body) != c.body {
				t.Errorf("%s, pieces of %d: whole after %d of %d, body %q, %v", c.name, size, done, len(c.text), a.Body, err)
			}
		}
	}
}

// readPieces returns after how many bytes the answer was whole.
func readPieces(r *reader, text string, size int) (whole int, err error) {
	for i := 0; i < len(text); i += size {
		end := min(i+size, len(text))
		done, err := r.read([]byte(text[i:end]))
		if err != nil {
			return 0, err
		}
		if done && whole == 0 {
			whole = end
		}
	}
	return whole, nil
}

// TestReaderAgain reads answers one after the other with one reader.
func TestReaderAgain(t *testing.T) {
	var r reader
	for range 2 {
		for _, c := range answers {
			r.expect(Request{head: c.head})
			done, err := r.read([]byte(c.text))
			if c.err == "" && (err != nil || !done) {
				t.Errorf("%s: %v, %v", c.name, done, err)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, c := range answers {
		f.Add(c.text, 3)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || len(text) > 4096 {
			t.Skip()
		}
		at, in := &Answer{Header: map[string]string{}}, &Answer{Header: map[string]string{}}
		once, pieces := reader{keep: at}, reader{keep: in}
		once.expect(Request{})
		pieces.expect(Request{})
		done, err := once.read([]byte(text))
		whole, bad := readPieces(&pieces, text, size)
		if (err == nil) != (bad == nil) || err == nil && (done != (whole == len(text) && whole > 0) || string(at.Body) != string(in.Body)) {
			t.Errorf("at once %v, %v, %q; in pieces of %d %v, %v, %q", done, err, at.Body, size, whole, bad, in.Body)
		}
	})
}
