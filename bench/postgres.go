package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// onPostgres measures Galley and the hand-written server on one database, which is
// made for it and dropped afterwards.
func onPostgres(ctx context.Context, o options, b binaries, admin, dir string) (results, error) {
	if b.galley == "" {
		return results{}, nil
	}
	name, drop, err := newDatabase(ctx, admin, "galley_bench")
	if err != nil {
		return results{}, err
	}
	defer drop()
	galley := &galleyDialect{binary: b.galley, url: name}
	return compete(ctx, o, &contest{prefix: "PostgreSQL: ", servers: []*server{
		{name: "galley", dialect: galley},
		{name: "handwritten", dialect: &handwrittenDialect{binary: b.peer("handwritten"), postgres: name, galley: galley}},
	}}, dir)
}

// newDatabase makes a database on a server, and returns its URL.
func newDatabase(ctx context.Context, admin, name string) (address string, drop func(), err error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", nil, err
	}
	name = fmt.Sprintf("%s_%d", name, os.Getpid())
	if err := administer(ctx, admin, "create database "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		if err := administer(context.WithoutCancel(ctx), admin, "drop database "+name+" with (force)"); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}, nil
}

// administer runs one statement on the server's own database.
func administer(ctx context.Context, server, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}
