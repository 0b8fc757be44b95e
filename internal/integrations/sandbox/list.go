package sandbox

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/integrations/payment"
)

// listed is what the list shows of each kind, where it is not asked for more.
const (
	listed    = 100
	maxListed = 1000
)

// list is what there is, the newest first.
type list struct {
	Sessions []entry  `json:"sessions"`
	Refunds  []refund `json:"refunds"`
	Events   []sent   `json:"events"`
}

// entry is a session in the list.
type entry struct {
	payment.Session
	Refunded int64     `json:"amountRefunded"`
	Created  time.Time `json:"created"`
}

// refund is one in the list.
type refund struct {
	payment.Refund
	Created time.Time `json:"created"`
}

// sent is an event in the list.
type sent struct {
	ID        string     `json:"id"`
	Type      string     `json:"type"`
	Session   string     `json:"session"`
	Created   time.Time  `json:"created"`
	Attempts  int64      `json:"attempts"`
	Answer    string     `json:"answer"` // the last one
	Delivered *time.Time `json:"delivered"`
}

// list shows the last sessions and refunds, n together, and as many events.
func (s *Sandbox) list(ctx context.Context, n int) (out list, err error) {
	q := database.Owner{DB: s.config.DB}
	out = list{[]entry{}, []refund{}, []sent{}}
	rows, err := database.Records(ctx, q, `SELECT id, kind, body, created_at FROM galley.stripe_objects ORDER BY created_at DESC, id LIMIT $1::bigint`, int64(n))
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		if r.Text(1) == "refund" {
			one := refund{Created: r.Time(3)}
			err = json.Unmarshal([]byte(r.Text(2)), &one.Refund)
			out.Refunds = append(out.Refunds, one)
		} else {
			found := session{id: r.Text(0)}
			err = json.Unmarshal([]byte(r.Text(2)), &found)
			out.Sessions = append(out.Sessions, entry{s.show(found), found.Refunded, found.Created})
		}
		if err != nil {
			return out, err
		}
	}
	out.Events, err = s.events(ctx, "", n)
	return out, err
}

// events are those of a session, or all.
func (s *Sandbox) events(ctx context.Context, of string, n int) ([]sent, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.config.DB}, `SELECT id, type, parent, created_at, attempts, answer, delivered_at FROM galley.stripe_events
		WHERE $1::text = '' OR parent = $1::text ORDER BY n DESC LIMIT $2::bigint`, of, int64(n))
	if err != nil {
		return nil, err
	}
	out := make([]sent, len(rows))
	for i, r := range rows {
		out[i] = sent{ID: r.Text(0), Type: r.Text(1), Session: r.Text(2), Created: r.Time(3), Attempts: r.Int(4), Answer: r.Text(5)}
		if at := r.Time(6); !at.IsZero() {
			out[i].Delivered = &at
		}
	}
	return out, nil
}

// body is an event as it is sent.
func (s *Sandbox) body(ctx context.Context, id string) (string, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.config.DB}, `SELECT body FROM galley.stripe_events WHERE id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = payment.New(payment.NotFound, "there is no event %s", id)
	}
	if err != nil {
		return "", err
	}
	return rows[0].Text(0), nil
}
