package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is a database whose policies are kept by its own server: each request
// sets the caller's role and claims and runs one statement, in one transaction and
// one round trip.
type postgres struct{ pool *pgxpool.Pool }

// poolSize is what Galley's own pool holds.
const poolSize = 20

func openPostgres(ctx context.Context, url string) (*postgres, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return &postgres{pool}, err
}

func (p *postgres) close() { p.pool.Close() }

// query runs a statement as the caller and reads its rows. The batch is one
// implicit transaction, which ends what is set for it.
func (p *postgres) query(ctx context.Context, c caller, read func(pgx.Rows) error, statement string, args ...any) error {
	var b pgx.Batch
	b.Queue(`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`, c.claims)
	b.Queue(statement, args...)
	results := p.pool.SendBatch(ctx, &b)
	_, err := results.Exec()
	if err == nil {
		var rows pgx.Rows
		if rows, err = results.Query(); err == nil {
			err = errors.Join(read(rows), rows.Err())
			rows.Close()
		}
	}
	return errors.Join(err, results.Close())
}

const asStored = `id, owner::text, title, done, price::float8, weight, due::text, labels::text, to_json(created) #>> '{}'`

func (p *postgres) todos(ctx context.Context, c caller, statement string, args ...any) (out []todo, err error) {
	err = p.query(ctx, c, func(rows pgx.Rows) error {
		for rows.Next() {
			var t todo
			if err := rows.Scan(t.fields()...); err != nil {
				return err
			}
			out = append(out, t)
		}
		return nil
	}, statement, args...)
	return out, err
}

func (p *postgres) one(ctx context.Context, c caller, id int64) (todo, error) {
	rows, err := p.todos(ctx, c, `select `+asStored+` from todos where id = $1`, id)
	if err != nil {
		return todo{}, err
	}
	if len(rows) == 0 {
		return todo{}, sql.ErrNoRows
	}
	return rows[0], nil
}

func (p *postgres) list(ctx context.Context, c caller, limit int) ([]todo, error) {
	return p.todos(ctx, c, `select `+asStored+` from todos order by id limit $1`, limit)
}

// single reads one column of one row.
func (p *postgres) single(ctx context.Context, c caller, into any, statement string, args ...any) error {
	return p.query(ctx, c, func(rows pgx.Rows) error {
		if rows.Next() {
			return rows.Scan(into)
		}
		if rows.Err() != nil {
			return nil // the caller asks for it
		}
		return sql.ErrNoRows
	}, statement, args...)
}

func (p *postgres) count(ctx context.Context, c caller) (n int64, err error) {
	return n, p.single(ctx, c, &n, `select count(*) from todos`)
}

func (p *postgres) project(ctx context.Context, c caller, id int64) (body []byte, err error) {
	return body, p.single(ctx, c, &body, `
		select json_build_object('id', p.id, 'owner', p.owner, 'name', p.name, 'tasks', (
			select coalesce(json_agg(json_build_object('id', t.id, 'project_id', t.project_id, 'owner', t.owner, 'name', t.name,
				'done', t.done, 'comments', (
					select coalesce(json_agg(json_build_object('id', c.id, 'task_id', c.task_id, 'owner', c.owner,
						'body', c.body, 'created', c.created)), '[]')
					from comments c where c.task_id = t.id))), '[]')
			from tasks t where t.project_id = p.id))
		from projects p where p.id = $1`, id)
}

func (p *postgres) insert(ctx context.Context, c caller, rows []todo) error {
	titles, done := make([]string, len(rows)), make([]bool, len(rows))
	for i, t := range rows {
		titles[i], done[i] = t.title, t.done
	}
	if len(rows) > 1 {
		return p.query(ctx, c, func(pgx.Rows) error { return nil },
			`insert into todos (title, done) select * from unnest($1::text[], $2::boolean[])`, titles, done)
	}
	stored, err := p.todos(ctx, c, `insert into todos (title, done) values ($1, $2) returning `+asStored, titles[0], done[0])
	if err == nil {
		rows[0] = stored[0]
	}
	return err
}
