package backup

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// Maker makes backups of a database and tries them: a Source those of the embedded
// engine, dump.Server those of PostgreSQL.
type Maker interface {
	// Alone runs do where no other node of the database does so meanwhile; ran is
	// false, and nothing has happened, where another one does.
	Alone(ctx context.Context, do func(ctx context.Context) error) (ran bool, err error)
	// Make makes a backup and puts it into a place; said is for the log.
	Make(ctx context.Context, to Place, name string, lock Lock) (said []any, err error)
	// Try restores a backup for trial, with temporary files in dir; said is for the
	// log, err what is wrong with it.
	Try(ctx context.Context, from Place, name string, key Key, dir string) (said []any, err error)
}

// Config are the settings of a Service.
type Config struct {
	Maker Maker
	Place Place
	Lock  Lock
	Key   Key // opens what Lock closes; without, no restore is tried
	Keep  Keep
	Dir   string // of temporary files; "" is the system's

	Every     time.Duration // between backups; 0 makes none
	TestEvery time.Duration // between tried restores; 0 tries none
	// Continuous tells that there is a continuous backup in the place, whose
	// restore is to be tried, too.
	Continuous bool
	Logger     *slog.Logger
	Now        func() time.Time // of tests; nil is time.Now
}

// Service makes backups by the clock, removes old ones, and restores the newest
// for trial. When the next backup is due follows from those that are in the place,
// so a restart neither skips nor repeats one.
type Service struct {
	config Config
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	status Status
	failed int // attempts in a row
	tried  time.Time
}

// Status tells how backups are doing, for those who watch.
type Status struct {
	Newest    Backup    // in the place, as last seen; zero for none
	Failure   string    // why the last attempt failed; "" when it did not
	Tested    string    // the backup that was last restored for trial
	TestedAt  time.Time // and when
	TestError string    // what was wrong with it; "" when nothing was

	PointTestedAt time.Time // when the last point of the continuous backup was restored for trial
	PointError    string    // what was wrong with it; "" when nothing was
}

const (
	// firstRetry and lastRetry are the times between attempts after failures.
	firstRetry = time.Minute
	lastRetry  = time.Hour
	// longestWait bounds how long the service sleeps, so that a clock that is set
	// does not keep it asleep.
	longestWait = time.Minute
)

// NewService returns a service that is not started.
func NewService(c Config) *Service {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{config: c, done: make(chan struct{})}
}

// Start begins to work. A service is started once.
func (s *Service) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	if s.config.Lock.closed() && len(s.config.Key.Identities) == 0 && s.config.TestEvery > 0 {
		s.config.Logger.Warn("backups are encrypted and no key is configured: no restore is tried", "hint", "set backup.identity_file")
	}
	go s.loop(ctx)
}

// Stop ends the work; a backup that is being made is given up.
func (s *Service) Stop() {
	s.cancel()
	<-s.done
}

// Status returns how backups are doing.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *Service) loop(ctx context.Context) {
	defer close(s.done)
	for {
		wait := s.guarded(ctx)
		t := time.NewTimer(min(wait, longestWait))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// guarded runs once and survives a mistake of ours.
func (s *Service) guarded(ctx context.Context) (wait time.Duration) {
	defer func() {
		if r := recover(); r != nil {
			s.config.Logger.Error("backups panicked", "error", fmt.Sprint(r), "stack", string(debug.Stack()))
			wait = longestWait
		}
	}()
	return s.RunOnce(ctx)
}

// RunOnce makes a backup and tries a restore if they are due, and returns how
// long it is until there is something to do again.
func (s *Service) RunOnce(ctx context.Context) time.Duration {
	if wait := s.retryIn(s.config.Now()); wait > 0 {
		return wait
	}
	wait, err := s.backup(ctx)
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		return s.fail(ctx, err)
	}
	s.mu.Lock()
	s.failed, s.status.Failure = 0, ""
	s.mu.Unlock()
	return min(wait, s.test(ctx), s.testPoint(ctx))
}

func (s *Service) fail(ctx context.Context, err error) time.Duration {
	s.mu.Lock()
	s.status.Failure = err.Error()
	wait := min(lastRetry, firstRetry<<min(s.failed, 10))
	s.failed++
	s.tried = s.config.Now()
	s.mu.Unlock()
	s.config.Logger.ErrorContext(ctx, "the backup failed", "place", s.config.Place.String(), "error", err, "again_in", wait)
	return wait
}

// backup makes a backup if one is due, and returns when the next is.
func (s *Service) backup(ctx context.Context) (time.Duration, error) {
	c := s.config
	wait, err := s.due(ctx)
	if err != nil || c.Every <= 0 || wait > 0 {
		return wait, err
	}
	ran, err := c.Maker.Alone(ctx, func(ctx context.Context) error {
		if wait, err := s.due(ctx); err != nil || wait > 0 { // another node has just made it
			return err
		}
		return s.make(ctx)
	})
	if err != nil {
		return 0, err
	}
	if !ran {
		return longestWait, nil
	}
	return s.due(ctx)
}

// due is how long it is until a backup is due, after a look at the place.
func (s *Service) due(ctx context.Context) (time.Duration, error) {
	if err := s.look(ctx); err != nil {
		return 0, err
	}
	if s.config.Every <= 0 {
		return longestWait, nil
	}
	return s.config.Every - s.config.Now().Sub(s.Status().Newest.Made), nil
}

// make makes a backup, and removes old ones.
func (s *Service) make(ctx context.Context) error {
	c, now := s.config, s.config.Now()
	began, name := time.Now(), Name(now, c.Lock)
	said, err := c.Maker.Make(ctx, c.Place, name, c.Lock)
	if err != nil {
		return err
	}
	c.Logger.InfoContext(ctx, "made a backup", append([]any{"name", name, "place", c.Place.String(), "duration_ms", time.Since(began).Milliseconds()}, said...)...)
	gone, err := Prune(ctx, c.Place, c.Keep, now)
	for _, b := range gone {
		c.Logger.InfoContext(ctx, "removed an old backup", "name", b.Name)
	}
	return err
}

// retryIn is how long a failed attempt is still rested from.
func (s *Service) retryIn(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == 0 {
		return 0
	}
	return min(lastRetry, firstRetry<<min(s.failed-1, 10)) - now.Sub(s.tried)
}

// look notes the newest backup of the place.
func (s *Service) look(ctx context.Context) error {
	// One from the future was made before a clock was set back.
	b, err := Newest(ctx, s.config.Place, s.config.Now().Add(longestWait))
	if err != nil && fault.Code(err) != fault.UndefinedFile {
		return err
	}
	s.mu.Lock()
	s.status.Newest = b
	s.mu.Unlock()
	return nil
}

// test restores the newest backup for trial if that is due. What is wrong with
// it is an error of the log, and stays in the status until a trial succeeds.
func (s *Service) test(ctx context.Context) time.Duration {
	c, status := s.config, s.Status()
	name := status.Newest.Name
	if c.TestEvery <= 0 || name == "" || status.Newest.Encrypted && len(c.Key.Identities) == 0 {
		return longestWait
	}
	now := c.Now()
	if age := now.Sub(status.TestedAt); age >= 0 && age < c.TestEvery {
		return c.TestEvery - age
	}
	told, err := c.Maker.Try(ctx, c.Place, name, c.Key, c.Dir)
	if ctx.Err() != nil {
		return 0
	}
	said := ""
	if err != nil {
		said = err.Error()
		c.Logger.ErrorContext(ctx, "the newest backup cannot be restored", "name", name, "place", c.Place.String(), "error", err)
	} else {
		c.Logger.InfoContext(ctx, "restored the newest backup for trial", append([]any{"name", name}, told...)...)
	}
	s.mu.Lock()
	s.status.Tested, s.status.TestedAt, s.status.TestError = name, now, said
	s.mu.Unlock()
	return c.TestEvery
}

// testPoint restores the last point of the continuous backup for trial if that is
// due, as test does the newest backup.
func (s *Service) testPoint(ctx context.Context) time.Duration {
	c, status, now := s.config, s.Status(), s.config.Now()
	if c.TestEvery <= 0 || !c.Continuous || c.Lock.closed() && len(c.Key.Identities) == 0 {
		return longestWait
	}
	if age := now.Sub(status.PointTestedAt); age >= 0 && age < c.TestEvery {
		return c.TestEvery - age
	}
	p, err := FindPoint(ctx, c.Place, time.Time{})
	if fault.Code(err) == fault.UndefinedFile { // not yet; how far it lags is another alarm
		return longestWait
	}
	if err == nil {
		_, _, err = p.Verify(ctx, c.Key, c.Dir)
	}
	if ctx.Err() != nil {
		return 0
	}
	said := ""
	if err != nil {
		said = err.Error()
		c.Logger.ErrorContext(ctx, "the continuous backup cannot be restored", "moment", p.String(), "place", c.Place.String(), "error", err)
	} else {
		c.Logger.InfoContext(ctx, "restored the continuous backup for trial", "moment", p.String())
	}
	s.mu.Lock()
	s.status.PointTestedAt, s.status.PointError = now, said
	s.mu.Unlock()
	return c.TestEvery
}
