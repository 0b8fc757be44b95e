//go:build unix

// Package order follows one order through all that a project's own logic is made of:
// a hook in TypeScript prices it inside its transaction, a job mails the bill as a
// PDF, a schedule sums the day, and nodes are killed all the while.
package order

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
)

func TestMain(m *testing.M) { galleytest.Main(m) }

const (
	defaultKills = 3 // GALLEY_TEST_KILLS says otherwise
	clients      = 3
	ordersEach   = 3 // of a client between two kills: the inbox keeps 500 mails
	allDone      = 120 * time.Second
)

var customers = []struct {
	id, email string
	percent   int64
}{
	{"11111111-1111-4111-8111-111111111111", "ada@example.org", 90},
	{"22222222-2222-4222-8222-222222222222", "bob@example.org", 100},
}

var prices = map[int]int64{1: 1990, 2: 4900, 3: 9900} // cents

type order struct {
	ID       string      `json:"id"`
	Customer string      `json:"customer,omitempty"`
	Product  int         `json:"product"`
	Quantity int         `json:"quantity"`
	Price    json.Number `json:"price,omitempty"`
}

func options(t *testing.T) galleytest.Options {
	project := filepath.Join(t.TempDir(), "project")
	if err := os.CopyFS(project, os.DirFS("project")); err != nil {
		t.Fatal(err)
	}
	nightly := filepath.Join(project, "functions", "nightly", "index.ts")
	source, err := os.ReadFile(nightly)
	if err != nil {
		t.Fatal(err)
	}
	source = bytes.Replace(source, []byte(`"0 3 * * *"`), []byte(`"1 seconds"`), 1) // a night is a second long
	if err := os.WriteFile(nightly, source, 0o600); err != nil {
		t.Fatal(err)
	}
	return galleytest.Options{Project: project, Env: []string{
		"GALLEY_API_MAX_ROWS=0",
		"GALLEY_FUNCTIONS_HOOK_TIME=30s", // on a machine that runs other tests
		"GALLEY_MAIL_PER_RECIPIENT=0",
	}}
}

func each(t *testing.T, test func(t *testing.T, o galleytest.Options, nodes int)) {
	t.Run("embedded", func(t *testing.T) {
		o := options(t)
		o.Data = filepath.Join(t.TempDir(), "data")
		test(t, o, 1)
	})
	t.Run("postgres", func(t *testing.T) {
		o := options(t)
		o.DatabaseURL = pgtest.Database(t)
		test(t, o, 2)
	})
}

// TestKill kills nodes while customers order: each order that is there was priced,
// paid for, taken out of stock and mailed exactly once, and none that was
// acknowledged is lost.
func TestKill(t *testing.T) {
	each(t, func(t *testing.T, o galleytest.Options, nodes int) {
		running := start(t, o, nodes)
		kills := kills(t)
		acknowledged := map[string]bool{}
		for round := range kills {
			orderUntilKilled(t, running, round, acknowledged)
			running[round%nodes] = galleytest.Start(t, o)
		}
		orders := settled(t, running[0])
		for id := range acknowledged {
			if _, ok := orders[id]; !ok {
				t.Errorf("order %s was acknowledged and is lost", id)
			}
		}
		compare(t, running[0], orders)
		fmt.Printf("order: %d kills of %d nodes, %d acknowledged orders, %d there, each priced, paid and mailed once: %v\n",
			kills, nodes, len(acknowledged), len(orders), !t.Failed())
		if len(acknowledged) < kills {
			t.Errorf("%d orders in %d rounds prove little", len(acknowledged), kills)
		}
	})
}

// TestRefusals: what a customer may not do, and what cannot be sold.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, o galleytest.Options, nodes int) {
		s := start(t, o, nodes)[0]
		ada := s.Token(t, customers[0].id, nil)
		one := func(product, quantity int) map[string]any {
			return map[string]any{"id": uuid(), "product": product, "quantity": quantity}
		}
		with := func(o map[string]any, key string, value any) map[string]any { o[key] = value; return o }
		tests := []struct {
			name   string
			body   any
			status int
			code   string
		}{
			{"his own price", with(one(1, 1), "price", 0.01), 403, "42501"},
			{"another's order", with(one(1, 1), "customer", customers[1].id), 403, "42501"},
			{"more than there is", one(3, 4), 409, "OUTOF"},
			{"nothing of it", one(1, 0), 400, "23514"},
			{"an unknown product", one(99, 1), 409, "OUTOF"},
			{"one of two out of stock", []any{one(1, 1), one(3, 4)}, 409, "OUTOF"},
		}
		for _, tt := range tests {
			status, body := place(t.Context(), s, ada, tt.body)
			var e struct{ Code string }
			if _ = json.Unmarshal(body, &e); status != tt.status || e.Code != tt.code {
				t.Errorf("%s: %d %s, want %d %s", tt.name, status, body, tt.status, tt.code)
			}
		}
		if status, body := place(t.Context(), s, s.Keys.Anon, one(1, 1)); status != 401 {
			t.Errorf("without a user: %d %s", status, body)
		}
		lastChairs(t, s, ada)
		compare(t, s, settled(t, s))
	})
}

// lastChairs orders the three chairs that are left ten times at once.
func lastChairs(t *testing.T, s *galleytest.Server, token string) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int]int{}
	for range 10 {
		wg.Go(func() {
			status, body := place(t.Context(), s, token, map[string]any{"id": uuid(), "product": 3, "quantity": 1})
			mu.Lock()
			defer mu.Unlock()
			if seen[status]++; status != 201 && status != 409 {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	if wg.Wait(); seen[201] != 3 || seen[409] != 7 {
		t.Errorf("of ten orders for three chairs: %v", seen)
	}
}

func start(t *testing.T, o galleytest.Options, nodes int) []*galleytest.Server {
	list := make([]galleytest.Options, nodes)
	for i := range list {
		list[i] = o
	}
	return galleytest.StartAll(t, list...)
}

func kills(t *testing.T) int {
	text := os.Getenv("GALLEY_TEST_KILLS")
	if text == "" {
		return defaultKills
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// orderUntilKilled has customers order through all nodes until one of them is killed,
// at a random moment after the first order was acknowledged.
func orderUntilKilled(t *testing.T, nodes []*galleytest.Server, round int, acknowledged map[string]bool) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	first := make(chan struct{})
	var once sync.Once
	for c := range clients {
		s := nodes[c%len(nodes)]
		customer := c % len(customers)
		token := s.Token(t, customers[customer].id, nil)
		wg.Go(func() {
			for range ordersEach {
				o := order{ID: uuid(), Product: 1 + rand.IntN(2), Quantity: 1 + rand.IntN(3)}
				status, body := place(t.Context(), s, token, o)
				if status != 0 && status != http.StatusCreated {
					t.Errorf("round %d: %d %s", round, status, body)
				}
				if status != http.StatusCreated {
					return // killed: the order may exist or not
				}
				mu.Lock()
				acknowledged[o.ID] = true
				mu.Unlock()
				once.Do(func() { close(first) })
			}
		})
	}
	select {
	case <-first:
	case <-time.After(60 * time.Second):
		t.Error("no order was acknowledged")
	}
	time.Sleep(rand.N(150 * time.Millisecond)) // the random moment
	nodes[round%len(nodes)].Kill()
	wg.Wait()
}

func place(ctx context.Context, s *galleytest.Server, token string, body any) (int, []byte) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/rest/v1/orders", bytes.NewReader(b))
	if err != nil {
		return 0, []byte(err.Error())
	}
	req.Header.Set("Apikey", s.Keys.Anon)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Prefer", "return=minimal")
	return do(req)
}

var client = &http.Client{Timeout: 30 * time.Second}

func do(req *http.Request) (int, []byte) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return 0, []byte(err.Error())
	}
	return resp.StatusCode, b
}

// read reads as the service role.
func read(t *testing.T, s *galleytest.Server, path string, v any) error {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Apikey", s.Keys.ServiceRole)
	req.Header.Set("Authorization", "Bearer "+s.Keys.ServiceRole)
	status, body := do(req)
	if status != http.StatusOK {
		return fmt.Errorf("%s: %d %s", path, status, body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(v)
}

// settled waits until each order has its mail and the day's sums are those of all
// orders, and gives the orders.
func settled(t *testing.T, s *galleytest.Server) map[string]order {
	t.Helper()
	var err error
	for end := time.Now().Add(allDone); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var orders map[string]order
		if orders, err = look(t, s); err == nil {
			return orders
		}
	}
	t.Fatal(err)
	return nil
}

func look(t *testing.T, s *galleytest.Server) (map[string]order, error) {
	var list []order
	if err := read(t, s, "/rest/v1/orders?select=id,customer,product,quantity,price", &list); err != nil {
		return nil, err
	}
	orders := map[string]order{}
	var revenue int64
	for _, o := range list {
		orders[o.ID] = o
		revenue += cents(o.Price)
	}
	sent, err := mails(t, s)
	if err != nil {
		return nil, err
	}
	if len(sent) < len(orders) {
		return nil, fmt.Errorf("%d of %d orders were mailed", len(sent), len(orders))
	}
	var days []struct {
		Orders  int
		Revenue json.Number
	}
	if err := read(t, s, "/rest/v1/days", &days); err != nil {
		return nil, err
	}
	for _, d := range days {
		if len(days) == 1 && (d.Orders != len(orders) || cents(d.Revenue) != revenue) {
			return nil, fmt.Errorf("the day has %d orders worth %s; there are %d worth %d cents", d.Orders, d.Revenue, len(orders), revenue)
		}
	}
	if len(days) == 0 {
		return nil, errors.New("the night has not come")
	}
	return orders, nil
}

// mails counts the mails with a PDF, by order.
func mails(t *testing.T, s *galleytest.Server) (map[string]int, error) {
	var box struct {
		Messages []struct {
			To      []string
			Subject string

			Attachments []struct {
				Name, Type string
				Size       int
			}
		}
	}
	if err := read(t, s, "/dev/inbox.json?limit=500", &box); err != nil {
		return nil, err
	}
	sent := map[string]int{}
	for _, m := range box.Messages {
		id, ok := strings.CutPrefix(m.Subject, "Your order ")
		if ok && len(m.Attachments) == 1 && m.Attachments[0].Type == "application/pdf" && m.Attachments[0].Size > 500 {
			sent[id]++
		}
	}
	return sent, nil
}

// compare checks each order, and the sums of all.
func compare(t *testing.T, s *galleytest.Server, orders map[string]order) {
	t.Helper()
	sent, err := mails(t, s)
	if err != nil {
		t.Fatal(err)
	}
	paid := payments(t, s)
	sold := map[int]int{}
	for id, o := range orders {
		sold[o.Product] += o.Quantity
		if want := price(o); cents(o.Price) != want || paid[id] != want {
			t.Errorf("order %s costs %s and %d cents were paid, want %d", id, o.Price, paid[id], want)
		}
		if sent[id] != 1 {
			t.Errorf("order %s has %d mails", id, sent[id])
		}
	}
	if len(paid) != len(orders) {
		t.Errorf("%d payments for %d orders", len(paid), len(orders))
	}
	var stock []struct{ ID, Stock int }
	if err := read(t, s, "/rest/v1/products?select=id,stock", &stock); err != nil {
		t.Fatal(err)
	}
	for _, p := range stock {
		if had := map[int]int{1: 100000, 2: 100000, 3: 3}[p.ID]; p.Stock != had-sold[p.ID] {
			t.Errorf("of product %d %d are left; %d of %d were sold", p.ID, p.Stock, sold[p.ID], had)
		}
	}
}

func payments(t *testing.T, s *galleytest.Server) map[string]int64 {
	t.Helper()
	var rows []struct {
		Order  string
		Amount json.Number
	}
	if err := read(t, s, "/rest/v1/payments", &rows); err != nil {
		t.Fatal(err)
	}
	paid := map[string]int64{}
	for _, r := range rows {
		paid[r.Order] += cents(r.Amount)
	}
	return paid
}

// price is what an order has to cost, in cents.
func price(o order) int64 {
	all := prices[o.Product] * int64(o.Quantity)
	for _, c := range customers {
		if c.id == o.Customer {
			all -= (all*(100-c.percent) + 50) / 100
		}
	}
	return all
}

func cents(n json.Number) int64 {
	f, err := n.Float64()
	if err != nil {
		return -1
	}
	return int64(f*100 + 0.5)
}

func uuid() string {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(rand.IntN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
