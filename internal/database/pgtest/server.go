// Package pgtest gives tests a real PostgreSQL.
//
//	url := pgtest.Database(t) // a fresh database, dropped when the test ends
//
// The server is the one GALLEY_TEST_DATABASE_URL names, or, without it, one
// started for this process from an installed PostgreSQL 14 or newer and stopped
// with it, however it ends. Where there is none the test is skipped; with
// GALLEY_TEST_REQUIRE_POSTGRES=1 it fails.
package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotInstalled tells that no usable PostgreSQL was found.
var ErrNotInstalled = errors.New("no PostgreSQL 14 or newer was found in /usr/lib/postgresql or PATH")

const (
	startTimeout = 60 * time.Second
	minVersion   = 14
)

// Server is a running PostgreSQL of our own, in a folder that goes with it.
type Server struct {
	URL string // of its database postgres, as the superuser
	Dir string

	guard io.Closer // the server stops when it is closed
	done  chan struct{}
}

// guardScript runs the server for as long as its standard input stays open, so
// that it ends with the process that started it, however that ends, and leaves
// no files. $1 is the folder, the rest is the command.
const guardScript = `dir=$1; shift
"$@" >"$dir/log" 2>&1 </dev/null &
pid=$!
trap '' INT TERM HUP
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid
rm -rf "$dir"`

// Start makes a cluster in a temporary folder (C.UTF-8, UTC, no fsync) and
// starts a server on a free port of the loopback interface. It ends with Stop,
// or with this process.
func Start(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	bin, err := binaries(ctx)
	if err != nil {
		return nil, err
	}
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "galley-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, done: make(chan struct{})}
	if err := s.start(ctx, bin, account); err != nil {
		_ = s.Stop()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, bin string, account *account) error {
	data := filepath.Join(s.Dir, "data")
	if err := account.own(s.Dir); err != nil {
		return err
	}
	password := filepath.Join(s.Dir, "password")
	secret := rand.Text()
	if err := errors.Join(os.WriteFile(password, []byte(secret), 0o600), account.own(password)); err != nil {
		return err
	}
	initdb := account.command(exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres",
		"--auth=scram-sha-256", "--pwfile="+password, "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync", "--no-instructions"))
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.URL = fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", secret, port)
	return s.serve(ctx, account, filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "TimeZone=UTC",
		"-c", "log_timezone=UTC", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
		"-c", "wal_level=logical", "-c", "jit=off")
}

// serve starts the server under its guard and waits until it answers.
func (s *Server) serve(ctx context.Context, account *account, command ...string) error {
	// Not bound to ctx, which ends with the start.
	guard := account.command(exec.Command("/bin/sh", append([]string{"-c", guardScript, "sh", s.Dir}, command...)...))
	input, err := guard.StdinPipe()
	if err != nil {
		return err
	}
	if err := guard.Start(); err != nil {
		return err
	}
	s.guard = input
	go func() {
		defer close(s.done)
		_ = guard.Wait()
	}()
	for {
		conn, err := pgconn.Connect(ctx, s.URL)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("the server does not answer: %w: %s", err, bytes.TrimSpace(log))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	if s.guard == nil {
		return nil
	}
	err := s.guard.Close()
	s.guard = nil
	<-s.done
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// binaries finds the folder of the newest installed PostgreSQL.
func binaries(ctx context.Context) (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return folderVersion(b) - folderVersion(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
		if err == nil && majorVersion(string(out)) >= minVersion {
			return dir, nil
		}
	}
	return "", ErrNotInstalled
}

func folderVersion(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// majorVersion reads "postgres (PostgreSQL) 15.18 (Debian …)".
func majorVersion(text string) int {
	_, rest, _ := strings.Cut(text, "(PostgreSQL) ")
	major, _, _ := strings.Cut(strings.TrimSpace(rest), ".")
	n, _ := strconv.Atoi(major)
	return n
}

// unprivileged returns the account that runs the server: our own, or that of
// postgres when we are root, as which PostgreSQL refuses to run.
func unprivileged() (*account, error) {
	if os.Getuid() != 0 {
		return &account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w: PostgreSQL does not run as root, and there is no account postgres: %w", ErrNotInstalled, err)
	}
	return newAccount(u)
}
