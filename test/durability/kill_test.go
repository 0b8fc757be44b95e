package durability

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/galleytest"
)

const (
	clients      = 32
	defaultKills = 8 // make durability does 50
)

const schema = `
create table entries (
	round integer not null,
	client integer not null,
	n integer not null,
	marker text not null,
	primary key (round, client, n)
);
alter table entries enable row level security;
`

func TestMain(m *testing.M) { galleytest.Main(m) }

// TestKill kills a server that 32 clients insert into, at a random moment, starts
// it again on the same file, and looks for every row that was acknowledged.
func TestKill(t *testing.T) {
	kills := defaultKills
	if text := os.Getenv("GALLEY_TEST_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	o := galleytest.Options{
		Project: galleytest.Project(t, schema),
		Data:    filepath.Join(t.TempDir(), "data"),
		Env:     []string{"GALLEY_API_MAX_ROWS=0"},
	}
	total, least := 0, 0
	for round := range kills {
		s := galleytest.Start(t, o)
		acknowledged := insertUntilKilled(t, s, round)
		s = galleytest.Start(t, o)
		found := entries(t, s, round)
		for e := range acknowledged {
			if !found[e] {
				t.Errorf("round %d: client %d's row %d was acknowledged and is lost", round, e.Client, e.N)
			}
		}
		// A client has one request under way: more than that was never asked for.
		if len(found) > len(acknowledged)+clients {
			t.Errorf("round %d: %d rows, %d acknowledged", round, len(found), len(acknowledged))
		}
		total += len(acknowledged)
		least += len(found)
		if got := countAll(t, s); got != least {
			t.Errorf("after round %d there are %d rows, not %d", round, got, least)
		}
		s.Stop()
	}
	fmt.Printf("durability: %d kills, %d acknowledged inserts, none lost: %v\n", kills, total, !t.Failed())
	if total < kills*clients {
		t.Errorf("only %d inserts in %d rounds prove little", total, kills)
	}
}

// entry is a row by its key, without the round.
type entry struct {
	Client int `json:"client"`
	N      int `json:"n"`
}

// insertUntilKilled kills the server between 20 and 600 ms after as many inserts were
// acknowledged as there are clients, and returns what was acknowledged.
func insertUntilKilled(t *testing.T, s *galleytest.Server, round int) map[entry]bool {
	t.Helper()
	var wg sync.WaitGroup
	enough := make(chan struct{})
	var answers atomic.Int64
	lists := make([][]entry, clients)
	for c := range clients {
		wg.Go(func() {
			for n := 0; ; n++ {
				if insert(t.Context(), s, round, c, n, "") != nil {
					return // the server is gone
				}
				lists[c] = append(lists[c], entry{c, n})
				if answers.Add(1) == clients {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(60 * time.Second):
		t.Errorf("only %d inserts were acknowledged", answers.Load())
	}
	time.Sleep(20*time.Millisecond + rand.N(580*time.Millisecond)) // the random moment
	s.Kill()
	wg.Wait()
	all := map[entry]bool{}
	for _, list := range lists {
		for _, e := range list {
			all[e] = true
		}
	}
	return all
}

var client = &http.Client{
	Timeout:   20 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
}

// insert returns nil once the row is acknowledged.
func insert(ctx context.Context, s *galleytest.Server, round, c, n int, marker string) error {
	body := fmt.Sprintf(`{"round":%d,"client":%d,"n":%d,"marker":%q}`, round, c, n, marker)
	req, err := request(ctx, s, http.MethodPost, "/rest/v1/entries?select=marker", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Prefer", "return=representation")
	_, _, err = do(req, http.StatusCreated)
	return err
}

// entries reads the rows of a round.
func entries(t *testing.T, s *galleytest.Server, round int) map[entry]bool {
	t.Helper()
	req, err := request(t.Context(), s, http.MethodGet, fmt.Sprintf("/rest/v1/entries?select=client,n&round=eq.%d", round), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := do(req, http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	var rows []entry
	if err := json.Unmarshal(body, &rows); err != nil {
		t.Fatal(err)
	}
	found := map[entry]bool{}
	for _, r := range rows {
		found[r] = true
	}
	return found
}

func countAll(t *testing.T, s *galleytest.Server) int {
	t.Helper()
	req, err := request(t.Context(), s, http.MethodHead, "/rest/v1/entries", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Prefer", "count=exact")
	_, header, err := do(req, http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(header.Get("Content-Range"), "/")
	n, err := strconv.Atoi(total)
	if err != nil {
		t.Fatalf("Content-Range %q", header.Get("Content-Range"))
	}
	return n
}

func request(ctx context.Context, s *galleytest.Server, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Apikey", s.Keys.ServiceRole)
	req.Header.Set("Authorization", "Bearer "+s.Keys.ServiceRole)
	return req, nil
}

func do(req *http.Request, want int) ([]byte, http.Header, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, bytes.TrimSpace(body))
	}
	return body, resp.Header, err
}
