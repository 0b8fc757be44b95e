package postgres

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
)

const (
	// cancelGrace is how long the server may take to answer a cancel request
	// before its connection is given up.
	cancelGrace = 3 * time.Second
	// closeGrace bounds how long Close waits for running statements to end,
	// and how long a clean goodbye to the server may take.
	closeGrace = 3 * time.Second
	// probeAfter is how long a connection may have been idle before it is
	// tried with a ping ahead of its next statement.
	probeAfter = 10 * time.Second
	// idleFor is how long an unused connection is kept.
	idleFor = 5 * time.Minute
)

// pool hands out connections, at most as many as configured.
type pool struct {
	config     *pgconn.Config
	wait       time.Duration
	slots      chan struct{}
	generation *atomic.Uint64
	changed    func(oids []string) // told of tables that a connection has changed

	mu     sync.Mutex
	idle   []*conn // the most recently used last
	busy   map[*conn]struct{}
	closed bool
	epoch  int // connections of an older one are not used again
	done   chan struct{}
	stats  poolStats
}

func newPool(config *pgconn.Config, c Config, generation *atomic.Uint64) *pool {
	config.OnNotice = noticed
	config.BuildContextWatcherHandler = func(pg *pgconn.PgConn) ctxwatch.Handler {
		return &canceler{conn: pg}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = c.AcquireTimeout
	}
	return &pool{config: config, wait: c.AcquireTimeout, slots: make(chan struct{}, c.MaxConns),
		generation: generation, busy: map[*conn]struct{}{}, done: make(chan struct{}), stats: poolStats{wait: metrics.Latency()}}
}

// acquire returns a connection for one user. It must be released.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	if err := p.takeSlot(ctx); err != nil {
		return nil, err
	}
	c, err := p.reuseOrConnect(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	c.refresh(p.generation.Load())
	return c, nil
}

func (p *pool) takeSlot(ctx context.Context) error {
	if ctx.Err() != nil {
		return canceled(ctx.Err())
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	defer p.stats.waits()()
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return canceled(ctx.Err())
	case <-p.done:
		return errClosed()
	case <-timer.C:
		p.stats.refused.Add(1)
		return fault.New(fault.TooManyConnections, "all %d database connections are in use", cap(p.slots)).
			WithDetail("None became free within %s.", p.wait)
	}
}

func (p *pool) reuseOrConnect(ctx context.Context) (*conn, error) {
	for {
		c, err := p.popIdle()
		if err != nil {
			return nil, err
		}
		if c == nil {
			return p.connect(ctx)
		}
		if c.alive(ctx) {
			return c, nil
		}
		p.forget(c)
		if ctx.Err() != nil {
			return nil, canceled(ctx.Err())
		}
	}
}

// popIdle returns the connection used last, marked busy, or nil.
func (p *pool) popIdle() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed()
	}
	n := len(p.idle)
	if n == 0 {
		return nil, nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	p.busy[c] = struct{}{}
	return c, nil
}

func (p *pool) connect(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	epoch := p.epoch
	p.mu.Unlock()
	pg, err := pgconn.ConnectConfig(ctx, p.config)
	p.stats.connects.Add(1)
	if err != nil {
		p.stats.failed.Add(1)
		return nil, convert(ctx, err)
	}
	c := newConn(pg, epoch)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		background(c.close)
		return nil, errClosed()
	}
	p.busy[c] = struct{}{}
	return c, nil
}

// release takes a connection back. One that is broken, inside a transaction or
// that carries settings of its own is closed or cleaned first.
func (p *pool) release(c *conn) {
	defer func() { <-p.slots }()
	p.settle(c)
	if !c.clean() {
		p.forget(c)
		return
	}
	c.idleSince = time.Now()
	p.mu.Lock()
	delete(p.busy, c)
	usable := !p.closed && c.epoch == p.epoch
	var expired []*conn
	if usable {
		p.idle = append(p.idle, c)
		expired = p.expired(c.idleSince)
	}
	p.mu.Unlock()
	if !usable {
		c.close()
	}
	for _, old := range expired {
		background(old.close)
	}
}

// settle tells of the tables that a connection has changed, whether or not the change
// was committed. It comes before the commit is acknowledged.
func (p *pool) settle(c *conn) {
	if len(c.touched) > 0 && p.changed != nil {
		p.changed(c.touched)
		c.touched = nil
	}
}

// expired removes the connections that nobody used for long. p.mu is held.
func (p *pool) expired(now time.Time) []*conn {
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].idleSince) > idleFor {
		n++
	}
	old := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	return old
}

// forget drops a busy connection. When the server ended it, the idle ones are
// most likely gone too, so none of them is trusted any more.
func (p *pool) forget(c *conn) {
	lost := c.pg.IsClosed()
	p.mu.Lock()
	delete(p.busy, c)
	var idle []*conn
	if lost && c.epoch == p.epoch {
		p.epoch++
		idle, p.idle = p.idle, nil
	}
	p.mu.Unlock()
	for _, i := range append(idle, c) {
		background(i.close)
	}
}

// close cancels what runs, waits shortly for it to end, and closes everything.
func (p *pool) close() error {
	idle, busy, first := p.shut()
	if !first {
		return nil
	}
	for _, c := range idle {
		c.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	for _, c := range busy {
		_ = c.pg.CancelRequest(ctx)
	}
	if !p.drained(ctx) {
		for _, c := range busy {
			_ = c.pg.Conn().Close()
		}
	}
	return nil
}

func (p *pool) shut() (idle, busy []*conn, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, false
	}
	p.closed = true
	close(p.done)
	idle, p.idle = p.idle, nil
	for c := range p.busy {
		busy = append(busy, c)
	}
	return idle, busy, true
}

// drained waits until every slot is free, which it then keeps.
func (p *pool) drained(ctx context.Context) bool {
	for range cap(p.slots) {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// cancelInterval is how long a cancel request has to take effect before the next
// one is sent: the server drops one that arrives between two messages.
const cancelInterval = 100 * time.Millisecond

// canceler asks the server to cancel what a connection runs once its context is
// done, again and again until it has answered. It implements
// ctxwatch.Handler for pgconn.
type canceler struct {
	conn *pgconn.PgConn
	stop chan struct{} // closed when no request is wanted any more
	done chan struct{} // closed when none is under way
	late bool          // the last one has no answer; for those who wait for done
}

// HandleCancel begins to send cancel requests. A server that does not react
// within cancelGrace loses the connection.
func (h *canceler) HandleCancel(context.Context) {
	h.stop, h.done, h.late = make(chan struct{}), make(chan struct{}), true
	_ = h.conn.Conn().SetDeadline(time.Now().Add(cancelGrace))
	background(func() {
		defer close(h.done)
		ctx, end := context.WithTimeout(context.Background(), cancelGrace)
		defer end()
		for ctx.Err() == nil {
			err := h.conn.CancelRequest(ctx)
			select {
			case <-h.stop:
				h.late = err != nil || ctx.Err() != nil
				return
			case <-ctx.Done():
			case <-time.After(cancelInterval):
			}
		}
	})
}

// HandleUnwatchAfterCancel ends the requests; none is under way afterwards. One that
// the server has not answered might end the next statement, so the connection has none.
func (h *canceler) HandleUnwatchAfterCancel() {
	close(h.stop)
	<-h.done
	if h.late {
		_ = h.conn.Conn().Close()
		return
	}
	_ = h.conn.Conn().SetDeadline(time.Time{})
}

// background runs something that must not delay its caller, nor end the process.
func background(fn func()) {
	go func() {
		defer func() {
			if p := recover(); p != nil {
				slog.Error("panic while releasing a database connection", "panic", p)
			}
		}()
		fn()
	}()
}

func errClosed() error {
	return fault.New(fault.AdminShutdown, "the database is closed")
}
