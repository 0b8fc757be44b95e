package limit

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// gathering puts the checks that come while a statement is under way into the next
// one: however many there are, a node counts them with one statement at a time. They
// are counted in the database nonetheless before any of them is answered.
type gathering struct {
	mu      sync.Mutex
	waiting []*round
	running bool // a statement is under way, or somebody has been told to begin one
}

// round is what one statement counts.
type round struct {
	wants map[string]*want
	lead  chan struct{} // of one place: tells one of those who wait to do it
	done  chan struct{} // closed when all is known, or err
	err   error

	callers int // that have not stopped waiting
}

// want is how much a round takes of a bucket.
type want struct {
	step, room float64
	n          int
	granted    int           // of n, those who came first
	wait       time.Duration // until there is more, where not all are granted
}

var errNotCounted = fault.Internal(errors.New("a limit could not be counted"))

const (
	maxKeys  = 64               // of a round
	patience = 20 * time.Second // with a statement that counts for others, too
)

// enter adds checks to a round and returns it, with the place of each check among
// those of its bucket, and whether the caller has to do the round.
func (g *gathering) enter(keys map[string]Check) (r *round, places map[string]int, lead bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.IndexFunc(g.waiting, func(r *round) bool { return r.fits(keys) })
	if i < 0 {
		i, g.waiting = len(g.waiting), append(g.waiting, &round{wants: map[string]*want{}, lead: make(chan struct{}, 1), done: make(chan struct{})})
	}
	r, places = g.waiting[i], make(map[string]int, len(keys))
	for key, c := range keys {
		w := r.wants[key]
		if w == nil {
			step, room := c.Rule.seconds()
			w = &want{step: step, room: room}
			r.wants[key] = w
		}
		places[key] = w.n
		w.n++
	}
	r.callers++
	lead = !g.running
	g.running = true
	return r, places, lead
}

// fits tells whether a round has room for checks: it takes no more of a bucket than
// that holds when it is full.
func (r *round) fits(keys map[string]Check) bool {
	for key, c := range keys {
		step, room := c.Rule.seconds()
		if w := r.wants[key]; w != nil && (w.step != step || w.room != room || float64(w.n+1)*step > room) {
			return false
		}
	}
	return len(r.wants)+len(keys) <= maxKeys
}

// begin takes a round out of those that wait: nobody joins it any more.
func (g *gathering) begin(r *round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(other *round) bool { return other == r })
}

// end answers a round and tells somebody of the next one to do it.
func (g *gathering) end(r *round) {
	close(r.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

func (g *gathering) next() {
	if g.running = len(g.waiting) > 0; g.running {
		g.waiting[0].lead <- struct{}{}
	}
}

// leave is for who stops waiting. A round that nobody waits for is not counted.
func (g *gathering) leave(r *round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.callers--; r.callers > 0 || !slices.Contains(g.waiting, r) {
		return
	}
	g.waiting = slices.DeleteFunc(g.waiting, func(other *round) bool { return other == r })
	select {
	case <-r.lead: // nobody took it
		g.next()
	default:
	}
}

// count takes one from each of the buckets and returns the round that did it, with
// the caller's place in each of its buckets.
func (l *Limiter) count(ctx context.Context, keys map[string]Check) (*round, map[string]int, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	r, places, lead := l.gathering.enter(keys)
	if !lead {
		select {
		case <-r.done:
			return r, places, r.err
		case <-r.lead:
		case <-ctx.Done():
			l.gathering.leave(r)
			return nil, nil, ctx.Err()
		}
	}
	// Others wait for it: it does not end with the caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	l.gathering.begin(r)
	defer l.gathering.end(r)
	r.err = errNotCounted // unless it returns
	r.err = l.take(ctx, r)
	return r, places, r.err
}

// take counts a round.
func (l *Limiter) take(ctx context.Context, r *round) error {
	passed, err := l.takeAll(ctx, r)
	if err != nil {
		return err
	}
	for key, w := range r.wants {
		if slices.Contains(passed, key) {
			w.granted = w.n
			continue
		}
		if w.granted, err = l.takeSome(ctx, key, w); err != nil {
			return err
		}
		if w.wait, err = l.empty(ctx, key, w); err != nil {
			return err
		}
		l.refused.add(key, time.Now().Add(w.wait))
	}
	return nil
}

// takeSome takes one after the other where not all fit, and returns how many did.
func (l *Limiter) takeSome(ctx context.Context, key string, w *want) (granted int, err error) {
	for w.n > 1 && granted < w.n {
		one := &round{wants: map[string]*want{key: {step: w.step, room: w.room, n: 1}}}
		passed, err := l.takeAll(ctx, one)
		if err != nil || len(passed) == 0 {
			return granted, err
		}
		granted++
	}
	return granted, nil
}

// takeAll takes from each bucket what a round wants of it, where it has so much, and
// returns the keys of those.
func (l *Limiter) takeAll(ctx context.Context, r *round) ([]string, error) {
	sql, arg := takeOne, []any(nil)
	if len(r.wants) == 1 {
		for key, w := range r.wants {
			arg = []any{key, float64(w.n) * w.step, w.step, w.room}
		}
	} else {
		sql, arg = takeMany, []any{r.list()}
	}
	rows, err := database.Records(ctx, database.Owner{DB: l.db}, sql, arg...)
	passed := make([]string, len(rows))
	for i, row := range rows {
		passed[i] = row.Text(0)
	}
	return passed, err
}

// list is a round as JSON. All nodes lock the rows in the same order.
func (r *round) list() string {
	type element struct {
		Key  string  `json:"key"`
		Cost float64 `json:"cost"`
		Step float64 `json:"step"`
		Room float64 `json:"room"`
	}
	var all []element
	for key, w := range r.wants {
		all = append(all, element{key, float64(w.n) * w.step, w.step, w.room})
	}
	slices.SortFunc(all, func(a, b element) int { return strings.Compare(a.Key, b.Key) })
	text, _ := json.Marshal(all) // texts and finite numbers
	return string(text)
}

// clock is the time of the database, which is the same for all nodes.
const clock = `extract(epoch from now())::double precision`

const (
	takeOne = `INSERT INTO galley.auth_limits AS l (key, full_at, step, room)
		VALUES ($1::text, ` + clock + ` + $2::double precision, $3::double precision, $4::double precision)` + taken
	takeMany = `INSERT INTO galley.auth_limits AS l (key, full_at, step, room)
		SELECT r.key, ` + clock + ` + r.cost, r.step, r.room
		FROM json_to_recordset($1::json) AS r(key text, cost double precision, step double precision, room double precision) ORDER BY r.key` + taken
	// So far as what is excluded is above the clock is what is wanted. A thousandth
	// makes up for what the sums of times were rounded by.
	taken = `
		ON CONFLICT (key) DO UPDATE SET full_at = ` + after + `, step = excluded.step, room = excluded.room
		WHERE ` + after + ` <= ` + clock + ` + excluded.room + excluded.step / 1000
		RETURNING key`
	after = `greatest(l.full_at, ` + clock + `) + (excluded.full_at - ` + clock + `)`
)

// empty is how long it takes until a bucket has one more.
func (l *Limiter) empty(ctx context.Context, key string, w *want) (time.Duration, error) {
	rows, err := database.Records(ctx, database.Owner{DB: l.db},
		`SELECT full_at + $2::double precision - $3::double precision - `+clock+` FROM galley.auth_limits WHERE key = $1`, key, w.step, w.room)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	wait, _ := rows[0].Seconds(0)
	return wait, nil
}
