package carrier_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/integrations"
	"github.com/galleyhq/galley/internal/integrations/carrier"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/migrate"
)

func newSandbox(t *testing.T, db database.DB) carrier.Sandbox {
	t.Helper()
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "integrations", Steps: integrations.Schema()}); err != nil {
		t.Fatal(err)
	}
	return carrier.Sandbox{DB: db, URL: func() string { return "http://shop.example" }, Active: func() bool { return true }}
}

func parcel(key, postcode string) carrier.Request {
	return carrier.Request{OrderID: "1001", Key: key, Items: []carrier.Item{{Name: "Mug", Quantity: 2, Grams: 350}},
		Address: carrier.Address{Name: "Ada Lovelace", Line1: "12 Main Street", City: "Berlin", PostalCode: postcode, Country: "de"}}
}

func code(err error) string {
	if e, ok := errors.AsType[*payment.Error](err); ok {
		return fmt.Sprint(e.Code, " ", e.Retryable)
	}
	return fmt.Sprint(err)
}

// TestLabel makes one label for a key, whoever asks how often, and fails on demand.
func TestLabel(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		s := newSandbox(t, db)
		var wg sync.WaitGroup
		var mu sync.Mutex
		numbers := map[string]int{}
		for range 8 {
			wg.Go(func() {
				l, err := s.Label(t.Context(), parcel("a", "10115"))
				mu.Lock()
				defer mu.Unlock()
				numbers[l.Tracking+code(err)]++
			})
		}
		wg.Wait()
		if len(numbers) != 1 {
			t.Errorf("labels: %v", numbers)
		}
		first, err := s.Label(t.Context(), parcel("a", "10115"))
		if err != nil || len(first.Tracking) != 13 || !strings.HasPrefix(first.LabelURL, "http://shop.example/dev/shipping/labels/") {
			t.Errorf("%+v, %v", first, err)
		}
		var got []string
		ask := func(key, postcode string) {
			l, err := s.Label(t.Context(), parcel(key, postcode))
			if err == nil {
				err = errors.New(l.Carrier)
			}
			got = append(got, code(err))
		}
		ask("a", "10116")
		ask("b", "00000")
		for range 3 {
			ask("c", "99998")
		}
		for range 4 {
			ask("d", "99999")
		}
		want := "idempotency false, address false, unavailable true, unavailable true, sandbox, unavailable true, unavailable true, unavailable true, unavailable true"
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s, want %s", text, want)
		}
		for range 2 {
			if l, err := s.Cancel(t.Context(), first.ID); err != nil || !l.Cancelled || l.Tracking != first.Tracking {
				t.Errorf("cancelled: %+v, %v", l, err)
			}
		}
		if _, err := s.Cancel(t.Context(), "none"); code(err) != "not_found false" {
			t.Errorf("cancelled nothing: %v", err)
		}
		off := s
		off.Active = func() bool { return false }
		if _, err := off.Label(t.Context(), parcel("x", "10115")); code(err) != "not_configured false" {
			t.Errorf("off: %v", err)
		}
		pages(t, s, first)
	})
}

// pages shows a label and where a parcel is, to whoever has the address.
func pages(t *testing.T, s carrier.Sandbox, l carrier.Label) {
	t.Helper()
	for path, want := range map[string]string{l.LabelURL: "%PDF-", l.TrackingURL: "The label was cancelled", "http://shop.example/dev/shipping/labels/none.pdf": "no such parcel",
		"http://shop.example/dev/shipping/track/GX": "no such parcel"} {
		w := httptest.NewRecorder()
		s.Pages().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
}

// TestRequests are refused with the field that is wrong.
func TestRequests(t *testing.T) {
	for want, change := range map[string]func(*carrier.Request){
		"orderId":            func(r *carrier.Request) { r.OrderID = "" },
		"address.name":       func(r *carrier.Request) { r.Address.Name = "  " },
		"address.line1":      func(r *carrier.Request) { r.Address.Line1 = strings.Repeat("x", 301) },
		"address.country":    func(r *carrier.Request) { r.Address.Country = "Germany" },
		"address.postalCode": func(r *carrier.Request) { r.Address.PostalCode = "" },
		"items":              func(r *carrier.Request) { r.Items = nil },
		"idempotencyKey":     func(r *carrier.Request) { r.Key = "" },
		"":                   func(*carrier.Request) {},
	} {
		r := parcel("k", "10115")
		change(&r)
		err := r.Check()
		if want == "" && (err != nil || r.Address.Country != "DE") || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want+":")) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestPDF sets labels of hostile texts, and the same one as the same file.
func TestPDF(t *testing.T) {
	long := strings.Repeat("Very long words ", 200)
	for name, a := range map[string]carrier.Address{
		"plain":    parcel("", "10115").Address,
		"empty":    {},
		"long":     {Name: long, Line1: long, Line2: long, City: long, PostalCode: long, State: long, Country: "DE"},
		"others":   {Name: "Grüße Ελλάς Москва 日本 😀 e\u0301", Line1: "\x00\n\t(\\)", City: "\ufffd\u202e", PostalCode: "1", Country: "JP"},
		"invalid":  {Name: "a\xff\xfeb", Line1: "\xed\xa0\x80", City: "x", PostalCode: "1", Country: "DE"},
		"brackets": {Name: "((((", Line1: "))))\\", City: "%%EOF", PostalCode: "endobj", Country: "DE"},
	} {
		p := carrier.Parcel{Request: carrier.Request{OrderID: long, Address: a}, Tracking: "GX123456785ZZ", Cancelled: true, At: time.Unix(1700000000, 0)}
		for i := range 9 {
			p.Request.Items = append(p.Request.Items, carrier.Item{Name: a.Name, Quantity: int64(i), Grams: 1 << 40})
		}
		var one, two bytes.Buffer
		if err := errors.Join(carrier.WritePDF(&one, p), carrier.WritePDF(&two, p)); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) || !bytes.HasPrefix(one.Bytes(), []byte("%PDF-")) {
			t.Errorf("%s: %v, %d and %d bytes", name, err, one.Len(), two.Len())
		}
	}
}

var _ carrier.Carrier = carrier.Sandbox{Active: func() bool { return false }, URL: func() string { return "" }, DB: nil}
