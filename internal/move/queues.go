package move

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rowsum"
	"github.com/galleyhq/galley/internal/schema"
)

// queuesNote is what the target notes the queues by.
const queuesNote = "pgmq"

// queue is one of pgmq, which PostgreSQL keeps in tables of its own and the embedded
// engine in two that all share.
type queue struct {
	name  string // in lower case, as its tables
	next  string // id of the next message
	metas []database.Record
}

// part is what is waiting in a queue, or was archived.
type part struct {
	prefix  string // of PostgreSQL's table
	shared  string // the embedded engine's
	columns []string
}

var parts = []part{
	{"q_", "messages", []string{"msg_id", "read_ct", "enqueued_at", "vt", "message", "headers"}},
	{"a_", "archived", []string{"msg_id", "read_ct", "enqueued_at", "archived_at", "vt", "message", "headers"}},
}

// takeQueues reads which queues the source has, and takes their tables out of those
// that move as they are. A schema pgmq that is the project's own is refused when it
// has rows.
func (m *mover) takeQueues(ctx context.Context) error {
	all := slices.Clone(m.tables)
	m.tables = slices.DeleteFunc(m.tables, func(t *table) bool { return t.Schema == "pgmq" })
	ours := slices.ContainsFunc(all, func(t *table) bool { return t.Name == schema.Name{Schema: "pgmq", Name: "meta"} })
	if !ours {
		return m.refuseRows(ctx, all)
	}
	names, err := query(ctx, m.Source, `SELECT lower(queue_name) FROM pgmq.meta GROUP BY lower(queue_name) ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, r := range names {
		q, err := m.readQueue(ctx, text(r[0]))
		if err != nil {
			return fmt.Errorf("the queue %s: %w", text(r[0]), err)
		}
		m.queues = append(m.queues, q)
	}
	return nil
}

// refuseRows refuses tables in schema pgmq that are not Galley's.
func (m *mover) refuseRows(ctx context.Context, all []*table) error {
	for _, t := range all {
		if t.Schema != "pgmq" {
			continue
		}
		rows, err := query(ctx, m.Source, `SELECT 1 FROM `+t.sql()+` LIMIT 1`)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			return fault.Unsupported("the schema pgmq is not Galley's, and its tables cannot be moved").
				WithDetail("There are rows in %s.", relation(t.Name)).WithHint("Give the schema another name, in a migration.")
		}
	}
	return nil
}

func (m *mover) readQueue(ctx context.Context, name string) (queue, error) {
	q := queue{name: name}
	metas, err := query(ctx, m.Source, `SELECT queue_name, is_unlogged, created_at, is_partitioned FROM pgmq.meta WHERE lower(queue_name) = $1 ORDER BY 1`, name)
	if err != nil {
		return q, err
	}
	for _, r := range metas {
		if text(r[3]) == "t" {
			return q, fault.Unsupported("a partitioned queue cannot be moved").WithHint("Make it anew with pgmq.create, and send its messages there.")
		}
	}
	q.metas = metas
	sql := `SELECT next FROM pgmq.queues WHERE name = ` + literal(name)
	if m.Source.Engine() == "postgres" {
		if rows, err := query(ctx, m.Source, `SELECT pg_get_serial_sequence($1, 'msg_id')`, relation(q.own(parts[0]))); err != nil {
			return q, err
		} else if sql = `SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM ` + text(rows[0][0]); text(rows[0][0]) == "" {
			return q, fault.Unsupported("it has no identity column, as queues of another pgmq")
		}
	}
	rows, err := query(ctx, m.Source, sql)
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.DataCorrupted, "pgmq.meta names it, pgmq.queues does not")
	}
	if err != nil {
		return q, err
	}
	q.next = text(rows[0][0])
	return q, nil
}

// own is the table of a part on PostgreSQL.
func (q queue) own(p part) schema.Name { return schema.Name{Schema: "pgmq", Name: p.prefix + q.name} }

// on is a part of a queue on an engine. filled has the column that tells queues apart,
// where there is one.
func (q queue) on(engine string, p part) (read, filled *table) {
	if engine == "postgres" {
		t := &table{Name: q.own(p), all: slices.Sorted(slices.Values(p.columns)), columns: p.columns}
		return t, t
	}
	name := schema.Name{Schema: "pgmq", Name: p.shared}
	read = &table{Name: name, all: slices.Sorted(slices.Values(p.columns)), columns: p.columns, where: `queue = ` + literal(q.name)}
	return read, &table{Name: name, columns: append([]string{"queue"}, p.columns...)}
}

// moveQueues makes the queues on the target, in one transaction, and compares them.
func (m *mover) moveQueues(ctx context.Context) error {
	if len(m.queues) == 0 && !m.hasQueues() {
		return nil
	}
	p, err := m.placeOf(ctx, &table{Name: schema.Name{Name: queuesNote}})
	if err != nil {
		return err
	}
	if !p.done {
		if err := m.copyQueues(ctx); err != nil {
			return err
		}
	}
	same, err := m.compareQueues(ctx)
	if err == nil && !same && m.report.Resumed {
		m.report.Again = append(m.report.Again, queuesNote)
		if err = m.copyQueues(ctx); err == nil {
			same, err = m.compareQueues(ctx)
		}
	}
	if err == nil && !same {
		err = fault.New(fault.DataCorrupted, "the queues of pgmq are not the same on both sides").
			WithHint("Nothing of the source was changed. Empty the target and move again; if it happens again, report it.")
	}
	return err
}

// hasQueues tells whether the target has schema pgmq, in which migrations may have
// made queues.
func (m *mover) hasQueues() bool {
	return m.targetShape.Relation("pgmq", "meta") != nil
}

func (m *mover) copyQueues(ctx context.Context) error {
	return m.onTarget(ctx, func(tx database.Tx) error {
		if err := m.dropQueues(ctx, tx); err != nil {
			return err
		}
		for i, q := range m.queues {
			m.tell(Event{Phase: "copy", Table: "pgmq." + q.name, Number: i + 1, Tables: len(m.queues)})
			if err := m.copyQueue(ctx, tx, q); err != nil {
				return fmt.Errorf("copy the queue %s: %w", q.name, err)
			}
		}
		return m.note(ctx, tx, &table{Name: schema.Name{Name: queuesNote}}, place{done: true})
	})
}

// dropQueues drops what migrations made, or an attempt before this one.
func (m *mover) dropQueues(ctx context.Context, tx database.Tx) error {
	names, err := database.Collect(tx.Query(ctx, database.Statement{SQL: `SELECT queue_name FROM pgmq.meta`}))
	if err != nil {
		return err
	}
	for _, r := range names {
		if err := exec(ctx, tx, `SELECT pgmq.drop_queue($1)`, text(r[0])); err != nil {
			return err
		}
	}
	if m.Target.Engine() == "postgres" {
		return nil
	}
	for _, p := range parts { // their foreign keys, which cascade, are laid aside
		if err := exec(ctx, tx, `DELETE FROM pgmq.`+p.shared); err != nil {
			return err
		}
	}
	return nil
}

func (m *mover) copyQueue(ctx context.Context, tx database.Tx, q queue) error {
	for _, r := range q.metas {
		call := `SELECT pgmq.create($1)`
		if text(r[1]) == "t" {
			call = `SELECT pgmq.create_unlogged($1)`
		}
		if err := exec(ctx, tx, call, text(r[0])); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE pgmq.meta SET created_at = $2::timestamptz WHERE queue_name = $1`, text(r[0]), text(r[2])); err != nil {
			return err
		}
	}
	for _, p := range parts {
		if err := m.copyPart(ctx, tx, q, p); err != nil {
			return err
		}
	}
	if m.Target.Engine() == "postgres" {
		return exec(ctx, tx, `SELECT setval(pg_get_serial_sequence($1, 'msg_id'), $2::bigint, false)`, relation(q.own(parts[0])), q.next)
	}
	return exec(ctx, tx, `UPDATE pgmq.queues SET next = $2::bigint WHERE name = $1`, q.name, q.next)
}

// copyPart brings the messages of one part.
func (m *mover) copyPart(ctx context.Context, tx database.Tx, q queue, p part) error {
	from, _ := q.on(m.Source.Engine(), p)
	_, to := q.on(m.Target.Engine(), p)
	sql := `SELECT ` + quoteAll(p.columns) + ` FROM ` + from.sql() + from.condition("")
	if len(to.columns) > len(p.columns) {
		sql = strings.Replace(sql, `SELECT `, `SELECT `+literal(q.name)+`::text, `, 1)
	}
	rows, err := m.Source.Query(ctx, database.Session{}, database.Statement{ReadOnly: true, SQL: sql})
	if err != nil {
		return err
	}
	defer rows.Close()
	w := newWriter(m.Target, to)
	for more := true; more; {
		var b *batch
		if b, more, err = readBatch(rows, to, w); err != nil {
			return err
		}
		if err := w.write(ctx, tx, b); err != nil {
			return err
		}
	}
	return nil
}

// compareQueues tells whether all messages are the same on both sides, and reports
// them.
func (m *mover) compareQueues(ctx context.Context) (same bool, err error) {
	var reports []TableReport
	for i, q := range m.queues {
		m.tell(Event{Phase: "verify", Table: "pgmq." + q.name, Number: i + 1, Tables: len(m.queues)})
		for _, p := range parts {
			source, target, err := m.digestPart(ctx, q, p)
			if err != nil || source != target {
				return false, err
			}
			reports = append(reports, TableReport{Name: "pgmq." + p.prefix + q.name, Rows: source.Rows(), Checksum: source.String()})
		}
	}
	for _, r := range reports {
		m.report.Tables, m.report.Rows = append(m.report.Tables, r), m.report.Rows+r.Rows
	}
	return true, nil
}

func (m *mover) digestPart(ctx context.Context, q queue, p part) (source, target rowsum.Sum, err error) {
	from, _ := q.on(m.Source.Engine(), p)
	to, _ := q.on(m.Target.Engine(), p)
	quiet := func(int64) {}
	if source, err = digestOf(ctx, m.Source, from, quiet); err == nil {
		target, err = digestOf(ctx, m.Target, to, quiet)
	}
	return source, target, err
}

// countQueues adds to the report of a check what the queues hold.
func (m *mover) countQueues(ctx context.Context) error {
	for _, q := range m.queues {
		for _, p := range parts {
			from, _ := q.on(m.Source.Engine(), p)
			rows, err := query(ctx, m.Source, `SELECT count(*) FROM `+from.sql()+from.condition(""))
			if err != nil {
				return err
			}
			r := TableReport{Name: "pgmq." + p.prefix + q.name}
			if _, err := fmt.Sscan(text(rows[0][0]), &r.Rows); err != nil {
				return fault.Internal(err)
			}
			m.report.Tables, m.report.Rows = append(m.report.Tables, r), m.report.Rows+r.Rows
		}
	}
	return nil
}
