// Command handwritten is the peer of the benchmark that somebody would write by
// hand for this one table: net/http, the same SQLite driver with prepared
// statements, one goroutine that commits inserts in groups, JSON put together in
// place, and the check that a caller sees only their own rows. There is no query
// language, no schema, and nothing can be changed without changing the program.
//
//	handwritten -data FILE -listen ADDRESS -secret SECRET -rows N -users ID,ID,… -projects N -tasks N -comments N
//	handwritten -postgres URL -listen ADDRESS -secret SECRET
//
// With -data it loads the rows; with -postgres it uses the tables and policies that
// it finds there, as the caller's role and with their claims. It prints "ready" and
// serves until it is interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	data := flag.String("data", "", "database file")
	postgres := flag.String("postgres", "", "database to use as it is, instead of a file")
	listen := flag.String("listen", "127.0.0.1:0", "address")
	secret := flag.String("secret", "", "HS256 secret of the tokens")
	var n amounts
	flag.IntVar(&n.rows, "rows", 0, "to-dos to load")
	flag.IntVar(&n.projects, "projects", 0, "projects to load for each user")
	flag.IntVar(&n.tasks, "tasks", 0, "tasks to load for each project")
	flag.IntVar(&n.comments, "comments", 0, "comments to load for each task")
	users := flag.String("users", "", "owners of the rows, separated by commas")
	flag.Parse()
	s, err := open(*data, *postgres, n, strings.Split(*users, ","))
	if err != nil {
		log.Fatal(err)
	}
	defer s.close()
	if err := run(s, *listen, *secret); err != nil {
		log.Fatal(err)
	}
}

func open(data, postgres string, n amounts, users []string) (store, error) {
	if postgres != "" {
		return openPostgres(context.Background(), postgres)
	}
	s, err := openSQLite(data)
	if err != nil {
		return nil, err
	}
	return s, s.load(n, users)
}

func run(store store, listen, secret string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: routes(store, []byte(secret)), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	fmt.Println("ready")
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}
