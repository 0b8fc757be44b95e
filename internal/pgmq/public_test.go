package pgmq_test

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/pgmq"
)

// TestPublic calls what Supabase's clients call, as the service role and as those who
// may not, with the names of the parameters.
func TestPublic(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "pgmq_public", Steps: pgmq.Public()}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ role, sql, want string }{
			{"", "select pgmq.create('orders')", "NULL"},
			{"service_role", `select * from pgmq_public.send(queue_name => 'orders', message => '{"id": 1}')`, "1"},
			{"service_role", `select * from pgmq_public.send(queue_name => 'orders', message => '{"id": 2}', sleep_seconds => 600)`, "2"},
			{"service_role", `select * from pgmq_public.send_batch(queue_name => 'orders', messages => array['{"id": 3}', '{"id": 4}']::jsonb[])`, "3|4"},
			{"service_role", `select msg_id, read_ct, message from pgmq_public.read(queue_name => 'orders', sleep_seconds => 600, n => 1)`, `1,1,{"id": 1}`},
			{"service_role", `select msg_id, message from pgmq_public.pop(queue_name => 'orders')`, `3,{"id": 3}`},
			{"service_role", `select pgmq_public.archive(queue_name => 'orders', message_id => 1)`, "t"},
			{"service_role", `select pgmq_public.delete(queue_name => 'orders', message_id => 2)`, "t"},
			{"service_role", `select pgmq_public.delete(queue_name => 'orders', message_id => 2)`, "f"},
			{"", `select queue_length, total_messages from pgmq.metrics('orders')`, "1,4"},
		} {
			if got := as(db, c.role, c.sql); got != c.want {
				t.Errorf("%s: %s, want %s", c.sql, got, c.want)
			}
		}
		for _, role := range []string{"anon", "authenticated"} {
			if got := as(db, role, `select * from pgmq_public.pop('orders')`); !strings.HasPrefix(got, "!42501") {
				t.Errorf("%s popped: %s", role, got)
			}
		}
	})
}
