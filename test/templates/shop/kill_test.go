//go:build unix

package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/templates/starter"
)

const (
	defaultKills = 3 // GALLEY_TEST_KILLS says otherwise
	buyers       = 3
	each         = 2 // purchases of a buyer between two kills: the inbox keeps 500 mails
	pieces       = 100_000
	allDone      = 120 * time.Second
)

// purchase is what one customer is about to do, step by step. A step that was cut off is
// done again, with the same key.
type purchase struct {
	key    string
	token  string // of the cart, and then of the order
	order  int64
	pay    string // path of the page to pay on
	state  string
	steps  int // done
	refund bool
}

var steps = []func(c caller, p *purchase) error{
	func(c caller, p *purchase) error {
		var cart struct{ Token string }
		err := c.rpc("cart_put", c.keys.Anon, map[string]any{"variant": 1, "quantity": 1 + rand.IntN(3)}, &cart)
		p.token = cart.Token
		return err
	},
	func(c caller, p *purchase) error {
		var made struct {
			Order      int64
			Token, URL string
		}
		err := c.rpc("checkout", c.keys.Anon, map[string]any{"key": p.key, "token": p.token, "email": p.key + "@example.org",
			"address": map[string]string{"name": "Ada", "line1": p.key, "postcode": "10115", "city": "Berlin", "country": "DE"}}, &made)
		if err != nil {
			return err
		}
		page, err := url.Parse(made.URL)
		if err != nil || made.URL == "" {
			return fmt.Errorf("order %d has the page %q: %v", made.Order, made.URL, err)
		}
		p.order, p.token, p.pay = made.Order, made.Token, page.Path
		return nil
	},
	func(c caller, p *purchase) error {
		err := c.post(p.pay+"/pay", c.keys.Anon, map[string]any{"country": "DE"}, nil)
		var refused refusal
		if errors.As(err, &refused) && refused.status < 500 {
			return nil // it was paid before the node died; what comes next finds out
		}
		return err
	},
	func(c caller, p *purchase) error {
		var now struct{ State string }
		err := c.rpc("order_return", c.keys.Anon, map[string]any{"order": p.order, "token": p.token}, &now)
		p.state = now.State
		return err
	},
	func(c caller, p *purchase) error {
		if !p.refund {
			return nil
		}
		return c.rpc("order_refund", c.admin, map[string]any{"order": p.order, "reason": "a test", "amount": 100, "key": p.key}, nil)
	},
}

// TestKill kills nodes while customers buy: each order that was asked for is there once,
// paid once, sent once, told of once, and refunded once where that was asked for.
func TestKill(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"embedded": func(testing.TB) string { return "" }, "postgres": pgtest.Database} {
		t.Run(name, func(t *testing.T) {
			o := starter.Options(t, "shop", environment...)
			o.DatabaseURL = database(t)
			nodes := []*galleytest.Server{galleytest.Start(t, o)}
			if o.DatabaseURL != "" {
				nodes = append(nodes, galleytest.Start(t, o))
			}
			prepare(t, nodes[0])
			kills := kills(t)
			var all []*purchase
			for round := range kills {
				all = append(all, purchases()...)
				buyUntilKilled(t, nodes, round, all)
				nodes[round%len(nodes)] = galleytest.Start(t, o)
			}
			finish(t, nodes, all)
			settle(t, nodes[0], all)
			compare(t, nodes[0], all)
			fmt.Printf("shop: %d kills of %d nodes, %d orders, each there, paid, sent and told of once: %v\n", kills, len(nodes), len(all), !t.Failed())
		})
	}
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

func purchases() []*purchase {
	var list []*purchase
	for i := range buyers * each {
		list = append(list, &purchase{key: uuid(), refund: i%3 == 0})
	}
	return list
}

// prepare puts plenty of the first variant on the shelf, and has no order held.
func prepare(t *testing.T, s *galleytest.Server) {
	c := call(t, s)
	for path, change := range map[string]map[string]any{
		"/rest/v1/variants?id=eq.1":     {"stock": pieces},
		"/rest/v1/review_rules?id=eq.1": {"country_orders": 1_000_000},
		"/rest/v1/settings?id=eq.1":     {"guest_checkouts": 1_000_000}, // all come from one address
	} {
		if err := c.send(http.MethodPatch, path, c.keys.ServiceRole, change, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// buyUntilKilled goes on with all purchases that are not done, those that an earlier kill
// cut off too, until a node is killed at a random moment after something was done.
func buyUntilKilled(t *testing.T, nodes []*galleytest.Server, round int, all []*purchase) {
	t.Helper()
	var wg sync.WaitGroup
	first, once := make(chan struct{}), sync.Once{}
	for b := range buyers {
		c := call(t, nodes[b%len(nodes)])
		wg.Go(func() {
			for i := b; i < len(all); i += buyers {
				for p := all[i]; p.steps < len(steps); {
					if err := c.step(p); err != nil {
						if refused := (refusal{}); errors.As(err, &refused) && refused.status != http.StatusServiceUnavailable {
							t.Errorf("round %d, step %d: %v", round, p.steps, err)
						}
						return
					}
					once.Do(func() { close(first) })
				}
			}
		})
	}
	select {
	case <-first:
	case <-time.After(60 * time.Second):
		t.Error("nothing was done")
	}
	time.Sleep(rand.N(250 * time.Millisecond)) // the random moment
	nodes[round%len(nodes)].Kill()
	wg.Wait()
}

func finish(t *testing.T, nodes []*galleytest.Server, all []*purchase) {
	t.Helper()
	for i, p := range all {
		c := call(t, nodes[i%len(nodes)])
		for end := time.Now().Add(allDone); p.steps < len(steps); {
			if err := c.step(p); err != nil && time.Now().After(end) {
				t.Fatalf("step %d of order %d: %v", p.steps, p.order, err)
			}
		}
	}
}

// shop is what the service role sees of it.
type shop struct {
	orders []struct {
		ID              int64
		Key, State      string
		Total, Refunded int64
		Lines           []struct{ Quantity int } `json:"order_lines"`
		History         []struct{ State string } `json:"order_history"`
		Refunds         []struct {
			Amount int64
			State  string
		}
		Shipments *struct{ Label string }
		Payments  struct{ Session, Intent string }
	}
	stock []struct{ Stock int }
	paid  struct {
		Sessions []struct {
			ID, PaymentStatus, PaymentIntent, OrderID string
			AmountTotal                               int64
		}
		Refunds []struct {
			PaymentIntent string
			Amount        int64
		}
	}
	box struct {
		Messages []struct {
			To      []string
			Subject string
		}
	}
}

func look(c caller) (shop, error) {
	var s shop
	return s, errors.Join(
		c.send(http.MethodGet, "/rest/v1/orders?limit=1000&order=id&order_history.order=step&select=id,key,state,total,refunded,order_lines(quantity),order_history(state),refunds(amount,state),shipments(label),payments(session,intent)", c.keys.ServiceRole, nil, &s.orders),
		c.send(http.MethodGet, "/rest/v1/variants?id=eq.1&select=stock", c.keys.ServiceRole, nil, &s.stock),
		c.send(http.MethodGet, "/dev/stripe.json?limit=1000", c.keys.ServiceRole, nil, &s.paid),
		c.send(http.MethodGet, "/dev/inbox.json?limit=500", c.keys.ServiceRole, nil, &s.box))
}

// settle waits until all jobs are done: every order is sent, every mail there.
func settle(t *testing.T, s *galleytest.Server, all []*purchase) {
	t.Helper()
	want := 2 * len(all)
	for _, p := range all {
		if p.refund {
			want++
		}
	}
	var last string
	for end := time.Now().Add(allDone); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		seen, err := look(call(t, s))
		if err != nil {
			last = err.Error()
			continue
		}
		sent, mails := 0, min(500, want)
		for _, o := range seen.orders {
			if o.State == "shipped" {
				sent++
			}
		}
		if last = fmt.Sprintf("%d of %d orders are sent, %d of %d mails", sent, len(all), len(seen.box.Messages), mails); sent >= len(all) && len(seen.box.Messages) >= mails {
			return
		}
	}
	t.Fatal(last)
}

func compare(t *testing.T, s *galleytest.Server, all []*purchase) {
	t.Helper()
	seen, err := look(call(t, s))
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]*purchase{}
	for _, p := range all {
		wanted[p.key] = p
	}
	mails := map[string]int{}
	for _, m := range seen.box.Messages {
		mails[m.Subject]++
	}
	charged := map[string]int64{}
	for _, p := range seen.paid.Sessions {
		if p.PaymentStatus == "paid" {
			charged[p.OrderID] += p.AmountTotal
		}
	}
	back, labels, sold := map[string]int64{}, map[string]bool{}, 0
	for _, r := range seen.paid.Refunds {
		back[r.PaymentIntent] += r.Amount
	}
	for _, o := range seen.orders {
		p, id := wanted[o.Key], strconv.FormatInt(o.ID, 10)
		if p == nil || p.order != o.ID {
			t.Errorf("order %s was not asked for, or by another number", id)
			continue
		}
		delete(wanted, o.Key)
		refund, told := int64(0), 0
		if p.refund {
			refund, told = 100, 1
		}
		var states []string
		for _, h := range o.History {
			states = append(states, h.State)
		}
		if got := strings.Join(states, " "); got != "pending paid shipped" {
			t.Errorf("order %s went by %s", id, got)
		}
		if charged[id] != o.Total || o.Refunded != refund || back[o.Payments.Intent] != refund || len(o.Refunds) != told {
			t.Errorf("order %s of %d: %d were paid, %d given back, %d as the payment service says, in %v", id, o.Total, charged[id], o.Refunded, back[o.Payments.Intent], o.Refunds)
		}
		if o.Shipments == nil || o.Shipments.Label == "" || labels[o.Shipments.Label] {
			t.Errorf("order %s has no label of its own: %+v", id, o.Shipments)
		} else {
			labels[o.Shipments.Label] = true
		}
		for subject, n := range map[string]int{"Your order " + id: 1, "Your order " + id + " is on its way": 1, "Money back for order " + id: told} {
			if mails[subject] != n && len(seen.box.Messages) < 500 {
				t.Errorf("%q was sent %d times, not %d", subject, mails[subject], n)
			}
		}
		for _, l := range o.Lines {
			sold += l.Quantity
		}
	}
	if len(wanted) > 0 || len(charged) != len(all) {
		t.Errorf("%d orders are lost; %d of %d were paid", len(wanted), len(charged), len(all))
	}
	if seen.stock[0].Stock != pieces-sold {
		t.Errorf("%d are left, and %d of %d were sold", seen.stock[0].Stock, sold, pieces)
	}
}

// caller calls one node.
type caller struct {
	url   string
	keys  galleytest.Keys
	admin string
}

func call(t *testing.T, s *galleytest.Server) caller {
	return caller{s.URL, s.Keys, s.Token(t, "11111111-1111-4111-8111-111111111111", map[string]any{"app_metadata": map[string]any{"roles": []string{"admin"}}})}
}

// step does the next step of a purchase.
func (c caller) step(p *purchase) error {
	err := steps[p.steps](c, p)
	if err == nil {
		p.steps++
	}
	return err
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	body   string
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.body) }

func (c caller) rpc(name, key string, args, result any) error {
	return c.post("/rest/v1/rpc/"+name, key, args, result)
}

func (c caller) post(path, key string, body, result any) error {
	return c.send(http.MethodPost, path, key, body, result)
}

var client = &http.Client{Timeout: 30 * time.Second}

func (c caller) send(method, path, key string, body, result any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"Apikey": key, "Authorization": "Bearer " + key, "Content-Type": "application/json", "Accept": "application/json"} {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 400:
		return refusal{resp.StatusCode, string(answer)}
	case result == nil:
		return nil
	}
	return json.Unmarshal(answer, result)
}

func uuid() string {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(rand.IntN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
