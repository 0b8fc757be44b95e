package arena

import (
	"sync"
	"unsafe"
)

// Spares are pieces of memory that instances had, cleared for the next ones: to touch
// fresh memory takes longer than to make an instance in it. The zero value is ready.
type Spares struct {
	mu   sync.Mutex
	list []piece
}

type piece struct{ base, size uintptr }

const (
	mostSpares = 4
	mostToKeep = 4 << 20 // bytes that an instance touched; what touched more is given back
)

// Get gives size bytes of zeroed memory.
func (s *Spares) Get(size uintptr) (uintptr, error) {
	s.mu.Lock()
	for k, p := range s.list {
		if p.size == size {
			s.list = append(s.list[:k], s.list[k+1:]...)
			s.mu.Unlock()
			return p.base, nil
		}
	}
	s.mu.Unlock()
	return reserve(size)
}

// Put takes memory back, of which nothing above reach and a header was touched.
func (s *Spares) Put(base, size, reach uintptr) {
	touched := min(max(reach, base+unsafe.Sizeof(Arena{}))+2*header-base, size)
	s.mu.Lock()
	defer s.mu.Unlock()
	if touched > mostToKeep || len(s.list) == mostSpares {
		_ = Release(base, size)
		return
	}
	clear(unsafe.Slice((*byte)(unsafe.Add(nil, base)), touched))
	s.list = append(s.list, piece{base, size})
}
