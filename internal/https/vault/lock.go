package vault

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Lock implements certmagic.Locker: it waits until the lock is this node's. A lock is
// renewed until it is given back; that of a node that died is free after the lease, by
// the database's clock.
func (v *Vault) Lock(ctx context.Context, name string) error {
	again := time.NewTicker(v.config.Lease / 60)
	defer again.Stop()
	for {
		if got, err := v.TryLock(ctx, name); got || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

// TryLock implements certmagic.TryLocker.
func (v *Vault) TryLock(ctx context.Context, name string) (bool, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// A lock of this node's own is not free either: two of its goroutines may want it.
	rows, err := database.Records(short, v.owner(), `insert into galley.https_locks as l (name, holder, expires_at)
		values ($1, $2, now() + make_interval(secs => $3))
		on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
		where l.expires_at < now() returning name`, name, v.holder, v.config.Lease.Seconds())
	if err != nil || len(rows) == 0 {
		return false, err
	}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go v.keep(keeping, name, ended)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held[name] = func() { stop(); <-ended }
	return true, nil
}

// keep renews a lock until ctx is done.
func (v *Vault) keep(ctx context.Context, name string, ended chan<- struct{}) {
	defer close(ended)
	defer func() {
		if p := recover(); p != nil {
			v.config.Logger.Error("https: renewing a lock panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	again := time.NewTicker(v.config.Lease / 4)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		if err := v.renew(ctx, name); err != nil && ctx.Err() == nil {
			v.config.Logger.WarnContext(ctx, "https: a lock was not renewed", "lock", name, "error", err)
		}
	}
}

func (v *Vault) renew(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, v.config.Lease/4)
	defer cancel()
	rows, err := database.Records(ctx, v.owner(), `update galley.https_locks set expires_at = now() + make_interval(secs => $3)
		where name = $1 and holder = $2 returning name`, name, v.holder, v.config.Lease.Seconds())
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("another node took it")
	}
	return err
}

// Unlock implements certmagic.Locker.
func (v *Vault) Unlock(ctx context.Context, name string) error {
	v.mu.Lock()
	stop := v.held[name]
	delete(v.held, name)
	v.mu.Unlock()
	if stop != nil {
		stop()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return database.Run(ctx, v.owner(), `delete from galley.https_locks where name = $1 and holder = $2`, name, v.holder)
}

// Close gives back all locks of this node, so that others need not wait.
func (v *Vault) Close(ctx context.Context) {
	v.mu.Lock()
	held := v.held
	v.held = map[string]func(){}
	v.mu.Unlock()
	for name, stop := range held {
		stop()
		ctx, cancel := context.WithTimeout(ctx, patience)
		if err := database.Run(ctx, v.owner(), `delete from galley.https_locks where name = $1 and holder = $2`, name, v.holder); err != nil {
			v.config.Logger.WarnContext(ctx, "https: a lock was not given back", "lock", name, "error", err)
		}
		cancel()
	}
}
