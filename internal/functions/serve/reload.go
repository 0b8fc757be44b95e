package serve

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/functions/route"
	"github.com/galleyhq/galley/internal/functions/source"
)

// parallel bounds the functions that are loaded at once in the background.
const parallel = 2

// run loads all functions, and then those whose files change.
func (p *Project) run(ctx context.Context) {
	err := guarded(func() error { return p.scan(ctx) })
	p.openFound()
	close(p.ready)
	if err != nil {
		p.config.Logger.ErrorContext(ctx, "functions: they cannot be loaded", "error", err)
	}
	for ctx.Err() == nil {
		if err := guarded(func() error { return p.watch(ctx) }); err != nil && ctx.Err() == nil {
			p.config.Logger.ErrorContext(ctx, "functions: their files are not watched for a moment", "error", err)
			sleep(ctx, 10*time.Second)
		}
	}
}

func (p *Project) openFound() {
	select {
	case <-p.found:
	default:
		close(p.found)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// scan reads the folder, loads what is new or has changed, and makes it what is served.
// What has not changed stays, with its instances.
func (p *Project) scan(ctx context.Context) error {
	p.reload.Lock()
	defer p.reload.Unlock()
	sources, err := source.Find(p.config.Dir, p.config.Settings)
	if err != nil {
		return err
	}
	before := p.state.Load()
	begins := len(before.functions) == 0
	if begins { // whoever asks for one need not wait for the others
		first := &state{functions: map[string]*slot{}}
		for _, f := range sources {
			first.functions[f.Name] = p.newSlot(f)
		}
		p.state.Store(first)
		p.openFound()
		before = first
	}
	next := p.renew(ctx, before, sources)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next.table = p.routes(next.versions())
	p.state.Store(next)
	p.retire(before, next)
	if p.config.Changed != nil {
		p.config.Changed(ctx, next.versions())
	}
	if begins {
		p.tellFirst(ctx, next)
	} else {
		p.tell(ctx, before, next)
	}
	return nil
}

// tellFirst logs in one line with which functions the project begins.
func (p *Project) tellFirst(ctx context.Context, s *state) {
	var names []string
	for _, v := range s.versions() {
		if v.Err == nil {
			names = append(names, v.Name)
		}
	}
	if len(names) > 0 {
		p.config.Logger.InfoContext(ctx, "functions: loaded", "functions", names)
	}
}

// tell logs what is in use from now on, with its hooks, procedures and queues; of those
// that cannot be loaded the log told already.
func (p *Project) tell(ctx context.Context, before, after *state) {
	for _, v := range after.versions() {
		old := before.functions[v.Name]
		switch {
		case v.Err != nil || old == after.functions[v.Name]:
		case old == nil:
			p.config.Logger.InfoContext(ctx, "functions: loaded", "function", v.Name, "duration_ms", v.Took.Milliseconds())
		default:
			p.config.Logger.InfoContext(ctx, "functions: loaded anew", "function", v.Name, "duration_ms", v.Took.Milliseconds())
		}
	}
}

// renew is the functions of sources: those that are there and unchanged, and the
// others loaded.
func (p *Project) renew(ctx context.Context, before *state, sources []source.Function) *state {
	next := &state{functions: map[string]*slot{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	places := make(chan struct{}, parallel)
	for _, f := range sources {
		old := before.functions[f.Name]
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			s := p.renewed(ctx, old, f)
			mu.Lock()
			defer mu.Unlock()
			next.functions[f.Name] = s
		})
	}
	wg.Wait()
	return next
}

// renewed is the slot of one function. In production a function that worked goes on
// as it was when its new version cannot be loaded; a developer sees what is wrong.
func (p *Project) renewed(ctx context.Context, old *slot, f source.Function) *slot {
	if old != nil && reflect.DeepEqual(old.source, f) {
		v, err := old.get(ctx)
		if err != nil || v.unchanged() {
			return old
		}
	}
	v := p.load(ctx, f)
	if v.Err != nil && !p.config.Dev && old != nil {
		if last, err := old.get(ctx); err == nil && last.Err == nil {
			p.config.Logger.ErrorContext(ctx, "functions: a new version cannot be loaded, the one before is served on", "function", f.Name, "error", v.Err)
			return old
		}
	}
	return p.with(v)
}

// routes makes the table of the functions' own paths. A path that is somebody else's
// is told of, and left to whoever had it first.
func (p *Project) routes(versions []*Version) *route.Table {
	var all []route.Route
	for _, v := range versions {
		for _, path := range v.Declared.Paths {
			if taken := reserved(path); taken != "" {
				p.note(v, "error", "the path "+path+" is Galley's own, below "+taken)
				continue
			}
			all = append(all, route.Route{Pattern: path, Methods: v.Declared.Methods, Name: v.Name})
		}
	}
	table, problems := route.New(all)
	for _, wrong := range problems {
		for _, v := range versions {
			if v.Name == wrong.Route.Name {
				p.note(v, "error", wrong.Err.Error())
			}
		}
	}
	return table
}

// Reserved are the paths below which Galley answers itself.
var reservedPaths = []string{"/rest/", "/api/", "/auth/", "/graphql/", "/storage/", "/realtime/", "/functions/", "/admin/", "/galley/", "/health/", "/dev/", "/hooks/"}

func reserved(path string) string {
	for _, own := range reservedPaths {
		if strings.HasPrefix(path+"/", own) {
			return own
		}
	}
	return ""
}

// retire closes the instances of versions that are served no more.
func (p *Project) retire(before, after *state) {
	for name, old := range before.functions {
		if after.functions[name] == old {
			continue
		}
		select {
		case <-old.done:
			old.version.retire()
		default: // it is being loaded for somebody who asked
			go func() {
				<-old.done
				old.version.retire()
			}()
		}
	}
}

// mark is what tells whether a file has changed.
type mark struct {
	size int64
	time time.Time
}

func markOf(path string) mark {
	info, err := os.Stat(path)
	if err != nil {
		return mark{size: -1}
	}
	return mark{info.Size(), info.ModTime()}
}

// clock is how coarse the times of files may be.
const clock = 20 * time.Millisecond

// look notes what the files of a version are like that was begun to be loaded at a
// time. One that has changed since may have been read before.
func (v *Version) look(began time.Time) {
	v.marks = map[string]mark{}
	for _, path := range slices.Concat(v.inputs, v.Files()) {
		m := markOf(path)
		if m.time.After(began.Add(-clock)) {
			m.size = -2
		}
		v.marks[path] = m
	}
}

// unchanged tells whether a version would be built of the same files.
func (v *Version) unchanged() bool {
	for path, m := range v.marks {
		if m != markOf(path) {
			return false
		}
	}
	return true
}
