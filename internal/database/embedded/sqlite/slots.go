package sqlite

// slots holds Go values that SQLite knows by number, since its memory may not
// point to Go's.
type slots[T any] struct {
	live []T // number n is at n-1
	free []int
}

func (s *slots[T]) add(v T) int {
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		s.live[id-1] = v
		return id
	}
	s.live = append(s.live, v)
	return len(s.live)
}

func (s *slots[T]) remove(id int) {
	var none T
	s.live[id-1] = none
	s.free = append(s.free, id)
}
