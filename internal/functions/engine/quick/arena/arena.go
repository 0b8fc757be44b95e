// Package arena has the memory of one instance of the JavaScript engine: one range of
// addresses, which is its limit, which is given back as a whole, and which can be made
// inaccessible to a script that does not stop.
//
//	base, err := spares.Get(1 << 20)
//	a := arena.New(base, 1<<20)
//	p := a.Malloc(100)
package arena

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// Arena allocates in a range of addresses. Its bookkeeping stands at its beginning, so that what QuickJS
// passes around is a plain address.
//
// The allocator keeps blocks with their sizes at both ends, so that free neighbours
// are joined, and lists of free blocks by size: four to each power of two.
// QuickJS itself puts small values together in blocks of 4 KiB.
type Arena struct {
	end     uintptr // of what may be used
	top     uintptr // above it nothing was used yet
	reach   uintptr // the highest top there was
	used    uintptr // bytes in blocks that are in use
	stop    int32   // not 0: the script is to be interrupted
	_       int32
	filled  [bins / 64]uint64 // which lists have a block
	free    [bins]uintptr     // the first block of each list
	reached bool              // an allocation did not fit
}

// block precedes each piece of memory. A free one is in its list by next and prev,
// which lie where the memory is when it is used.
type block struct {
	before uintptr // size of the block before this one; 0 for the first
	size   uintptr // of this one with its header; the lowest bit is set while it is used
	next   uintptr
	prev   uintptr
}

const (
	header   = 16
	align    = 16
	smallest = 32
	bins     = 192
	inUse    = 1
)

func at(p uintptr) *block           { return (*block)(unsafe.Add(nil, p)) }
func (b *block) length() uintptr    { return b.size &^ inUse }
func (b *block) isUsed() bool       { return b.size&inUse != 0 }
func roundUp(n, to uintptr) uintptr { return (n + to - 1) &^ (to - 1) }

// New puts the bookkeeping at the beginning of size bytes of zeroed memory.
func New(base, size uintptr) *Arena {
	a := At(base)
	a.top = base + roundUp(unsafe.Sizeof(Arena{}), align)
	a.end = base + size
	return a
}

// At is the arena whose memory begins at base.
func At(base uintptr) *Arena { return (*Arena)(unsafe.Add(nil, base)) }

// Interrupt has the script interrupted.
func (a *Arena) Interrupt() { atomic.StoreInt32(&a.stop, 1) }

// Interrupted is not 0 once the script is to be interrupted.
func (a *Arena) Interrupted() int32 { return atomic.LoadInt32(&a.stop) }

// Used is how many bytes are in blocks that are in use.
func (a *Arena) Used() uintptr { return a.used }

// Reach is the highest address that was in use at any time: what lies above is as it was
// reserved.
func (a *Arena) Reach() uintptr { return a.reach }

// Full tells whether an allocation did not fit.
func (a *Arena) Full() bool { return a.reached }

// bin is the list for a block of size n: that of the greatest size not above n.
func bin(n uintptr) int {
	log := bits.Len64(uint64(n)) - 1
	return (log-5)*4 + int(n>>(log-2)&3)
}

// binAbove is the first list all of whose blocks have n bytes.
func binAbove(n uintptr) int {
	log := bits.Len64(uint64(n)) - 1
	return bin(n + 1<<(log-2) - 1)
}

// Malloc gives n bytes, or 0 when the arena is full.
func (a *Arena) Malloc(n uintptr) uintptr {
	if n > a.end { // so that nothing overflows
		a.reached = true
		return 0
	}
	size := max(roundUp(n+header, align), smallest)
	if p := a.find(size); p != 0 {
		return a.take(p, size)
	}
	if size > a.end-a.top {
		a.reached = true
		return 0
	}
	return a.extend(size)
}

// find looks for a free block of at least size bytes: in the lists of which every
// block is large enough, then among the first ones of its own list.
func (a *Arena) find(size uintptr) uintptr {
	for i := binAbove(size); i < bins; {
		word := a.filled[i/64] >> (i % 64)
		if word != 0 {
			return a.free[i+bits.TrailingZeros64(word)]
		}
		i = (i/64 + 1) * 64
	}
	p := a.free[bin(size)]
	for range 8 {
		if p == 0 || at(p).size >= size {
			return p
		}
		p = at(p).next
	}
	return 0
}

// extend makes a block of memory that was not used yet. The size of the last block
// stands at the top, where the next block's header will be.
func (a *Arena) extend(size uintptr) uintptr {
	b := at(a.top)
	b.size = size | inUse
	p := a.top
	a.top += size
	a.used += size
	a.follow(p, size)
	return p + header
}

// take uses size bytes of a free block and leaves the rest free.
func (a *Arena) take(p, size uintptr) uintptr {
	b := at(p)
	a.unlink(p)
	if rest := b.size - size; rest >= smallest {
		b.size = size
		at(p + size).before = size
		a.release(p+size, rest)
	}
	a.used += b.size
	b.size |= inUse
	return p + header
}

// release makes a free block of size bytes at p and tells its neighbour.
func (a *Arena) release(p, size uintptr) {
	at(p).size = size
	a.follow(p, size)
	a.link(p, size)
}

// follow tells the block after the one at p how long that is.
func (a *Arena) follow(p, size uintptr) {
	a.reach = max(a.reach, p+size)
	if next := p + size; next+header <= a.end {
		at(next).before = size
	}
}

// Free gives a piece of memory back, joined with free neighbours.
func (a *Arena) Free(mem uintptr) {
	if mem == 0 {
		return
	}
	p := mem - header
	size := at(p).length()
	a.used -= size
	if next := p + size; next < a.top && !at(next).isUsed() {
		size += at(next).size
		a.unlink(next)
	}
	if before := at(p).before; before != 0 && !at(p-before).isUsed() {
		a.unlink(p - before)
		p -= before
		size += before
	}
	if p+size == a.top {
		a.top = p
		return
	}
	a.release(p, size)
}

// Realloc makes a piece of memory n bytes long, in place where it fits.
func (a *Arena) Realloc(mem, n uintptr) uintptr {
	if mem == 0 {
		return a.Malloc(n)
	}
	if n == 0 {
		a.Free(mem)
		return 0
	}
	if n > a.end {
		a.reached = true
		return 0
	}
	size := max(roundUp(n+header, align), smallest)
	p := mem - header
	old := at(p).length()
	switch {
	case size <= old && old-size < old/4: // not worth a new block
		return mem
	case p+old == a.top && p+size <= a.end:
		a.resizeLast(p, old, size)
		return mem
	}
	moved := a.Malloc(n)
	if moved != 0 {
		kept := min(old-header, n)
		copy(unsafe.Slice((*byte)(unsafe.Add(nil, moved)), kept), unsafe.Slice((*byte)(unsafe.Add(nil, mem)), kept))
		a.Free(mem)
	}
	return moved
}

// resizeLast moves the top with the size of the last block.
func (a *Arena) resizeLast(p, old, size uintptr) {
	at(p).size = size | inUse
	a.top = p + size
	a.used += size - old
	a.follow(p, size)
}

// Usable is how many bytes a piece of memory has.
func Usable(mem uintptr) uintptr {
	if mem == 0 {
		return 0
	}
	return at(mem-header).length() - header
}

func (a *Arena) link(p, size uintptr) {
	i := bin(size)
	b := at(p)
	b.prev, b.next = 0, a.free[i]
	if b.next != 0 {
		at(b.next).prev = p
	}
	a.free[i] = p
	a.filled[i/64] |= 1 << (i % 64)
}

func (a *Arena) unlink(p uintptr) {
	b := at(p)
	if b.next != 0 {
		at(b.next).prev = b.prev
	}
	if b.prev != 0 {
		at(b.prev).next = b.next
		return
	}
	i := bin(b.size)
	a.free[i] = b.next
	if b.next == 0 {
		a.filled[i/64] &^= 1 << (i % 64)
	}
}
