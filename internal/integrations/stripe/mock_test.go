package stripe_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
)

// mock starts stripe-mock, Stripe's own stand-in, which checks requests against the
// published description of the API. It is a module of its own, test/stripe, which CI must
// have (GALLEY_TEST_REQUIRE_STRIPE).
func mock(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "stripe-mock")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/stripe/stripe-mock")
	build.Dir = filepath.Join("..", "..", "..", "test", "stripe")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("GALLEY_TEST_REQUIRE_STRIPE") != "" {
			t.Fatalf("stripe-mock: %v\n%s", err, out)
		}
		t.Skipf("stripe-mock cannot be built: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-http-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	return listening(t, out)
}

// listening reads where the program says that it listens.
func listening(t *testing.T, out io.Reader) string {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		address := regexp.MustCompile(`127\.0\.0\.1:\d+`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if a := address.FindString(lines.Text()); a != "" {
				found <- "http://" + a
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case url := <-found:
		return url
	case <-time.After(time.Minute):
		t.Fatal("stripe-mock does not listen")
		return ""
	}
}

// TestMock has Stripe's own stand-in look at each of the calls.
func TestMock(t *testing.T) {
	url := mock(t)
	c := stripe.New(stripe.Config{Key: "sk_test_123", BaseURL: url, Timeout: time.Minute, HTTP: http.DefaultClient})
	for name, call := range map[string]func() (string, error){
		"checkout": func() (string, error) { s, err := c.Checkout(t.Context(), request()); return s.ID, err },
		"session":  func() (string, error) { s, err := c.Session(t.Context(), "cs_1"); return s.ID, err },
		"expire":   func() (string, error) { s, err := c.Expire(t.Context(), "cs_1"); return s.ID, err },
		"refund": func() (string, error) {
			r, err := c.Refund(t.Context(), payment.RefundRequest{PaymentIntent: "pi_1", Amount: 100, Reason: "requested_by_customer", Metadata: map[string]string{"a": "b"}, Key: "k"})
			return r.ID, err
		},
	} {
		if id, err := call(); err != nil || id == "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
	bad := stripe.New(stripe.Config{Key: "nonsense", BaseURL: url, Timeout: time.Minute, HTTP: http.DefaultClient})
	if _, err := bad.Session(t.Context(), "cs_1"); payment.Of(err).Code != payment.Unauthorized {
		t.Errorf("another key: %v, %v", err, errors.Unwrap(err))
	}
}
