package sandbox

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations/devpage"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
	"github.com/galleyhq/galley/internal/remote"
)

// Where the pages are. The id of a session is its key, as it is of Stripe's own page.
const (
	listPath = "/dev/stripe"
	payPath  = "/dev/stripe/pay/"
)

//go:embed pages/*.html
var files embed.FS

// pages are what a person sees.
type pages struct {
	*Sandbox
	open           bool // the list, to this machine, without a key
	pay, all, body *template.Template
}

// Pages serves the pages below /dev/stripe. Those to pay on are open to whoever has the
// address; the list is for the service role, and, if open, for this machine.
func (s *Sandbox) Pages(open bool) http.Handler {
	parse := func(name string) *template.Template {
		return template.Must(template.New(name).Funcs(template.FuncMap{"money": money}).ParseFS(files, "pages/"+name))
	}
	p := pages{s, open, parse("pay.html"), parse("list.html"), parse("event.html")}
	mux := http.NewServeMux()
	for pattern, h := range map[string]httpapi.Handler{
		"GET /dev/stripe/pay/{id}":            p.showPay,
		"POST /dev/stripe/pay/{id}/pay":       p.doPay,
		"POST /dev/stripe/pay/{id}/decline":   p.doDecline,
		"POST /dev/stripe/pay/{id}/expire":    p.doExpire,
		"GET /dev/stripe":                     p.forDevelopers(p.showAll),
		"GET /dev/stripe.json":                p.forDevelopers(p.showJSON),
		"GET /dev/stripe/events/{id}":         p.forDevelopers(p.showEvent),
		"POST /dev/stripe/events/{id}/resend": p.forDevelopers(p.resend),
		"GET " + devpage.StylePath:            devpage.Style,
		"/dev/": func(http.ResponseWriter, *http.Request) error {
			return payment.New(payment.NotFound, "there is no such page")
		},
	} {
		mux.Handle(pattern, devpage.Handler(p.whileActive(h)))
	}
	return mux
}

func (p pages) whileActive(h httpapi.Handler) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !p.config.Active(r.Context()) {
			return payment.New(payment.NotConfigured, "the sandbox of Stripe is off")
		}
		return h(w, r)
	}
}

func (p pages) forDevelopers(h httpapi.Handler) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := httpapi.IdentityFrom(r.Context())
		if id.Role != "service_role" && (id.Authenticated || !p.open || !remote.AtHome(r)) {
			return fault.New(fault.InsufficientPrivilege, "the list of the sandbox is closed").WithStatus(http.StatusUnauthorized).
				WithHint("Show the service role's key, or start the server with --dev on a loopback address and open it on the same machine.")
		}
		return h(w, r)
	}
}

// Currencies without decimals, and with three (docs.stripe.com/currencies).
const (
	noDecimals    = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
	threeDecimals = "bhd jod kwd omr tnd"
)

// money is an amount in words.
func money(amount int64, code string) string {
	digits := 2
	switch {
	case strings.Contains(noDecimals, code):
		digits = 0
	case strings.Contains(threeDecimals, code):
		digits = 3
	}
	text := fmt.Sprintf("%0*d", digits+1, amount)
	if digits > 0 {
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	return text + " " + strings.ToUpper(code)
}

// view is what the page to pay on shows.
type view struct {
	ID      string
	Session session
	Total   int64
	Sent    [][2]string
	Next    string
	Events  []sent
}

func (p pages) showPay(w http.ResponseWriter, r *http.Request) error {
	found, err := p.read(r)
	if err != nil {
		return err
	}
	events, err := p.events(r.Context(), found.id, listed)
	if err != nil {
		return err
	}
	c := found.Checkout
	devpage.Head(w, origin(c.SuccessURL))
	return devpage.Render(w, p.pay, view{found.id, found, c.Total(), stripe.Sent(c), next(found), events})
}

func (p pages) read(r *http.Request) (found session, err error) {
	err = p.inTx(r.Context(), func(tx database.Tx) error {
		found, err = find(r.Context(), tx, "id", r.PathValue("id"))
		return err
	})
	return found, err
}

// next is where a customer goes who has paid.
func next(found session) string {
	return strings.ReplaceAll(found.Checkout.SuccessURL, "{CHECKOUT_SESSION_ID}", found.id)
}

func origin(link string) string {
	u, err := url.Parse(link)
	if err != nil || strings.ContainsAny(u.Host, ";, '\"") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// card reads the form of the page, or the same as JSON.
func card(r *http.Request) (c Card, err error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		body, err := io.ReadAll(r.Body) // the server bounds it
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &c)
		}
		if err != nil {
			return c, payment.Invalid("the body", "a JSON object")
		}
		return c, nil
	}
	return Card{r.PostFormValue("email"), r.PostFormValue("name"), r.PostFormValue("country"), r.PostFormValue("cardCountry"), r.PostFormValue("card")}, nil
}

func (p pages) doPay(w http.ResponseWriter, r *http.Request) error {
	c, err := card(r)
	if err != nil {
		return err
	}
	return p.finish(w, r, c)
}

func (p pages) doDecline(w http.ResponseWriter, r *http.Request) error {
	c, err := card(r)
	if err != nil {
		return err
	}
	c.Card = "declined"
	return p.finish(w, r, c)
}

func (p pages) finish(w http.ResponseWriter, r *http.Request, c Card) error {
	id := r.PathValue("id")
	declined, err := p.Pay(r.Context(), id, c)
	if err != nil && (devpage.WantsJSON(r) || payment.Of(err).Code != payment.NotOpen) {
		return err
	}
	found, err := p.read(r) // a page that was left open shows what became of it
	switch {
	case err != nil:
		return err
	case devpage.WantsJSON(r):
		return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"declined": declined, "session": p.show(found), "next": next(found)})
	case found.Paid:
		devpage.Head(w, origin(found.Checkout.SuccessURL))
		http.Redirect(w, r, next(found), http.StatusSeeOther)
	default:
		http.Redirect(w, r, payPath+id, http.StatusSeeOther)
	}
	return nil
}

func (p pages) doExpire(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	made, err := p.Expire(r.Context(), id)
	if devpage.WantsJSON(r) {
		if err != nil {
			return err
		}
		return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"session": made})
	}
	if err != nil && payment.Of(err).Code != payment.NotOpen {
		return err
	}
	http.Redirect(w, r, payPath+id, http.StatusSeeOther)
	return nil
}

func (p pages) showAll(w http.ResponseWriter, r *http.Request) error {
	if devpage.WantsJSON(r) {
		return p.showJSON(w, r)
	}
	found, err := p.list(r.Context(), listed)
	if err != nil {
		return err
	}
	return devpage.Render(w, p.all, found)
}

func (p pages) showJSON(w http.ResponseWriter, r *http.Request) error {
	n := listed
	if text := r.URL.Query().Get("limit"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > maxListed {
			return payment.Invalid("limit", "from 1 to %d", maxListed)
		}
	}
	found, err := p.list(r.Context(), n)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, found)
}

func (p pages) showEvent(w http.ResponseWriter, r *http.Request) error {
	body, err := p.Sandbox.body(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if devpage.WantsJSON(r) {
		return httpapi.WriteJSON(w, http.StatusOK, json.RawMessage(body))
	}
	return devpage.Render(w, p.body, map[string]string{"ID": r.PathValue("id"), "Body": body})
}

func (p pages) resend(w http.ResponseWriter, r *http.Request) error {
	if err := p.Resend(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	if devpage.WantsJSON(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, listPath, http.StatusSeeOther)
	return nil
}
