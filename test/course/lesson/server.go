package lesson

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// server is a `galley serve` in the background.
type server struct{ log string }

// serve starts a server as the block says, and waits until it is ready.
func (c *Course) serve(ctx context.Context, b Block, check bool) error {
	if c.server != nil {
		return errors.New("a server runs already; <!-- stop --> is where the reader stops it")
	}
	s := &server{log: filepath.Join(c.home, ".serve.log")}
	if err := os.Remove(s.log); err != nil && !errors.Is(err, fs.ErrNotExist) { // it tells of the server before
		return err
	}
	// Disowned, so that a `wait` of the page does not wait for it.
	start := strings.TrimRight(c.real(b.Text), "\n")
	if _, _, err := c.shell.run(ctx, fmt.Sprintf("%s >%q 2>&1 & LESSON_SERVER=$!; disown\n", start, s.log)); err != nil {
		return err
	}
	c.server = s
	last := `"msg":"listening"` // what it says in the end; without --dev and a terminal the rest is left out
	if strings.Contains(b.Text, "--dev") {
		last = "Stop with Ctrl+C"
	}
	err := s.until(ctx, func(text string) bool { return strings.Contains(text, last) }, func() bool {
		_, gone, err := c.shell.run(ctx, "kill -0 $LESSON_SERVER 2>/dev/null\n")
		return err == nil && gone
	})
	if err == nil && c.hasFunctions(ctx) {
		err = s.until(ctx, func(text string) bool { return len(loaded(text)) > 0 }, never)
	}
	if err != nil || !check || !b.Checked {
		return err
	}
	return c.compare(b, strings.ReplaceAll(s.text(), c.listen, shown))
}

// stop stops the server, if one runs, as Ctrl+C does.
func (c *Course) stop() error {
	if c.server == nil {
		return nil
	}
	c.server = nil
	_, failed, err := c.shell.run(context.Background(), "kill $LESSON_SERVER; while kill -0 $LESSON_SERVER 2>/dev/null; do sleep 0.02; done\n")
	if err == nil && failed {
		err = errors.New("galley serve had ended already")
	}
	return err
}

func (s *server) text() string {
	text, _ := os.ReadFile(s.log) // it is there as soon as the shell has made it
	return string(text)
}

func (s *server) length() int {
	if s == nil {
		return 0
	}
	return len(s.text())
}

// tail is the end of the log, for an error.
func (s *server) tail() string {
	if s == nil {
		return ""
	}
	text := s.text()
	return "\nthe log of the server ends with\n" + indent(text[max(0, len(text)-3000):])
}

// hasFunctions tells whether the project has any: the server loads them behind its start.
func (c *Course) hasFunctions(ctx context.Context) bool {
	_, failed, err := c.shell.run(ctx, "ls functions/[!_.]*/index.ts >/dev/null 2>&1\n")
	return err == nil && !failed
}

// loads waits until the log tells, behind what was there before, that a function is in use.
func (s *server) loads(ctx context.Context, name string, before int) error {
	err := s.until(ctx, func(text string) bool { return slices.Contains(loaded(text[before:]), name) }, never)
	if err != nil {
		return fmt.Errorf("the function %s is not loaded: %w", name, err)
	}
	return nil
}

func never() bool { return false }

// loaded are the functions of which a log tells that they are in use.
func loaded(log string) []string {
	var names []string
	for line := range strings.Lines(log) {
		var l struct {
			Msg, Function string
			Functions     []string
		}
		if json.Unmarshal([]byte(line), &l) == nil && strings.HasPrefix(l.Msg, "functions: loaded") {
			names = append(append(names, l.Function), l.Functions...)
		}
	}
	return names
}

// until waits for something in the log.
func (s *server) until(ctx context.Context, there func(text string) bool, gone func() bool) error {
	for end := time.Now().Add(patience); !there(s.text()); time.Sleep(20 * time.Millisecond) {
		switch {
		case gone():
			return errors.New("galley serve ended")
		case time.Now().After(end) || ctx.Err() != nil:
			return errors.New("waited in vain for galley serve")
		}
	}
	return nil
}
