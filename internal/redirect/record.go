package redirect

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	// writeEvery is how long a visit is in memory only.
	writeEvery = 250 * time.Millisecond
	// batch is how many visits one statement writes.
	batch = 2500
	// maxWaiting bounds the visits that are in memory.
	maxWaiting = 50_000
	// writeTimeout bounds the writing of one batch.
	writeTimeout = 20 * time.Second
	// stopTimeout is what is left for writing when the server stops.
	stopTimeout = 8 * time.Second
	// maxRetry is the longest time between two attempts to write.
	maxRetry = 5 * time.Second
)

// visit is what is known of a redirect that was answered.
type visit struct {
	shape    *shape
	key      string
	at       time.Time
	from     netip.Addr
	agent    string // the beginning of its User-Agent
	referrer string // a host
	country  string
}

// recorder writes visits down, in batches.
type recorder struct {
	config  Config
	mu      sync.Mutex
	waiting []visit
	ring    chan struct{} // of one place: there is a batch
	quit    chan struct{}
	done    chan struct{}
	now     func() time.Time
	saltOf  string // the day of salt
	salt    []byte

	written, dropped atomic.Int64
	told             time.Time // when it was last told that visits are lost
}

func (r *recorder) init(c Config) {
	r.config, r.ring, r.quit, r.done, r.now = c, make(chan struct{}, 1), make(chan struct{}), make(chan struct{}), time.Now
}

// add notes a visit. It never waits: one that there is no room for is dropped.
func (r *recorder) add(v visit) {
	r.mu.Lock()
	full := len(r.waiting) >= maxWaiting
	if !full {
		r.waiting = append(r.waiting, v)
	}
	ready := len(r.waiting) >= batch
	r.mu.Unlock()
	if full {
		r.dropped.Add(1)
	}
	if ready {
		select {
		case r.ring <- struct{}{}:
		default:
		}
	}
}

func (r *recorder) take() []visit {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), batch)
	out := r.waiting[:n:n]
	if r.waiting = r.waiting[n:]; len(r.waiting) == 0 {
		r.waiting = nil // of what was written nothing stays
	}
	return out
}

func (r *recorder) start() { go r.run() }

// stop writes what is there, as long as that succeeds.
func (r *recorder) stop() {
	close(r.quit)
	<-r.done
}

func (r *recorder) run() {
	defer close(r.done)
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for stopping := false; !stopping; {
		select {
		case <-ticker.C:
		case <-r.ring:
		case <-r.quit:
			stopping = true
		}
		r.writeAll(stopping)
	}
}

// writeAll writes all that is waiting. What fails is tried again until the server
// stops; meanwhile the room for visits fills.
func (r *recorder) writeAll(stopping bool) {
	ctx, cancel := context.WithCancel(context.Background())
	if stopping {
		ctx, cancel = context.WithTimeout(ctx, stopTimeout)
	}
	defer cancel()
	for list := r.take(); len(list) > 0; list = r.take() {
		r.persist(ctx, list)
	}
}

// persist writes visits, or loses them. One that cannot be written does not keep the
// others from it.
func (r *recorder) persist(ctx context.Context, list []visit) {
	ended := 0
	for pause := writeEvery; ; pause = min(2*pause, maxRetry) {
		err := r.write(ctx, list)
		switch {
		case err == nil:
			return
		case final(err) && len(list) > 1:
			r.persist(ctx, list[:len(list)/2])
			r.persist(ctx, list[len(list)/2:])
			return
		case final(err) || ctx.Err() != nil || ended > lastAttempts:
			r.lose(len(list), err)
			return
		}
		r.warn(err)
		if !r.sleep(pause) {
			ended++
			time.Sleep(lastPause)
		}
	}
}

// When the server stops, this is often tried again, with so long a pause between.
const (
	lastAttempts = 3
	lastPause    = 100 * time.Millisecond
)

// sleep waits, and tells whether the server goes on meanwhile.
func (r *recorder) sleep(d time.Duration) bool {
	select {
	case <-r.quit:
		return false
	case <-time.After(d):
		return true
	}
}

// final tells that an error comes again each time: it is of the rows or the table, not
// of the connection.
func final(err error) bool {
	code := fault.Code(err)
	for _, class := range []string{"08", "40", "53", "57", "58", "55", "25", "XX"} {
		if strings.HasPrefix(code, class) {
			return false
		}
	}
	return code != "" && code != fault.ForeignKeyViolation // a link that has just been deleted
}

func (r *recorder) lose(n int, err error) {
	r.dropped.Add(int64(n))
	r.config.Logger.Error("visits are lost: they cannot be written", "visits", n, "error", err)
}

// warn tells of an error now and then.
func (r *recorder) warn(err error) {
	if time.Since(r.told) > time.Minute {
		r.told = time.Now()
		r.config.Logger.Warn("visits cannot be written now", "error", err)
	}
}

// write writes visits, those of each rule by a statement.
func (r *recorder) write(ctx context.Context, list []visit) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.InvalidParameter, "writing visits panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	salt, err := r.saltFor(ctx, r.now().UTC())
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b visit) int { // those of a link come to lie together in the table's index
		return cmp.Or(len(a.key)-len(b.key), strings.Compare(a.key, b.key))
	})
	into := list[0].shape.insert
	if !slices.ContainsFunc(list, func(v visit) bool { return v.shape.insert != into }) { // as nearly always: a transaction by itself
		_, err = database.Exec(r.config.DB.Query(ctx, service, into.statement(list, salt)))
	} else {
		err = r.writeGroups(ctx, list, salt)
	}
	if err == nil {
		r.written.Add(int64(len(list)))
	}
	return err
}

// writeGroups writes visits of several rules.
func (r *recorder) writeGroups(ctx context.Context, list []visit, salt []byte) error {
	groups := map[*insert][]visit{}
	for _, v := range list {
		groups[v.shape.insert] = append(groups[v.shape.insert], v)
	}
	return database.InTx(ctx, r.config.DB, service, database.TxOptions{}, func(tx database.Tx) error {
		for into, visits := range groups {
			if _, err := database.Exec(tx.Query(ctx, into.statement(visits, salt))); err != nil {
				return err
			}
		}
		return nil
	})
}

// service is who visits are written as: policies are about people.
var service = database.Session{Role: "service_role", Claims: `{"role":"service_role"}`}

// saltFor is the secret of a day that visitors' hashes are made with, the same on all
// nodes. Those of other days are deleted: nobody can tell then who a hash was of.
func (r *recorder) saltFor(ctx context.Context, now time.Time) ([]byte, error) {
	const prefix = "redirects.salt."
	day := now.Format(time.DateOnly)
	if day == r.saltOf {
		return r.salt, nil
	}
	owner := database.Owner{DB: r.config.DB}
	if err := database.Run(ctx, owner, `delete from galley.settings where key like 'redirects.salt.%' and key < $1`, prefix+now.AddDate(0, 0, -1).Format(time.DateOnly)); err != nil {
		return nil, err
	}
	if err := database.Run(ctx, owner, `insert into galley.settings (key, value) values ($1, $2) on conflict (key) do nothing`, prefix+day, rand.Text()); err != nil {
		return nil, err
	}
	found, err := database.Records(ctx, owner, `select value from galley.settings where key = $1`, prefix+day)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r.saltOf, r.salt = day, []byte(found[0].Text(0))
	return r.salt, nil
}
