package idle

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// unmapProgram lets go of the pages of the program's own file, its code and its
// constants, of which a start touches most. They stay in the system's cache, which is
// free to use their memory, and come back as they are needed (madvise(2),
// MADV_DONTNEED on a private mapping of a file that was not written to).
func unmapProgram() {
	program, err := os.Executable()
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		if start, end, ok := readOnly(s.Text(), program); ok {
			// Where the system does not do it, the pages stay.
			_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(nil, start)), end-start), syscall.MADV_DONTNEED)
		}
	}
}

// programPages are the bytes of files that are mapped and in memory: the third field
// of proc_pid_statm(5).
func programPages() uint64 {
	var size, resident, shared uint64
	b, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(b), &size, &resident, &shared)
	}
	if err != nil {
		return 0
	}
	return shared * uint64(os.Getpagesize())
}

// readOnly reads a line of proc_pid_maps(5) of the file that nobody can write to.
func readOnly(line, file string) (start, end uintptr, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[5] != file || len(fields[1]) != 4 || fields[1][1] == 'w' || fields[1][3] != 'p' {
		return 0, 0, false
	}
	n, err := fmt.Sscanf(fields[0], "%x-%x", &start, &end)
	return start, end, err == nil && n == 2 && start < end
}
