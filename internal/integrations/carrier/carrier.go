// Package carrier makes shipping labels: an interface, and a carrier of the sandbox, whose
// labels nobody pays and no post office takes.
package carrier

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/integrations/payment"
)

// Carrier takes parcels. Calls may be repeated with the same key; errors are
// *payment.Error.
type Carrier interface {
	Label(ctx context.Context, r Request) (Label, error)
	// Cancel gives a label back; again is the same.
	Cancel(ctx context.Context, id string) (Label, error)
}

// Request asks for a label.
type Request struct {
	OrderID string  `json:"orderId"`
	Address Address `json:"address"`
	Items   []Item  `json:"items"`
	Key     string  `json:"idempotencyKey"`
}

// Address is where a parcel goes.
type Address struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	PostalCode string `json:"postalCode"`
	State      string `json:"state,omitempty"`
	Country    string `json:"country"`
}

// Item is what is in it.
type Item struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Grams    int64  `json:"grams,omitempty"`
}

// Label is one that was made.
type Label struct {
	ID          string `json:"id"`
	Carrier     string `json:"carrier"`
	Tracking    string `json:"tracking"`
	TrackingURL string `json:"trackingUrl"`
	LabelURL    string `json:"labelUrl"` // of a PDF
	Cancelled   bool   `json:"cancelled"`
}

// Check says what is wrong with a request.
func (r *Request) Check() error {
	a := r.Address
	for field, text := range map[string]string{"orderId": r.OrderID, "address.name": a.Name, "address.line1": a.Line1, "address.city": a.City,
		"address.postalCode": a.PostalCode, "idempotencyKey": r.Key} {
		if strings.TrimSpace(text) == "" || len(text) > 300 {
			return payment.Invalid(field, "a text of up to 300 bytes")
		}
	}
	r.Address.Country = strings.ToUpper(a.Country)
	switch {
	case len(a.Country) != 2:
		return payment.Invalid("address.country", "two letters, such as DE")
	case len(a.Line2) > 300 || len(a.State) > 300:
		return payment.Invalid("address", "lines of up to 300 bytes")
	case len(r.Items) == 0 || len(r.Items) > 500:
		return payment.Invalid("items", "1 to 500 items")
	}
	for _, i := range r.Items {
		if i.Name == "" || len(i.Name) > 500 || i.Quantity < 1 || i.Grams < 0 {
			return payment.Invalid("items", "a name and a quantity each")
		}
	}
	return nil
}

// Sandbox is the carrier for trying things out. Its labels are in the database.
type Sandbox struct {
	DB     database.DB
	URL    func() string // where browsers find the server
	Active func() bool
}

// What postal codes make the sandbox fail on demand.
const (
	noSuchPlace = "00000" // the address is refused
	downTwice   = "99998" // no answer, twice for each key
	down        = "99999" // never an answer
)

// Label implements Carrier.
func (s Sandbox) Label(ctx context.Context, r Request) (out Label, err error) {
	if !s.Active() {
		return out, payment.New(payment.NotConfigured, "no carrier is configured")
	}
	request, err := json.Marshal(r)
	if err != nil {
		return out, err
	}
	if r.Address.PostalCode == noSuchPlace {
		e := payment.New(payment.Address, "the carrier does not know the postal code %s", noSuchPlace)
		e.Status = http.StatusUnprocessableEntity
		return out, e
	}
	var failed error
	err = database.InTx(ctx, s.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		out, failed, err = s.make(ctx, tx, r, string(request))
		return err
	})
	if err == nil {
		err = s.forget(ctx)
	}
	return out, errors.Join(failed, err)
}

// make gives the key its label. failed is the carrier's failure, which is counted all the same.
func (s Sandbox) make(ctx context.Context, tx database.Tx, r Request, request string) (out Label, failed, err error) {
	rows, err := database.Records(ctx, tx, `INSERT INTO galley.shipping_labels AS l (id, key, request) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET attempts = l.attempts + 1 RETURNING id, request, tracking, attempts, cancelled_at IS NOT NULL`, random(26, letters), r.Key, request)
	if err != nil {
		return out, nil, err
	}
	row := rows[0]
	attempt := row.Int(3)
	switch {
	case row.Text(1) != request:
		return out, payment.New(payment.Idempotency, "the key %s was used for another request", r.Key), nil
	case row[2] != nil:
		return s.label(row.Text(0), row.Text(2), row.Text(4) == "t"), nil, nil
	case r.Address.PostalCode == down, r.Address.PostalCode == downTwice && attempt <= 2:
		return out, payment.New(payment.Unavailable, "the carrier does not answer (attempt %d)", attempt), nil
	}
	number := tracking()
	err = database.Run(ctx, tx, `UPDATE galley.shipping_labels SET tracking = $2 WHERE id = $1`, row.Text(0), number)
	return s.label(row.Text(0), number, false), nil, err
}

func (s Sandbox) label(id, number string, cancelled bool) Label {
	base := s.URL() + "/dev/shipping/"
	return Label{ID: id, Carrier: "sandbox", Tracking: number, TrackingURL: base + "track/" + number, LabelURL: base + "labels/" + id + ".pdf", Cancelled: cancelled}
}

// Cancel implements Carrier.
func (s Sandbox) Cancel(ctx context.Context, id string) (Label, error) {
	if !s.Active() {
		return Label{}, payment.New(payment.NotConfigured, "no carrier is configured")
	}
	rows, err := database.Records(ctx, database.Owner{DB: s.DB}, `UPDATE galley.shipping_labels SET cancelled_at = coalesce(cancelled_at, now())
		WHERE id = $1 AND tracking IS NOT NULL RETURNING tracking`, id)
	switch {
	case err != nil:
		return Label{}, err
	case len(rows) == 0:
		return Label{}, payment.New(payment.NotFound, "there is no label %s", id)
	}
	return s.label(id, rows[0].Text(0), true), nil
}

// Parcel is a label as its pages show it.
type Parcel struct {
	Request   Request
	Tracking  string
	Cancelled bool
	At        time.Time
}

// find reads a label by its id or its number.
func (s Sandbox) find(ctx context.Context, column, value string) (p Parcel, found bool, err error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.DB}, `SELECT request, tracking, cancelled_at IS NOT NULL, created_at FROM galley.shipping_labels
		WHERE `+column+` = $1 AND tracking IS NOT NULL`, value)
	if err != nil || len(rows) == 0 {
		return p, false, err
	}
	p = Parcel{Tracking: rows[0].Text(1), Cancelled: rows[0].Text(2) == "t", At: rows[0].Time(3)}
	return p, true, json.Unmarshal([]byte(rows[0].Text(0)), &p.Request)
}

// forget removes what is older than a month, a part at a time.
func (s Sandbox) forget(ctx context.Context) error {
	return database.Run(ctx, database.Owner{DB: s.DB}, `DELETE FROM galley.shipping_labels WHERE id IN (SELECT id FROM galley.shipping_labels
		WHERE created_at < now() - interval '30 days' ORDER BY created_at LIMIT 100)`)
}

const (
	digits  = "0123456789"
	letters = "abcdefghijkmnopqrstuvwxyz23456789"
)

// tracking is a number of the form of the Universal Postal Union (S10), of a country
// that there is none of, with its check digit.
func tracking() string {
	serial := random(8, digits)
	sum := 0
	for i, weight := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += int(serial[i]-'0') * weight
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return "GX" + serial + string(digits[check]) + "ZZ"
}

func random(length int, of string) string {
	out := make([]byte, length)
	for i := range out {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(of))))
		if err != nil { // never
			panic(err)
		}
		out[i] = of[n.Int64()]
	}
	return string(out)
}
