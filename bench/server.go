package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/galleyhq/galley/bench/load"
)

const startLimit = 60 * time.Second

// server is one running peer.
type server struct {
	name    string
	dialect dialect
	addr    string
	dir     string
	env     []string // added to ours
	ctx     context.Context
	cmd     *exec.Cmd
	exited  chan struct{}
}

// start starts, loads and checks the server.
func (s *server) start(ctx context.Context, dir string, o options) error {
	s.ctx, s.dir = ctx, dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	s.addr = addr
	if err := s.dialect.start(s, dir, o); err != nil {
		return err
	}
	if err := s.waitUntilListening(); err != nil {
		return err
	}
	if err := s.dialect.load(s, o); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return s.checkPolicy()
}

// run starts the process and returns the first line it prints that starts with
// prefix, at once when that is empty.
func (s *server) run(prefix, binary string, args ...string) (string, error) {
	logFile, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return "", err
	}
	defer logFile.Close()
	s.cmd = exec.Command(binary, args...)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.cmd.Stderr = logFile
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return "", err
	}
	s.exited = make(chan struct{})
	line := make(chan string, 1)
	go func() {
		r := bufio.NewReader(stdout)
		line <- firstLine(r, prefix)
		_, _ = io.Copy(io.Discard, r)
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	if prefix == "" {
		return "", nil
	}
	select {
	case text := <-line:
		if text == "" {
			return "", errors.New("the server ended at once")
		}
		return text, nil
	case <-s.ctx.Done():
		return "", s.ctx.Err()
	case <-time.After(startLimit):
		return "", errors.New("the server did not start in time")
	}
}

func firstLine(r *bufio.Reader, prefix string) string {
	if prefix == "" {
		return ""
	}
	for {
		text, err := r.ReadString('\n')
		if err != nil || strings.HasPrefix(text, prefix) {
			return text
		}
	}
}

func (s *server) waitUntilListening() error {
	ctx, cancel := context.WithTimeout(s.ctx, startLimit)
	defer cancel()
	for {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", s.addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-s.exited:
			return errors.New("the server ended before it listened")
		case <-ctx.Done():
			return fmt.Errorf("the server does not listen: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the process, politely first.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
}

// log returns the end of what the server wrote to its standard error.
func (s *server) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	if len(b) > 2000 {
		b = b[len(b)-2000:]
	}
	return string(b)
}

// cpu is the processor time that the process has taken; 0 where that is not known.
// Its source is proc(5): utime and stime in /proc/PID/stat, in hundredths of a second.
func (s *server) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * time.Second / 100
}

func (s *server) do(q load.Request) (*load.Answer, error) {
	return load.Do(s.ctx, s.addr, q)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
