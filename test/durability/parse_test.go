package durability

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
)

// call is one system call of a trace: what was called, and at which lines of the
// trace it began and returned. Lines are in the order of time.
type call struct {
	name         string
	text         string // file descriptor with its path, and what was written
	began, ended int
}

var (
	// 1234 pwrite64(9</data/data.db-wal>, "…", 4096, 32) = 4096
	// 1234 fsync(9</data/data.db-wal> <unfinished ...>
	// 1234 <... fsync resumed>) = 0
	lineForm    = regexp.MustCompile(`^(\d+) +(.*)$`)
	startForm   = regexp.MustCompile(`^(\w+)\((.*)$`)
	resumedForm = regexp.MustCompile(`^<\.\.\. (\w+) resumed>(.*)$`)
)

const (
	unfinished = "<unfinished ...>"
	detached   = "<detached ...>"
	never      = math.MaxInt
)

// parseTrace reads the output of strace -f -y. Calls that failed are left out; one
// whose return the trace does not hold (a client may read an answer, and the trace
// be stopped, before the call that wrote it returns) ended never.
func parseTrace(r io.Reader) ([]call, error) {
	var done []call
	open := map[string]call{} // by thread
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for n := 0; lines.Scan(); n++ {
		m := lineForm.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		thread, rest := m[1], m[2]
		if r := resumedForm.FindStringSubmatch(rest); r != nil && !strings.HasSuffix(rest, detached) {
			c, ok := open[thread]
			if ok && c.name == r[1] && succeeded(rest) {
				c.ended = n
				done = append(done, c)
			}
			delete(open, thread)
			continue
		}
		s := startForm.FindStringSubmatch(rest)
		if s == nil {
			continue
		}
		c := call{name: s[1], text: s[2], began: n, ended: n}
		switch {
		case strings.HasSuffix(rest, unfinished), strings.HasSuffix(rest, detached):
			open[thread] = c
		case succeeded(rest):
			done = append(done, c)
		}
	}
	for _, c := range open {
		c.ended = never
		done = append(done, c)
	}
	return done, lines.Err()
}

func succeeded(line string) bool {
	i := strings.LastIndex(line, " = ")
	return i >= 0 && !strings.HasPrefix(line[i+3:], "-1")
}

const walFile = "-wal>"

func (c call) writesWAL(marker string) bool {
	return (c.name == "pwrite64" || c.name == "write") && strings.Contains(c.text, walFile) && strings.Contains(c.text, marker)
}

func (c call) syncsWAL() bool {
	return (c.name == "fsync" || c.name == "fdatasync") && strings.Contains(c.text, walFile)
}

func (c call) answers(marker string) bool {
	return c.name == "write" && strings.Contains(c.text, "socket:[") && strings.Contains(c.text, marker)
}

// provesDurable returns nil when the trace shows that the row with this marker was
// written to the WAL, then the WAL synced, and only then the client answered.
func provesDurable(calls []call, marker string) error {
	written, answered := -1, -1
	for _, c := range calls {
		if c.writesWAL(marker) && (written < 0 || c.ended < written) {
			written = c.ended
		}
		if c.answers(marker) && (answered < 0 || c.began < answered) {
			answered = c.began
		}
	}
	if written < 0 {
		return fmt.Errorf("%s: its write to the WAL is not in the trace", marker)
	}
	if answered < 0 {
		return fmt.Errorf("%s: its answer is not in the trace", marker)
	}
	for _, c := range calls {
		if c.syncsWAL() && c.began > written && c.ended < answered {
			return nil
		}
	}
	return fmt.Errorf("%s: no sync of the WAL between its write (line %d) and its answer (line %d)", marker, written, answered)
}
