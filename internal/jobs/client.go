package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Config is what a node needs to know. Only DB is required.
type Config struct {
	DB       database.DB
	Handlers map[string]Handler // by kind
	Other    Handler            // does jobs of kinds that Handlers do not have; nil does none
	// Queues are those this node takes jobs from; all when there are none.
	Queues []string
	// Workers bounds the jobs that this node runs at once; 20 by default.
	Workers int
	// Lease is how long after its last sign of life a node is taken for dead, and
	// its jobs given to others; 6 s by default. A sign is given four times as
	// often.
	Lease time.Duration
	// Poll is how often the queue is looked at when nobody told of a job: those
	// of another process on the same file, say; 1 s by default.
	Poll time.Duration
	// KeepCompleted and KeepFailed are how long jobs stay after their end: those
	// completed or cancelled (24 h by default), and dead letters (30 days).
	KeepCompleted, KeepFailed time.Duration
	Logger                    *slog.Logger // nil means slog.Default
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	if c.Workers <= 0 {
		c.Workers = 20
	}
	set(&c.Lease, 6*time.Second)
	set(&c.Poll, time.Second)
	set(&c.KeepCompleted, 24*time.Hour)
	set(&c.KeepFailed, 30*24*time.Hour)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// Why the context of a job ends before its time.
var (
	errCancelled = errors.New("the job was cancelled")
	errLost      = errors.New("the lease of the job was lost")
	errStopping  = errors.New("the node is stopping")
)

// Client is a node that does jobs.
type Client struct {
	config   Config
	store    *store
	bell     *bell
	running  *register
	slots    chan struct{} // one for each job that runs
	freed    chan struct{} // a slot has become free
	outcomes chan outcome

	background sync.WaitGroup // the loops but for finish
	handlers   sync.WaitGroup
	finished   chan struct{} // finish has ended
	stop       context.CancelFunc
	stopping   sync.Once
	unlisten   func()
}

// New returns a node, which does nothing until it is started.
func New(c Config) (*Client, error) {
	c = c.withDefaults()
	switch {
	case c.DB == nil:
		return nil, errors.New("jobs: no database")
	case c.Workers > maxWorkers:
		return nil, fmt.Errorf("jobs: %d workers, at most %d", c.Workers, maxWorkers)
	case c.Lease < minLease:
		return nil, fmt.Errorf("jobs: a lease of %s, at least %s", c.Lease, minLease)
	}
	return &Client{
		config: c, store: &store{db: c.DB, node: nodeName(), lease: c.Lease, queues: c.Queues}, running: newRegister(),
		bell: newBell(), slots: make(chan struct{}, c.Workers), freed: make(chan struct{}, 1),
		outcomes: make(chan outcome, 2*c.Workers+maxOutcomes), finished: make(chan struct{}),
	}, nil
}

// nodeName tells a run of the program from all others.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", clip(host, 100), os.Getpid(), rand.Text()[:10])
}

// Node is the name under which this node holds its jobs.
func (c *Client) Node() string { return c.store.node }

// Start begins to do jobs.
func (c *Client) Start() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.unlisten = func() {}
	if n, ok := c.config.DB.(database.Notifier); ok {
		c.unlisten = n.Listen(channel, c.heard)
	}
	for name, loop := range map[string]func(context.Context) error{
		"dispatch": c.dispatch, "lease": c.keepLeases, "clean": c.clean,
	} {
		c.background.Go(func() { c.forever(ctx, name, loop) })
	}
	go func() {
		defer close(c.finished)
		c.forever(context.Background(), "finish", c.finish)
	}()
}

// channel is where news of jobs is told. Its payload is empty for jobs to do.
const (
	channel       = "galley_jobs"
	toldOfCancels = "cancel"
)

func (c *Client) heard(n database.Notification) {
	if n.Lost || n.Payload == toldOfCancels {
		c.running.look()
	}
	if n.Payload != toldOfCancels {
		c.bell.ring()
	}
}

// forever keeps a loop going through errors and panics, until it returns nil.
func (c *Client) forever(ctx context.Context, name string, loop func(context.Context) error) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		began := time.Now()
		err := protect(func() error { return loop(ctx) })
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		c.config.Logger.ErrorContext(ctx, "jobs: a loop failed and goes on", "loop", name, "error", err)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// protect makes an error of a panic.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// sleep waits, and tells whether ctx is still to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// grace is how long handlers have to end once they are told to.
const grace = time.Second

// Stop takes no more jobs and waits for those that run. When ctx is done first,
// they are told to end; what then fails is put back into its queue. A handler
// that goes on regardless is left alone: its job is another's once its lease
// runs out. Only the first call does anything.
func (c *Client) Stop(ctx context.Context) (err error) {
	c.stopping.Do(func() {
		if c.stop != nil { // it was started
			err = c.end(ctx)
		}
	})
	return err
}

func (c *Client) end(ctx context.Context) error {
	c.unlisten()
	c.running.close() // nothing begins any more
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.handlers.Wait()
	}()
	err := c.drain(ctx, done)
	c.stop()
	c.background.Wait()
	if err == nil {
		close(c.outcomes)
	} else {
		c.outcomes <- outcome{} // ends finish; whoever comes later finds nobody
	}
	select {
	case <-c.finished:
	case <-time.After(c.config.Lease):
		err = errors.Join(err, errors.New("jobs: the last outcomes could not be written"))
	}
	return err
}

func (c *Client) drain(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	c.running.endAll(errStopping)
	select {
	case <-done:
		return nil
	case <-time.After(grace):
		return fmt.Errorf("jobs: %d handlers did not end", c.running.len())
	}
}
