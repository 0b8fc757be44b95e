// Command galley is Galley: a database, the APIs in front of it and the page that
// uses them, in one program. See galley help, or docs/.
//
// It exits with 0 when all went well, 1 when something failed and 2 when it was
// called wrongly.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

// The exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	code := run(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:], os.Environ())
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, s streams, args, env []string) int {
	root := newRoot(&command{streams: s, env: env})
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	printError(s.err, err)
	if isUsage(err) {
		return exitUsage
	}
	return exitError
}
