package lesson

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long one block may take.
const patience = 90 * time.Second

// shell is the terminal of a reader: one bash, in which one block runs after the other.
type shell struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string // of its output; closed when it ended
	folder string      // for the blocks
}

// end is the line behind the output of a block; it cannot come out of one by chance.
const end = "\x01end of block "

// openShell starts a shell in a folder.
func openShell(folder, home string, env []string) (*shell, error) {
	s := &shell{cmd: exec.Command("bash", "--noprofile", "--norc"), lines: make(chan string, 1024), folder: home}
	s.cmd.Dir, s.cmd.Env = folder, env
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stderr = s.cmd.Stdout
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.read(out)
	_, err = io.WriteString(s.in, "set -E; trap 'LESSON_FAILED=$?' ERR\n")
	return s, err
}

func (s *shell) read(out io.Reader) {
	defer close(s.lines)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			s.lines <- line
		}
		if err != nil {
			return
		}
	}
}

// run runs commands, and returns what they print and whether one of them failed.
func (s *shell) run(ctx context.Context, commands string) (output string, failed bool, err error) {
	script := filepath.Join(s.folder, ".block.sh")
	if err := os.WriteFile(script, []byte(commands), 0o600); err != nil {
		return "", false, err
	}
	if _, err := fmt.Fprintf(s.in, "LESSON_FAILED=0; . %q </dev/null; printf '%s%%s\\n' \"$LESSON_FAILED\"\n", script, end); err != nil {
		return "", false, err
	}
	return s.until(ctx)
}

// until gathers output up to the end of the block.
func (s *shell) until(ctx context.Context) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var b strings.Builder
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				return b.String(), true, errors.New("the shell ended")
			}
			before, status, ended := strings.Cut(line, end)
			b.WriteString(before)
			if ended {
				return b.String(), strings.TrimSpace(status) != "0", nil
			}
		case <-ctx.Done():
			return b.String(), true, fmt.Errorf("no end after %s", patience)
		}
	}
}

// close ends the shell; it does not wait for what was left in the background.
func (s *shell) close() {
	_ = s.in.Close()
	_ = s.cmd.Process.Kill()
	for range s.lines { // read to its end, so that the reader ends too
	}
	_ = s.cmd.Wait()
}
