// Package notify keeps what pg_notify() said until its transaction is committed.
package notify

import (
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// maxNotices bounds what one transaction may have to tell.
const maxNotices = 100_000

// Queue is what one transaction has to tell, in order. A savepoint keeps the
// queue as it was: a shorter one of the same.
type Queue struct {
	list []notice
	at   map[notice]int // where in list, where that is long
}

// short is the length of a list up to which looking through it is faster than a map.
const short = 8

type notice struct{ channel, payload string }

// Add adds to the queue. What is in it already is sent once only, as by
// PostgreSQL.
func (q *Queue) Add(channel, payload string) error {
	n := notice{channel, payload}
	if q.has(n) {
		return nil
	}
	if len(q.list) == maxNotices {
		return fault.New("54000", "too many notifications in the NOTIFY queue")
	}
	q.list = append(q.list, n)
	q.index()
	return nil
}

// index notes where the last notice is, or all are, where the list has just become long.
func (q *Queue) index() {
	switch last := len(q.list) - 1; {
	case last > short:
		q.at[q.list[last]] = last
	case last == short:
		if q.at == nil {
			q.at = map[notice]int{}
		}
		for i, n := range q.list {
			q.at[n] = i
		}
	}
}

func (q *Queue) has(n notice) bool {
	if len(q.list) <= short {
		return slices.Contains(q.list, n)
	}
	i, ok := q.at[n]
	return ok && i < len(q.list) && q.list[i] == n
}

// Send tells everyone who listens.
func (q *Queue) Send(to *database.Hub) {
	for _, n := range q.list {
		to.Send(n.channel, database.Notification{Payload: n.payload})
	}
}
