package loop

import "sync"

// queue holds the turns that are due. What may be under way at once bounds it.
type queue struct {
	mu     sync.Mutex
	due    []func() error
	closed bool
	wake   chan struct{} // has room for one
}

func (q *queue) put(event func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.due = append(q.due, event)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take gives the next turn, or nil.
func (q *queue) take() func() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.due) == 0 {
		q.due = nil
		return nil
	}
	event := q.due[0]
	q.due = q.due[1:]
	return event
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.due) == 0
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.due = true, nil
}
