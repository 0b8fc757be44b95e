package move_test

import (
	"context"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/move"
)

// withQueues is a project whose migration makes a queue and sends to it.
const withQueues = `create table t (id integer primary key);
select pgmq.create('orders');
select pgmq.create('gone');
select pgmq.send('gone', '{"of": "the migration"}');
select pgmq.send('orders', '{"of": "the migration"}');`

// queueRows change them: messages wait, are being read, are archived and deleted.
var queueRows = []string{
	`select pgmq.drop_queue('gone')`,
	`select pgmq.create_unlogged('Fast''s')`, // refused by its name
	`select pgmq.create_unlogged('Fast')`,
	`select pgmq.create('empty')`,
	`select * from pgmq.send_batch('orders', array['{"id": 1, "s": "tab\t \\ \u00e4"}', '{"id": 2}', 'null', '{"id": 4}']::jsonb[])`,
	`select pgmq.send('Fast', '{"a": 1.50}', '{"h": "x"}'::jsonb, 3600)`,
	`select * from pgmq.read('orders', 3600, 2)`,
	`select pgmq.archive('orders', 3)`,
	`select pgmq.delete('orders', 5)`,
}

// queueAnswers are what has to be the same after a move.
var queueAnswers = []string{
	`select queue_name, is_unlogged, created_at from pgmq.list_queues() order by 1`,
	`select msg_id, read_ct, message, headers from pgmq.read('orders', 0, 10)`,
	`select pgmq.send('orders', '{}')`, `select pgmq.send('empty', '{}')`, `select pgmq.archive('orders', 4)`,
}

func fillQueues(t *testing.T, db database.DB) {
	t.Helper()
	for _, sql := range queueRows {
		_, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql}))
		if bad := strings.Contains(sql, "''"); bad != (err != nil) {
			t.Fatalf("%s: %s: %v", db.Engine(), sql, err)
		}
	}
}

// sameQueues compares what two databases answer, and that both go on counting alike.
func sameQueues(t *testing.T, a, b database.DB) {
	t.Helper()
	for _, sql := range queueAnswers {
		if one, two := answer(t, a, sql), answer(t, b, sql); one != two || one == "" {
			t.Errorf("%s:\n%s: %s\n%s: %s", sql, a.Engine(), one, b.Engine(), two)
		}
	}
}

// TestQueues moves queues of pgmq there and back, with what waits, is being read and
// was archived; what the migrations made and was dropped since stays dropped.
func TestQueues(t *testing.T) {
	p := newProject(t, withQueues)
	p.queues = true
	first := p.filled(file(t), "select 1")
	fillQueues(t, first)
	second, third := server(t), file(t)
	there := p.mustMove(first, second)
	back := p.mustMove(second, third)
	rows := map[string]int64{}
	for i, r := range there.Tables {
		if rows[r.Name] = r.Rows; back.Tables[i] != r {
			t.Errorf("%v came back as %v", r, back.Tables[i])
		}
	}
	if rows["pgmq.q_orders"] != 3 || rows["pgmq.a_orders"] != 1 || rows["pgmq.q_fast"] != 1 || len(rows) < 6 {
		t.Errorf("moved %v", rows)
	}
	sameQueues(t, first, third) // the second is compared below
}

// TestQueuesInterrupted: a move that stops after the queues came goes on, and takes
// what was sent meanwhile.
func TestQueuesInterrupted(t *testing.T) {
	p := newProject(t, withQueues)
	p.queues = true
	first, second := p.filled(file(t), "select 1"), server(t)
	fillQueues(t, first)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := move.Run(ctx, move.Options{Source: first, Target: second, Project: p, Progress: func(e move.Event) {
		if e.Phase == "verify" && strings.HasPrefix(e.Table, "pgmq.") {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("was not interrupted")
	}
	if _, err := database.Collect(first.Query(t.Context(), database.Session{}, database.Statement{SQL: `select pgmq.send('orders', '{"late": true}')`})); err != nil {
		t.Fatal(err)
	}
	r := p.mustMove(first, second)
	if !r.Resumed || len(r.Again) != 1 || r.Again[0] != "pgmq" {
		t.Errorf("resumed %t, again %v", r.Resumed, r.Again)
	}
	sameQueues(t, first, second)
}
