package carrier

import (
	"bytes"
	_ "embed" // the page
	"html/template"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations/devpage"
	"github.com/galleyhq/galley/internal/integrations/payment"
)

//go:embed track.html
var trackHTML string

// Pages serves labels and the page of a parcel, below /dev/shipping, to whoever has the
// address.
func (s Sandbox) Pages() http.Handler {
	page := template.Must(template.New("track").Parse(trackHTML))
	mux := http.NewServeMux()
	for pattern, h := range map[string]httpapi.Handler{
		"GET /dev/shipping/labels/{file}": s.pdf,
		"GET /dev/shipping/track/{number}": func(w http.ResponseWriter, r *http.Request) error {
			p, err := s.parcel(r, "tracking", r.PathValue("number"))
			if err != nil {
				return err
			}
			return devpage.Render(w, page, p)
		},
		"/dev/": func(http.ResponseWriter, *http.Request) error {
			return payment.New(payment.NotFound, "there is no such page")
		},
	} {
		mux.Handle(pattern, devpage.Handler(h))
	}
	return mux
}

func (s Sandbox) parcel(r *http.Request, column, value string) (Parcel, error) {
	if !s.Active() {
		return Parcel{}, payment.New(payment.NotConfigured, "the carrier of the sandbox is off")
	}
	p, found, err := s.find(r.Context(), column, value)
	if err == nil && !found {
		err = payment.New(payment.NotFound, "there is no such parcel")
	}
	return p, err
}

func (s Sandbox) pdf(w http.ResponseWriter, r *http.Request) error {
	id, _ := strings.CutSuffix(r.PathValue("file"), ".pdf")
	p, err := s.parcel(r, "id", id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := WritePDF(&b, p); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="`+p.Tracking+`.pdf"`)
	_, _ = b.WriteTo(w) // a client that left is no error
	return nil
}
