package app

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// connections is how many clients a benchmark of accounts has.
const connections = 32

// client is one connection that stays open, and the address that it seems to come from.
type client struct {
	net.Conn
	answers *bufio.Reader
	address string
}

func connect(s *httptest.Server, i int) (*client, error) {
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return &client{c, bufio.NewReader(c), fmt.Sprintf("198.51.100.%d", i)}, nil
}

func dial(b *testing.B, s *httptest.Server, i int) *client {
	c, err := connect(s, i)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// post sends a body to a path of accounts and returns the answer.
func (c *client) post(path string, body any) (map[string]any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request := fmt.Appendf(nil, "POST /auth/v1%s HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, c.address, len(text), text)
	var out map[string]any
	answer, err := c.exchange(request)
	if err == nil {
		err = json.Unmarshal(answer, &out)
	}
	return out, err
}

// exchange sends a request and reads the whole of its answer.
func (c *client) exchange(request []byte) ([]byte, error) {
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return body, err
}

// accountServer serves a project with accounts and with the tables of the other
// benchmarks, whose limits count but are wide; it returns a user's token, too.
func accountServer(b *testing.B, env ...string) (*httptest.Server, string) {
	h, key := benchHandler(b, benchProject{accounts: true, env: append([]string{"GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true", "GALLEY_AUTH_PASSWORD_WORKERS=1",
		"GALLEY_AUTH_RATE_LIMIT_TRUSTED_PROXIES=127.0.0.1", "GALLEY_AUTH_RATE_LIMIT_TOKEN_REFRESH=100000000",
		"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=100000000", "GALLEY_AUTH_RATE_LIMIT_ANONYMOUS_USERS=100000000"}, env...)})
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return s, key
}

// signUp connects clients and signs them up, all at once: the answer to a sign-up
// takes its time.
func signUp(b *testing.B, s *httptest.Server, clients []*client, body func(i int) map[string]any, then func(i int, answer map[string]any)) {
	var wg sync.WaitGroup
	for i := range clients {
		clients[i] = dial(b, s, i)
		wg.Go(func() {
			answer, err := clients[i].post("/signup", body(i))
			if err != nil {
				b.Error(err)
				return
			}
			then(i, answer)
		})
	}
	if wg.Wait(); b.Failed() {
		b.FailNow()
	}
}

// BenchmarkRefresh has clients refresh over HTTP, each a session of its own, one
// refresh after the other. Each is counted against the limits and durable before it
// is answered.
func BenchmarkRefresh(b *testing.B) {
	s, _ := accountServer(b)
	clients, tokens := make([]*client, connections), make([]any, connections)
	signUp(b, s, clients, func(int) map[string]any { return map[string]any{} }, func(i int, answer map[string]any) { tokens[i] = answer["refresh_token"] })
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i, c := range clients {
		wg.Go(func() {
			for refresh := tokens[i]; left.Add(-1) >= 0; {
				answer, err := c.post("/token?grant_type=refresh_token", map[string]any{"refresh_token": refresh})
				if err != nil || answer["refresh_token"] == refresh {
					b.Error(err)
					return
				}
				refresh = answer["refresh_token"]
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refreshes/s")
}

// BenchmarkSignIn has clients sign in by password over HTTP, with hashing limited
// to one core, while others read rows. Each time is a round: what one core does of
// bcrypt alone, reads alone, then both. A log-in costs one comparison of bcrypt and
// next to nothing beside, if the share is near 1.
func BenchmarkSignIn(b *testing.B) {
	s, key := accountServer(b, "GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false")
	members, readers := make([]*client, 8), []*client(nil)
	signUp(b, s, members, member, func(int, map[string]any) {})
	for i := range connections / 2 {
		readers = append(readers, dial(b, s, 100+i))
	}
	read := []byte("GET /rest/v1/items?select=*&id=eq.42 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n\r\n")
	reads := func(over time.Duration) float64 {
		return rate(b, over, len(readers), func(i int) error { _, err := readers[i].exchange(read); return err })
	}
	signIns := func(over time.Duration) float64 {
		return rate(b, over, len(members), func(i int) error { _, err := members[i].post("/token?grant_type=password", member(i)); return err })
	}
	var logins, share, kept []float64
	b.ResetTimer()
	for range b.N {
		bare, alone := bareBcrypt(b), reads(700*time.Millisecond)
		var beside float64
		var wg sync.WaitGroup
		wg.Go(func() { beside = reads(1500 * time.Millisecond) })
		done := signIns(1500 * time.Millisecond)
		wg.Wait()
		logins, share, kept = append(logins, done), append(share, done/bare), append(kept, beside/alone)
	}
	for name, values := range map[string][]float64{"log-ins/s": logins, "x-bcrypt": share, "x-reads": kept} {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], name)
	}
	b.ReportMetric(0, "ns/op")
}

func member(i int) map[string]any {
	return map[string]any{"email": fmt.Sprintf("member%d@example.org", i), "password": "tangible-otter-42-umbrella"}
}

// bareBcrypt is how many passwords one goroutine compares in a second.
func bareBcrypt(b *testing.B) float64 {
	hash, err := bcrypt.GenerateFromPassword([]byte("tangible-otter-42-umbrella"), bcrypt.DefaultCost)
	if err != nil {
		b.Fatal(err)
	}
	return rate(b, time.Second, 1, func(int) error { return bcrypt.CompareHashAndPassword(hash, []byte("tangible-otter-42-umbrella")) })
}

// rate has n goroutines do something over and over for a time, and returns how
// often it was done in a second: from the first end to the last.
func rate(b *testing.B, over time.Duration, n int, do func(i int) error) float64 {
	var mu sync.Mutex
	var count int
	var first, last time.Time
	until := time.Now().Add(over)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for time.Now().Before(until) {
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				if last = time.Now(); count == 0 {
					first = last
				}
				count++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if count < 2 {
		return 0
	}
	return float64(count-1) / last.Sub(first).Seconds()
}
