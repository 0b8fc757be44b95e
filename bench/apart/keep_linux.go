package apart

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// noticed is how long programs get to see which processors they have: Go's runtime
// looks once a second.
const noticed = 1500 * time.Millisecond

// Possible tells whether there are processors enough, and a system that gives them.
func Possible() bool { return runtime.NumCPU() > 1 }

// Keep gives the processes the first processor that this one has, and this one the
// others, until together is called. Its source is sched_setaffinity(2).
func Keep(ctx context.Context, processes []int) (together func(), err error) {
	var all, first, others unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	for cpu := range len(all) * 64 {
		switch {
		case !all.IsSet(cpu):
		case first.Count() == 0:
			first.Set(cpu)
		default:
			others.Set(cpu)
		}
	}
	place := func(of, own *unix.CPUSet) error {
		for _, pid := range processes {
			if err := keepTo(pid, of); err != nil {
				return err
			}
		}
		return keepTo(os.Getpid(), own)
	}
	together = func() { _ = place(&all, &all) }
	if err := place(&first, &others); err != nil {
		together()
		return nil, err
	}
	select {
	case <-time.After(noticed):
		err = place(&first, &others) // threads that were started meanwhile, too
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		together()
	}
	return together, err
}

// keepTo has all threads of a process run on these processors only, and those that
// they start.
func keepTo(pid int, on *unix.CPUSet) error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, on); err != nil && err != unix.ESRCH { // it has ended
			return fmt.Errorf("sched_setaffinity: %w", err)
		}
	}
	return nil
}
