// Command go is a small shop: a backend with its rules in Go. Orders come by the data
// API; a hook computes their price, a job confirms them, a route tells the totals, and a
// schedule reports them every night. Run it with
//
//	go run ./examples/go -project examples/go
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/galleyhq/galley"
)

func main() {
	project := flag.String("project", ".", "`folder` of the project")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	app, err := galley.New(galley.Config{
		Project:   *project,
		Listening: func(url string) { fmt.Println("the shop is open at", url) },
	})
	if err != nil {
		log.Fatal(err)
	}
	s := shop{app}
	app.Before("orders", galley.Insert, s.price)
	app.After("orders", galley.Insert, s.confirmLater)
	app.Job("confirm", s.confirm)
	app.Job("nightly", s.report)
	app.Schedule(galley.Schedule{Name: "nightly", Cron: "0 3 * * *", TimeZone: "Europe/Berlin", Kind: "nightly"})
	app.Handle("GET /totals", galley.HandlerFunc(s.totals))

	if err := app.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

type shop struct{ app *galley.App }

type order struct {
	ID       int64  `json:"id"`
	Item     string `json:"item"`
	Quantity int    `json:"quantity"`
}

// price computes what an order costs, whatever its customer says, and refuses what there
// is not enough of. Customers cannot change the stock; the service role does it for them.
func (s shop) price(ctx context.Context, tx *galley.Tx, e *galley.Event) error {
	for i := range e.Rows {
		var o order
		if err := e.Rows[i].Decode(&o); err != nil {
			return err
		}
		err := tx.Service(ctx, func(tx *galley.Tx) error {
			total, err := galley.Select[json.Number](ctx, tx, // money is no float64
				`update items set stock = stock - $2 where name = $1 and stock >= $2 returning price * $2`, o.Item, o.Quantity)
			if err != nil {
				return err
			}
			if len(total) == 0 {
				return galley.Errorf(http.StatusConflict, "there are no %d of %s", o.Quantity, o.Item)
			}
			return e.Rows[i].Set(map[string]any{"total": total[0]})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// confirmLater has each order confirmed once it is committed.
func (s shop) confirmLater(ctx context.Context, tx *galley.Tx, e *galley.Event) error {
	for i := range e.Rows {
		var o order
		if err := e.Rows[i].Decode(&o); err != nil {
			return err
		}
		if _, err := tx.Enqueue(ctx, galley.NewJob{Kind: "confirm", Payload: o}); err != nil {
			return err
		}
	}
	return nil
}

func (s shop) confirm(ctx context.Context, j *galley.Job) error {
	var o order
	if err := j.Decode(&o); err != nil {
		return err
	}
	// A job may be done twice; setting what is set already does no harm.
	_, err := s.app.Service().Exec(ctx, `update orders set confirmed = true where id = $1`, o.ID)
	return err
}

type total struct {
	Item  string  `json:"item"`
	Sold  int     `json:"sold"`
	Total float64 `json:"total"`
}

const totalsSQL = `select item, sum(quantity) as sold, sum(total) as total from orders where confirmed group by item order by item`

// totals shows what the caller may see of it, by the policies of the table.
func (s shop) totals(w http.ResponseWriter, r *http.Request) error {
	list, err := galley.Select[total](r.Context(), s.app.Caller(), totalsSQL)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(list)
}

func (s shop) report(ctx context.Context, j *galley.Job) error {
	list, err := galley.Select[total](ctx, s.app.Service(), totalsSQL)
	if err != nil {
		return err
	}
	slog.Info("sold so far", "items", len(list))
	return j.SetResult(list)
}
