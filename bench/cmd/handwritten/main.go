// Command handwritten is the peer of the benchmark that somebody would write by
// hand for this one table: net/http, the same SQLite driver with prepared
// statements, one goroutine that commits inserts in groups, JSON put together in
// place, and the check that a caller sees only their own rows. There is no query
// language, no schema, and nothing can be changed without changing the program.
//
//	handwritten -data FILE -listen ADDRESS -secret SECRET -rows N -users ID,ID,…
//
// It loads the rows, prints "ready" and serves until it is interrupted.
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
	listen := flag.String("listen", "127.0.0.1:0", "address")
	secret := flag.String("secret", "", "HS256 secret of the tokens")
	rows := flag.Int("rows", 0, "rows to load")
	users := flag.String("users", "", "owners of the rows, separated by commas")
	flag.Parse()
	if err := run(*data, *listen, *secret, *rows, strings.Split(*users, ",")); err != nil {
		log.Fatal(err)
	}
}

func run(data, listen, secret string, rows int, users []string) error {
	store, err := openStore(data)
	if err != nil {
		return err
	}
	defer store.close()
	if err := store.load(rows, users); err != nil {
		return err
	}
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
