package mail

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// store is the statements on the tables.
type store struct{ db database.DB }

// Query runs a statement as the owner, in a transaction of its own.
func (s store) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return s.db.Query(ctx, database.Session{}, st)
}

// orNull is NULL for "".
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// queue tells a queue how much runs at once and a minute; 0 is no bound. A queue
// that is paused stays so.
func (s store) queue(ctx context.Context, name string, concurrency, perMinute int64) error {
	var rate any
	if perMinute > 0 {
		rate = float64(perMinute) / 60
	}
	var atOnce any
	if concurrency > 0 {
		atOnce = concurrency
	}
	return database.Run(ctx, s, `INSERT INTO galley.queues (name, concurrency, rate) VALUES ($1, $2::integer, $3::float8)
		ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency, rate = excluded.rate`, name, atOnce, rate)
}

// entry is a message of either channel as it is recorded.
type entry struct {
	id, channel string
	job         int64
	subject     string
	template    string
	content     []byte // JSON
	keys        []string
}

// add records a message, and whom it is for. A second one of the same job is not
// recorded.
func add(ctx context.Context, q database.Querier, e entry) error {
	keys, err := json.Marshal(e.keys)
	if err != nil {
		return fault.Internal(err)
	}
	rows, err := database.Records(ctx, q, `INSERT INTO galley.mail_messages (id, channel, job, subject, template, content)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id`,
		e.id, e.channel, e.job, orNull(e.subject), orNull(e.template), string(e.content))
	if err != nil || len(rows) == 0 {
		return err
	}
	return database.Run(ctx, q, `INSERT INTO galley.mail_recipients (message, address)
		SELECT $1::uuid, k FROM jsonb_array_elements_text($2::jsonb) AS k`, e.id, string(keys))
}

// tooMany returns a recipient who has got as many messages in the last hour as
// anybody may, not counting one message, and how long until one more may go.
func tooMany(ctx context.Context, q database.Querier, keys []string, most int64, except string) (address string, wait time.Duration, err error) {
	if most <= 0 || len(keys) == 0 {
		return "", 0, nil
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return "", 0, fault.Internal(err)
	}
	rows, err := database.Records(ctx, q, `SELECT r.address, extract(epoch from min(r.created_at) + interval '1 hour' - now())::float8
		FROM galley.mail_recipients r
		WHERE r.address IN (SELECT k FROM jsonb_array_elements_text($1::jsonb) AS k)
			AND r.created_at > now() - interval '1 hour' AND r.message <> $2::uuid
		GROUP BY r.address HAVING count(*) >= $3::bigint ORDER BY 1 LIMIT 1`, string(list), except, most)
	if err != nil || len(rows) == 0 {
		return "", 0, err
	}
	wait, _ = rows[0].Seconds(1)
	return rows[0].Text(0), max(wait, time.Second), nil
}

// record is a message as a job finds it.
type record struct {
	id, state string
	content   []byte
}

// find returns the record of a message by its id, or by its job's.
func (s store) find(ctx context.Context, id string, job int64) (record, bool, error) {
	where, by := "id = $1::uuid", any(id)
	if id == "" {
		where, by = "job = $1::bigint", job
	}
	rows, err := database.Records(ctx, s, `SELECT id, state, content FROM galley.mail_messages WHERE `+where, by)
	if err != nil || len(rows) == 0 {
		return record{}, false, err
	}
	return record{rows[0].Text(0), rows[0].Text(1), []byte(rows[0].Text(2))}, true, nil
}

// outcome is what became of a message.
type outcome struct {
	state, transport, transportID, detail string
}

// done tells whether nothing more is to be done about a message in a state. A
// failed one may be tried again by whoever retries its job.
func done(state string) bool { return state != "queued" && state != "failed" }

// finish records what became of a message. Its content goes with it once it is of
// no more use.
func (s store) finish(ctx context.Context, id string, o outcome) error {
	return database.Run(ctx, s, `UPDATE galley.mail_messages SET state = $2, transport = $3, transport_id = $4, detail = $5,
		content = CASE WHEN $2 IN ('queued', 'failed') THEN content END,
		done_at = CASE WHEN $2 = 'queued' THEN NULL ELSE now() END WHERE id = $1::uuid`,
		id, o.state, orNull(o.transport), orNull(o.transportID), orNull(o.detail))
}

// forgetBatch bounds what one statement deletes.
const forgetBatch = 1000

// forget deletes the records of messages older than a time.
func (s store) forget(ctx context.Context, old time.Duration) error {
	return database.Run(ctx, s, `DELETE FROM galley.mail_messages WHERE id IN (SELECT id FROM galley.mail_messages
		WHERE created_at < now() - make_interval(secs => $1::float8) ORDER BY created_at LIMIT $2::bigint)`, old.Seconds(), forgetBatch)
}
