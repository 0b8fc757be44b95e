package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/galleyhq/galley/internal/jobs"
)

func TestStatement(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		for _, sql := range []string{
			"create table public.notes (owner uuid default auth.uid(), n numeric check (n > 0))",
			"alter table public.notes enable row level security",
			"create policy own on public.notes using (owner = auth.uid()) with check (owner = auth.uid())",
			"grant all on public.notes to authenticated, service_role",
			"create table public.log (n int)", "grant all on public.log to service_role",
			"create table public.owned (n int)", "revoke all on public.owned from service_role",
		} {
			f.rows(sql)
		}
		h := jobs.Statement(f.db, func(_ context.Context, role string) error {
			if role == "forbidden" {
				return errors.New("not this role")
			}
			return nil
		})
		f.node(f.db, map[string]jobs.Handler{jobs.StatementKind: h}, nil)
		const insert = "insert into public.notes (n) values ($1)"
		claims := map[string]string{"sub": "00000000-0000-4000-8000-000000000001"}
		for name, c := range map[string]struct {
			payload map[string]any
			want    string // state, tag, how often it was tried
		}{
			"default role":   {map[string]any{"sql": "insert into public.notes (n, owner) values ($1, null)", "args": []any{1.5}}, "completed,INSERT 0 1"},
			"a user":         {map[string]any{"sql": insert, "args": []any{"2"}, "role": "authenticated", "claims": claims}, "completed,INSERT 0 1"},
			"every digit":    {map[string]any{"sql": insert, "args": []any{json.RawMessage("9007199254740993.5")}, "role": "authenticated", "claims": claims}, "completed,INSERT 0 1"},
			"against policy": {map[string]any{"sql": insert, "args": []any{3}, "role": "authenticated"}, "discarded,NULL"},
			"no right":       {map[string]any{"sql": insert, "args": []any{4}, "role": "anon"}, "discarded,NULL"},
			"forbidden":      {map[string]any{"sql": insert, "args": []any{5}, "role": "forbidden"}, "discarded,NULL"},
			"syntax":         {map[string]any{"sql": "selct"}, "discarded,NULL"},
			"several":        {map[string]any{"sql": "insert into public.log values (1); select ';'; insert into public.log values (2), (3);"}, "completed,INSERT 0 2"},
			"all or none":    {map[string]any{"sql": "insert into public.log values (4); insert into public.nope values (1)"}, "discarded,NULL"},
			"with arguments": {map[string]any{"sql": "insert into public.log values (5); select $1::int", "args": []any{1}}, "discarded,NULL"},
			"own commit":     {map[string]any{"sql": "insert into public.log values (6); commit; select 1"}, "discarded,NULL"},
			"another role":   {map[string]any{"sql": "reset role; insert into public.owned values (1)"}, "discarded,NULL"},
			"violation":      {map[string]any{"sql": insert, "args": []any{-1}, "role": "service_role"}, "retryable,NULL"},
			"no object":      {nil, "discarded,NULL"},
		} {
			spec := jobs.Spec{Queue: "db", Kind: jobs.StatementKind, Payload: c.payload}
			if c.payload == nil {
				spec.Payload = "text"
			}
			id := f.enqueue(spec)[0]
			f.until("t", "select state not in ('available', 'running') from galley.jobs where id = $1", id)
			if got := f.rows("select state, result->>'tag' from galley.jobs where id = $1", id); got != c.want {
				t.Errorf("%s: %s, want %s: %s", name, got, c.want, f.rows("select errors from galley.jobs where id = $1", id))
			}
		}
		if got := f.rows("select n, owner from public.notes order by n"); got != "1.5,NULL|2,00000000-0000-4000-8000-000000000001|9007199254740993.5,00000000-0000-4000-8000-000000000001" {
			t.Errorf("rows %s", got)
		}
		if got := f.rows("select n from public.log order by n") + " " + f.rows("select count(*) from public.owned"); got != "1|2|3 0" {
			t.Errorf("several statements left %s", got)
		}
	})
}
