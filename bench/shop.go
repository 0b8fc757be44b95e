package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/galleyhq/galley/bench/load"
)

// shopFill is the catalogue.
//
//go:embed shop.sql
var shopFill []byte

const (
	shopProducts   = 100_000
	shopCategories = 200
)

// shop is the starter app of that name with a large catalogue.
type shop struct {
	*galleyDialect
	turn int // of the requests made so far, so that no order is placed twice
}

// shopVisit is what one customer does again and again: out of a hundred requests 60 are
// pages of products, 15 lists of a category, 15 searches, 6 changes of the cart, 3 looks
// at it and one is an order.
const shopVisit = 100

// shops measures the shop on each engine.
func shops(ctx context.Context, o options, b binaries, postgres, dir string) ([]resource, error) {
	if b.galley == "" {
		return nil, nil
	}
	out, err := measureShop(ctx, o, &galleyDialect{binary: b.galley}, "", filepath.Join(dir, "shop"))
	if err != nil || postgres == "" {
		return out, err
	}
	address, drop, err := newDatabase(ctx, postgres, "galley_shop")
	if err != nil {
		return nil, err
	}
	defer drop()
	more, err := measureShop(ctx, o, &galleyDialect{binary: b.galley, url: address}, "PostgreSQL: ", filepath.Join(dir, "shop-postgres"))
	return append(out, more...), err
}

// measureShop starts the shop, fills it and drives it with customers who are signed in.
func measureShop(ctx context.Context, o options, d *galleyDialect, prefix, dir string) ([]resource, error) {
	h := &shop{galleyDialect: d}
	s := &server{name: "shop", dialect: d}
	defer s.stop()
	if err := h.open(ctx, s, dir, o); err != nil {
		return nil, fmt.Errorf("the shop: %w\n%s", err, s.log())
	}
	if err := h.try(s); err != nil {
		return nil, fmt.Errorf("the shop: %w\n%s", err, s.log())
	}
	var rs []load.Result
	for range o.rounds {
		r, err := load.Run(ctx, load.Options{Addr: s.addr, Requests: h.visits(o), Warmup: o.warmup, Measure: 2 * o.measure})
		if err != nil {
			return nil, fmt.Errorf("the shop: %w\n%s", err, s.log())
		}
		rs = append(rs, r)
	}
	of := func(value func(load.Result) time.Duration) float64 {
		return milliseconds(time.Duration(median(rs, func(r load.Result) float64 { return float64(value(r)) })))
	}
	return []resource{
		{prefix + "shop of 100,000 products", "requests/s", median(rs, func(r load.Result) float64 { return r.PerSecond })},
		{prefix + "shop of 100,000 products, p50", "ms", of(func(r load.Result) time.Duration { return r.P50 })},
		{prefix + "shop of 100,000 products, p99", "ms", of(func(r load.Result) time.Duration { return r.P99 })},
	}, nil
}

// open makes a project of the template, serves it and fills it.
func (h *shop) open(ctx context.Context, s *server, dir string, o options) error {
	s.ctx, s.dir = ctx, dir
	project, fill := filepath.Join(dir, "project"), filepath.Join(dir, "shop.sql")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(fill, shopFill, 0o600)); err != nil {
		return err
	}
	h.data = h.place(project, dir)
	s.env = []string{"GALLEY_LOG_LEVEL=warn", "GALLEY_STRIPE_SANDBOX=true", "GALLEY_MIGRATIONS_SEED=[]"}
	commands := [][]string{{"init", "--template", "shop"}, {"migrate", "up"}, {"sql", "--file", fill}}
	if h.url != "" {
		commands = append(commands, []string{"sql", "analyze"}) // as autovacuum would, in its time
	}
	for _, command := range commands {
		cmd := exec.CommandContext(ctx, h.binary, append(command, h.data...)...)
		cmd.Env = append(append(os.Environ(), s.env...), "GALLEY_DATABASE_STATEMENT_TIMEOUT=0s")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("galley %s: %w\n%s", command[0], err, out)
		}
	}
	var err error
	if s.addr, err = freeAddr(); err != nil {
		return err
	}
	if err := h.serve(s); err != nil {
		return err
	}
	if err := s.waitUntilListening(); err != nil {
		return err
	}
	if err := h.readKeys(s); err != nil {
		return err
	}
	return h.customers(s, o)
}

// customers makes an account for each connection, and signs its token.
func (h *shop) customers(s *server, o options) error {
	for u := range o.connections {
		account := map[string]any{"id": userID(u), "email": fmt.Sprintf("customer-%d@example.org", u), "email_confirm": true}
		if _, err := h.must(s, load.NewRequest("POST", "/auth/v1/admin/users", h.headers(h.keys.ServiceRole), mustJSON(account))); err != nil {
			return err
		}
		h.head = append(h.head, h.headers(sign(h.keys.JWTSecret, userID(u), "authenticated")))
	}
	return nil
}

// syllables make the words of the products' names, as shop.sql puts them together.
var syllables = [4][10]string{
	{"ka", "lo", "mi", "ne", "pu", "ra", "so", "ti", "vu", "ze"},
	{"ban", "cor", "dal", "fen", "gor", "hul", "jas", "kim", "lon", "mur"},
	{"bo", "cha", "du", "fli", "gro", "he", "ja", "kle", "my", "no"},
	{"ble", "cket", "dder", "ffer", "gle", "mper", "nner", "pper", "sk", "tter"},
}

// searched is what a customer types to find product i: a word, and the beginning of another.
func searched(i int) string {
	return syllables[0][i%10] + syllables[1][i/10%10] + "+" + syllables[2][i/100%10] + syllables[3][i/1000%10][:2]
}

// visits are the requests of one round: each connection is a customer.
func (h *shop) visits(o options) [][]load.Request {
	out := make([][]load.Request, o.connections)
	for u := range out {
		rnd := rand.New(rand.NewPCG(uint64(u), uint64(h.turn)))
		for range 20 {
			out[u] = append(out[u], h.visit(u, rnd)...)
		}
		at := rnd.IntN(shopVisit - 10) // they are not all at the same page
		out[u] = slices.Concat(out[u][at:], out[u][:at])
	}
	h.turn++
	return out
}

// visit is shopVisit requests of a customer, which end with an order.
func (h *shop) visit(u int, rnd *rand.Rand) []load.Request {
	out := make([]load.Request, 0, shopVisit)
	for i := range shopVisit - 10 {
		switch p := rnd.IntN(shopProducts); {
		case i%6 == 4:
			out = append(out, h.get(u, fmt.Sprintf("rpc/search_products?category=category-%d&sort=new", p%shopCategories+1)))
		case i%6 == 5:
			out = append(out, h.get(u, "rpc/search_products?words="+searched(p+1)))
		default:
			out = append(out, h.get(u, fmt.Sprintf("products?slug=eq.product-%d&select=*,categories(slug,name),variants(*,price_tiers(*))", p+1)))
		}
	}
	for i := range 6 {
		out = append(out, h.call(u, "cart_put", map[string]any{"variant": rnd.IntN(2*shopProducts) + 1, "quantity": 1 + i%3, "country": "DE"}))
		if i%2 == 1 {
			out = append(out, h.call(u, "cart_show", map[string]any{"country": "DE"}))
		}
	}
	key := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rnd.Uint32(), rnd.Uint32()>>16, rnd.Uint32()>>20, rnd.Uint32()>>20, rnd.Uint64()>>16)
	return append(out, h.call(u, "checkout", map[string]any{"key": key, "email": fmt.Sprintf("customer-%d@example.org", u), "address": map[string]string{
		"name": "A Customer", "line1": "1 Long Street", "postcode": "10115", "city": "Berlin", "country": "DE"}}))
}

func (h *shop) get(u int, path string) load.Request {
	return load.NewRequest("GET", "/rest/v1/"+path, h.head[u], nil)
}

func (h *shop) call(u int, name string, args any) load.Request {
	return load.NewRequest("POST", "/rest/v1/rpc/"+name, h.head[u], mustJSON(args))
}

// try makes the visit of one customer before anything is measured, and looks at the order.
func (h *shop) try(s *server) error {
	for _, q := range h.visit(0, rand.New(rand.NewPCG(0, 0))) {
		if _, err := h.must(s, q); err != nil {
			return err
		}
	}
	a, err := h.must(s, load.NewRequest("GET", "/rest/v1/orders?select=total,order_lines(quantity)", h.head[0], nil))
	if err != nil {
		return err
	}
	var orders []struct {
		Total int
		Lines []struct{ Quantity int } `json:"order_lines"`
	}
	if err := json.Unmarshal(a.Body, &orders); err != nil || len(orders) != 1 || orders[0].Total == 0 || len(orders[0].Lines) != 6 {
		return fmt.Errorf("after a visit there is not the one order of six lines: %s", a.Body)
	}
	return nil
}
