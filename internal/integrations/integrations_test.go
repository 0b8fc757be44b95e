package integrations_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
)

// fixture is a project's server as far as the sandboxes need it.
type fixture struct {
	*testing.T
	service *integrations.Service
	db      database.DB
	server  *httptest.Server

	mu     sync.Mutex
	got    []map[string]any // events that the webhook took
	refuse int              // so many deliveries
	ids    map[string]int
}

// newFixture has a webhook that checks events as a project's does, and jobs that run.
func newFixture(t *testing.T, db database.DB, change func(*config.Config)) *fixture {
	t.Helper()
	err := migrate.Own(t.Context(), db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())}, migrate.Part{Name: "integrations", Steps: integrations.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, db: db, ids: map[string]int{}}
	mux := http.NewServeMux()
	f.server = httptest.NewServer(mux)
	t.Cleanup(f.server.Close)
	f.service = f.node(change)
	mux.HandleFunc("POST /hook", f.hook)
	mux.Handle("/dev/stripe/", f.service.StripePages(true))
	mux.Handle("/dev/stripe.json", f.service.StripePages(true))
	mux.Handle("/dev/shipping/", f.service.ShippingPages())
	return f
}

// node is one of the nodes of the server.
func (f *fixture) node(change func(*config.Config)) *integrations.Service {
	f.Helper()
	c, _, err := config.Load(config.Source{Project: f.TempDir(), Dev: true})
	if err != nil {
		f.Fatal(err)
	}
	c.Stripe.WebhookPath = "/hook"
	if change != nil {
		change(&c)
	}
	url := func() string { return f.server.URL }
	s := integrations.New(integrations.Config{DB: f.db, Settings: c, Secret: "the project's", URL: url, SelfURL: url, HTTP: http.DefaultClient, Local: http.DefaultClient,
		Env: func(context.Context, string) string { return "" }, Logger: slog.New(slog.DiscardHandler)})
	client, err := jobs.New(jobs.Config{DB: f.db, Workers: 4, Handlers: s.Handlers(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	client.Start()
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	})
	return s
}

func (f *fixture) hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request, _ := json.Marshal(map[string]string{"body": string(body), "signature": r.Header.Get("Stripe-Signature")})
	answer := f.service.Local(r.Context(), "stripe.event", request)
	var read struct {
		Value map[string]any `json:"value"`
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.Unmarshal(answer, &read); err != nil || read.Value == nil {
		f.Errorf("the webhook got %s: %s", body, answer)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.ids[read.Value["id"].(string)]++
	if f.refuse > 0 {
		f.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	f.got = append(f.got, read.Value)
}

// call asks, and gives the answer's value or its error as JSON with sorted keys.
func (f *fixture) call(name, request string) map[string]any {
	f.Helper()
	return decode(f, f.service.Call(f.Context(), name, []byte(request)))
}

func decode(f *fixture, answer []byte) map[string]any {
	f.Helper()
	var out struct {
		Value map[string]any `json:"value"`
		Error map[string]any `json:"error"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		f.Fatalf("%s: %v", answer, err)
	}
	if out.Error != nil {
		return out.Error
	}
	return out.Value
}

// post sends a form as the page does, and gives the answer's JSON.
func (f *fixture) post(url, body string) (int, map[string]any) {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return resp.StatusCode, out
}

// wait waits for so many events at the webhook, and gives their types, sorted by name.
func (f *fixture) wait(count int) map[string]map[string]any {
	f.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		f.mu.Lock()
		got := len(f.got)
		f.mu.Unlock()
		if got >= count {
			break
		}
		if time.Now().After(deadline) {
			f.Fatalf("%d events came, not %d", got, count)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]map[string]any{}
	for _, e := range f.got {
		out[e["type"].(string)] = e["data"].(map[string]any)
	}
	f.got = nil
	return out
}

func (f *fixture) want(what string, got, want any) {
	f.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		f.Errorf("%s: %v, want %v", what, got, want)
	}
}

// checkout is a request of an order.
func checkout(order, key string) string {
	return fmt.Sprintf(`{"orderId": %q, "lines": [{"name": "Mug <b>", "amount": 1250, "quantity": 2}, {"name": "Shipping", "amount": 490, "quantity": 1}],
		"discount": 240, "currency": "EUR", "email": "ada@example.org", "successUrl": "http://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
		"cancelUrl": "http://shop.example/cart", "metadata": {"a": "b"}, "idempotencyKey": %q}`, order, key)
}

// TestCheckout pays an order, and gives the money back in two parts.
func TestCheckout(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, nil)
		made := f.call("stripe.checkout", checkout("7", "k7"))
		f.want("the session", []any{made["status"], made["paymentStatus"], made["amountTotal"], made["currency"], made["orderId"], made["paymentIntent"]}, "[open unpaid 2750 eur 7 <nil>]")
		f.want("again", f.call("stripe.checkout", checkout("7", "k7"))["id"], made["id"])
		f.want("another request", f.call("stripe.checkout", checkout("8", "k7"))["code"], "idempotency")
		url := made["url"].(string)
		f.mu.Lock()
		f.refuse = 2
		f.mu.Unlock()
		status, paid := f.post(url+"/pay", `{"country": "at", "cardCountry": "US", "name": "Ada"}`)
		f.want("paid", []any{status, paid["declined"], paid["next"]}, fmt.Sprintf("[200 false http://shop.example/thanks?s=%s]", made["id"]))
		status, _ = f.post(url+"/pay", `{}`)
		f.want("paid twice", status, 409)
		events := f.wait(3)
		session := events["checkout.session.completed"]
		intent := session["payment_intent"]
		f.want("the event", []any{session["id"], session["client_reference_id"], session["payment_status"], session["amount_total"], session["metadata"]},
			fmt.Sprintf("[%s 7 paid 2750 map[a:b order_id:7]]", made["id"]))
		f.want("the country", session["customer_details"].(map[string]any)["address"].(map[string]any)["country"], "AT")
		f.want("the payment", []any{events["payment_intent.succeeded"]["id"], events["charge.succeeded"]["payment_intent"]}, fmt.Sprint([]any{intent, intent}))
		now := f.call("stripe.session", fmt.Sprintf(`{"id": %q}`, made["id"]))
		f.want("the session then", []any{now["status"], now["paymentStatus"], now["paymentIntent"], now["url"], now["country"], now["cardCountry"]}, fmt.Sprintf("[complete paid %s <nil> AT US]", intent))
		f.want("expired", f.call("stripe.expire", fmt.Sprintf(`{"id": %q}`, made["id"]))["code"], "not_open")
		f.refunds(intent.(string))
	})
}

func (f *fixture) refunds(intent string) {
	f.Helper()
	refund := func(amount int, key string) map[string]any {
		return f.call("stripe.refund", fmt.Sprintf(`{"paymentIntent": %q, "amount": %d, "reason": "requested_by_customer", "idempotencyKey": %q}`, intent, amount, key))
	}
	first := refund(750, "r1")
	f.want("a part", []any{first["status"], first["amount"], first["paymentIntent"]}, fmt.Sprintf("[succeeded 750 %s]", intent))
	f.want("the same", refund(750, "r1")["id"], first["id"])
	f.want("another", refund(751, "r1")["code"], "idempotency")
	f.want("too much", refund(2001, "r2")["stripeCode"], "refund_exceeds_remaining")
	f.want("a part, told", f.wait(2)["charge.refunded"]["amount_refunded"], 750)
	f.want("the rest", refund(0, "r3")["amount"], 2000)
	f.want("the rest again", refund(0, "r3")["amount"], 2000)
	f.want("all", f.wait(2)["charge.refunded"]["refunded"], true)
	f.want("no more", refund(1, "r4")["stripeCode"], "charge_already_refunded")
	f.want("nothing", f.call("stripe.refund", `{"paymentIntent": "pi_none", "idempotencyKey": "x"}`)["code"], "not_found")
}

// TestPayOnce presses every button at once, on two nodes: one of them counts.
func TestPayOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, nil)
		f.node(nil)
		url := f.call("stripe.checkout", checkout("1", "k"))["url"].(string)
		if status, out := f.post(url+"/decline", `{}`); status != 200 || out["declined"] != true {
			t.Errorf("declined: %d %v", status, out)
		}
		f.want("the decline", f.wait(1)["payment_intent.payment_failed"]["last_payment_error"].(map[string]any)["code"], "card_declined")
		var wg sync.WaitGroup
		var mu sync.Mutex
		ended := map[int]int{}
		for i := range 12 {
			wg.Go(func() {
				status, _ := f.post(url+[]string{"/pay", "/expire"}[i%2], `{}`)
				mu.Lock()
				ended[status]++
				mu.Unlock()
			})
		}
		wg.Wait()
		f.want("answers", ended, "map[200:1 409:11]")
		f.mu.Lock()
		defer f.mu.Unlock()
		for id, times := range f.ids {
			if times != 1 {
				t.Errorf("%s came %d times", id, times)
			}
		}
	})
}

// TestResend sends an event again, and a session's time ends.
func TestResend(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, nil)
		made := f.call("stripe.checkout", checkout("1", "k"))
		// The job that ends the session's time does what this does.
		f.want("expired", f.call("stripe.expire", fmt.Sprintf(`{"id": %q}`, made["id"]))["status"], "expired")
		first := f.wait(1)["checkout.session.expired"]
		f.want("the event", []any{first["status"], first["payment_status"], first["payment_intent"]}, "[expired unpaid <nil>]")
		var id string
		for one := range f.ids {
			id = one
		}
		if status, _ := f.post(f.server.URL+"/dev/stripe/events/"+id+"/resend", ""); status != http.StatusNoContent {
			t.Errorf("resent: %d", status)
		}
		f.wait(1)
		f.want("deliveries", f.ids[id], 2)
		due := rows(f, `select (run_at > now() + interval '23 hours')::text from galley.jobs where kind = 'stripe_sandbox.expire'`)
		f.want("its time", due, "[true]")
		if status, _ := f.post(made["url"].(string)+"/pay", `{}`); status != http.StatusConflict {
			t.Errorf("an expired session was paid: %d", status)
		}
	})
}

func rows(f *fixture, sql string) (out []string) {
	f.Helper()
	list, err := database.Records(f.Context(), database.Owner{DB: f.db}, sql)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range list {
		out = append(out, r.Text(0))
	}
	return out
}

// TestMode is never the sandbox by accident.
func TestMode(t *testing.T) {
	db := enginetest.Embedded(t)
	for name, c := range map[string]struct {
		dev, sandbox bool
		key, secret  string
		want         string
	}{
		"nothing":              {want: "off"},
		"dev":                  {dev: true, want: "sandbox"},
		"by name":              {sandbox: true, want: "sandbox"},
		"a key":                {key: "sk_live_x", want: "live"},
		"a key and dev":        {dev: true, key: "sk_live_x", want: "live"},
		"a key for tests":      {dev: true, key: "rk_test_x", want: "test"},
		"a secret":             {secret: "sk_test_x", want: "test"},
		"a secret and by name": {secret: "sk_live_x", sandbox: true, want: "live"},
	} {
		settings := config.Config{Dev: c.dev, Stripe: config.Stripe{SecretKey: c.key, Sandbox: c.sandbox}}
		s := integrations.New(integrations.Config{DB: db, Settings: settings, Logger: slog.New(slog.DiscardHandler), Env: func(_ context.Context, name string) string {
			if name == "STRIPE_SECRET_KEY" {
				return c.secret
			}
			return ""
		}})
		if got := s.Mode(t.Context()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		w := httptest.NewRecorder()
		s.StripePages(true).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/dev/stripe/assets/css", nil))
		if active := w.Code == http.StatusOK; active != (c.want == "sandbox") {
			t.Errorf("%s: the pages answer %d", name, w.Code)
		}
	}
}

// TestListClosed keeps the list from everybody but the service role and this machine.
func TestListClosed(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	for name, c := range map[string]struct {
		open   bool
		change func(*http.Request) *http.Request
		want   int
	}{
		"at home":        {true, func(r *http.Request) *http.Request { return r }, 200},
		"closed":         {false, func(r *http.Request) *http.Request { return r }, 401},
		"from elsewhere": {true, func(r *http.Request) *http.Request { r.RemoteAddr = "10.0.0.1:5"; return r }, 401},
		"another name":   {true, func(r *http.Request) *http.Request { r.Host = "evil.example"; return r }, 401},
		"another page":   {true, func(r *http.Request) *http.Request { r.Header.Set("Sec-Fetch-Site", "cross-site"); return r }, 401},
		"a user": {true, func(r *http.Request) *http.Request {
			return r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: "authenticated", Authenticated: true}))
		}, 401},
		"the service role": {false, func(r *http.Request) *http.Request {
			return r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: "service_role", Authenticated: true}))
		}, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, "/dev/stripe.json", nil)
		r.Host, r.RemoteAddr = "localhost:8000", "127.0.0.1:4000"
		w := httptest.NewRecorder()
		f.service.StripePages(c.open).ServeHTTP(w, c.change(r))
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

// TestListLimit asks for as many as there may be, and for more.
func TestListLimit(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	for n := range 3 {
		f.call("stripe.checkout", checkout(strconv.Itoa(n), "k"+strconv.Itoa(n)))
	}
	for query, want := range map[string]int{"": 3, "?limit=2": 2, "?limit=1000": 3, "?limit=0": -1, "?limit=1001": -1, "?limit=x": -1} {
		r := httptest.NewRequest(http.MethodGet, "/dev/stripe.json"+query, nil)
		r.Host, r.RemoteAddr = "localhost:8000", "127.0.0.1:4000"
		w := httptest.NewRecorder()
		f.service.StripePages(true).ServeHTTP(w, r)
		var got struct{ Sessions []any }
		_ = json.Unmarshal(w.Body.Bytes(), &got)
		if want < 0 && w.Code != http.StatusBadRequest || want >= 0 && len(got.Sessions) != want {
			t.Errorf("%s: %d with %d sessions, want %d", query, w.Code, len(got.Sessions), want)
		}
	}
}

// TestPage shows what a customer pays, with nothing of it taken for HTML.
func TestPage(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	url := f.call("stripe.checkout", checkout("<1>", "k"))["url"].(string)
	resp, err := http.Get(url) //nolint:noctx // of a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	for _, text := range []string{"27.50 EUR", "25.00 EUR", "Mug &lt;b&gt;", "&lt;1&gt;", "line_items[0][price_data][unit_amount]", "coupons: amount_off", "order_id"} {
		if !bytes.Contains(body, []byte(text)) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://shop.example") || strings.Contains(policy, "script") {
		t.Errorf("policy: %s", policy)
	}
	if status, _ := f.post(f.server.URL+"/dev/stripe/pay/cs_test_none/pay", `{}`); status != http.StatusNotFound {
		t.Errorf("a session that is not there: %d", status)
	}
}
