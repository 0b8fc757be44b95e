package apart

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKeep: the other process has one processor, which this one leaves to it until both
// have all of them again.
func TestKeep(t *testing.T) {
	if !Possible() {
		t.Skip("this machine has one processor")
	}
	other := exec.CommandContext(t.Context(), "sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	all := on(t, os.Getpid())
	together, err := Keep(t.Context(), []int{other.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := on(t, other.Process.Pid), on(t, os.Getpid())
	if theirs.Count() != 1 || ours.Count() != all.Count()-1 {
		t.Errorf("theirs %v, ours %v of %v", theirs, ours, all)
	}
	for cpu := range len(all) * 64 {
		if theirs.IsSet(cpu) && ours.IsSet(cpu) {
			t.Errorf("both are on %d", cpu)
		}
	}
	together()
	if on(t, other.Process.Pid) != all || on(t, os.Getpid()) != all {
		t.Error("they are not on all processors again")
	}
}

func on(t *testing.T, pid int) (set unix.CPUSet) {
	t.Helper()
	if err := unix.SchedGetaffinity(pid, &set); err != nil {
		t.Fatal(err)
	}
	return set
}
