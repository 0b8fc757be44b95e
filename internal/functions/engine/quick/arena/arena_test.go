package arena

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func reserved(t *testing.T, size uintptr) (*Arena, uintptr) {
	t.Helper()
	base, err := reserve(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Release(base, size) })
	return New(base, size), base
}

func memory(p, n uintptr) []byte { return unsafe.Slice((*byte)(unsafe.Add(nil, p)), n) }

// TestArena allocates, changes and gives back at random: no piece touches another one, and
// in the end all of the memory is one piece again.
func TestArena(t *testing.T) {
	const size = 1 << 20
	a, base := reserved(t, size)
	random := rand.New(rand.NewPCG(1, 2))
	pieces := map[uintptr][]byte{} // what stands in each
	for step := range 20_000 {
		for p, content := range pieces {
			switch n := uintptr(random.IntN(4000)); {
			case !bytes.Equal(memory(p, uintptr(len(content))), content):
				t.Fatalf("step %d: a piece of %d bytes was changed", step, len(content))
			case random.IntN(3) == 0:
				a.Free(p)
				delete(pieces, p)
			case random.IntN(2) == 0 && n > 0:
				if moved := a.Realloc(p, n); moved != 0 {
					kept := content[:min(n, uintptr(len(content)))]
					delete(pieces, p)
					if !bytes.Equal(memory(moved, uintptr(len(kept))), kept) {
						t.Fatalf("step %d: %d bytes made %d are others", step, len(content), n)
					}
					pieces[moved] = bytes.Clone(memory(moved, n))
				}
			}
			break // one at random
		}
		n := uintptr(1 + random.IntN(3000))
		p := a.Malloc(n)
		if p == 0 {
			continue
		}
		if p < base || p+n > base+size || p%align != 0 || Usable(p) < n {
			t.Fatalf("step %d: %d bytes at %d of %d", step, n, p-base, size)
		}
		for k := range memory(p, n) {
			memory(p, n)[k] = byte(step)
		}
		pieces[p] = bytes.Clone(memory(p, n))
	}
	if !a.Full() || a.Reach() > base+size {
		t.Errorf("full: %v, %d bytes were touched", a.Full(), a.Reach()-base)
	}
	for p := range pieces {
		a.Free(p)
	}
	if whole := uintptr(size - 1<<12); a.Used() != 0 || a.Malloc(whole) == 0 {
		t.Errorf("%d bytes are in use, or %d in one piece are not free", a.Used(), whole)
	}
}

// TestSpares gives memory again as it was in the beginning.
func TestSpares(t *testing.T) {
	const size = 1 << 18
	var s Spares
	first, err := s.Get(size)
	if err != nil {
		t.Fatal(err)
	}
	a := New(first, size)
	p := a.Malloc(1000)
	copy(memory(p, 1000), bytes.Repeat([]byte("x"), 1000))
	a.Free(p) // which leaves what stands there
	s.Put(first, size, a.Reach())
	again, err := s.Get(size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = Release(again, size) }()
	if again != first {
		t.Error("memory that was given back is not given again")
	}
	if bytes.ContainsFunc(memory(again, size), func(r rune) bool { return r != 0 }) {
		t.Error("what stood in it is still there")
	}
}
