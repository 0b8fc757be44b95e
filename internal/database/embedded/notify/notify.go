// Package notify keeps what pg_notify() said until its transaction is committed.
package notify

import (
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// maxNotices bounds what one transaction may have to tell.
const maxNotices = 100_000

// Queue is what one transaction has to tell, in order. A savepoint keeps the
// queue as it was: a shorter one of the same.
type Queue struct {
	list []notice
	at   map[notice]int // where in list
}

type notice struct{ channel, payload string }

// Add adds to the queue. What is in it already is sent once only, as by
// PostgreSQL.
func (q *Queue) Add(channel, payload string) error {
	n := notice{channel, payload}
	if i, ok := q.at[n]; ok && i < len(q.list) && q.list[i] == n {
		return nil
	}
	if len(q.list) == maxNotices {
		return fault.New("54000", "too many notifications in the NOTIFY queue")
	}
	if q.at == nil {
		q.at = map[notice]int{}
	}
	q.at[n] = len(q.list)
	q.list = append(q.list, n)
	return nil
}

// Send tells everyone who listens.
func (q *Queue) Send(to *database.Hub) {
	for _, n := range q.list {
		to.Send(n.channel, database.Notification{Payload: n.payload})
	}
}
