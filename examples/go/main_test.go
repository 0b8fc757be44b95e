package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestShop builds the program, runs it on a database in a temporary folder, and orders.
func TestShop(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	url := run(t, binary)
	if status, body := request(t, "GET", url+"/rest/v1/items?select=name&order=name", ""); status != 200 || body != `[{"name":"book"},{"name":"pen"}]` {
		t.Errorf("items: %d %s", status, body)
	}
	if status, body := request(t, "POST", url+"/rest/v1/orders?select=total", `{"item":"book","quantity":2,"total":0.01}`); status != 201 || body != `[{"total":24.00}]` {
		t.Errorf("an order: %d %s", status, body)
	}
	if status, body := request(t, "POST", url+"/rest/v1/orders", `{"item":"book"}`); status != 409 || !strings.Contains(body, "there are no 1 of book") {
		t.Errorf("an order of what is sold out: %d %s", status, body)
	}
	const want = `[{"item":"book","sold":2,"total":24}]` + "\n" // once it is confirmed, by a job
	status, body := request(t, "GET", url+"/totals", "")
	for began := time.Now(); body != want && time.Since(began) < time.Minute; status, body = request(t, "GET", url+"/totals", "") {
		time.Sleep(50 * time.Millisecond) // the program says nothing when a job is done
	}
	if status != 200 || body != want {
		t.Errorf("totals: %d %s", status, body)
	}
}

// run runs the program until the test ends, and returns its URL.
func run(t *testing.T, binary string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, "-project", ".")
	cmd.Env = append(os.Environ(), "GALLEY_SERVER_LISTEN=127.0.0.1:0", "GALLEY_DATABASE_DATA="+t.TempDir(), "DATABASE_URL=",
		"GALLEY_FUNCTIONS_HOOK_TIME=1m") // on a machine that runs other tests
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "the shop is open at "))
}

func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Prefer", "return=representation")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
