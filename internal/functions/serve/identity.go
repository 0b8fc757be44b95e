package serve

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/httpapi"
)

// unauthorized is the answer to who shows no token that counts: code and message are
// those of Supabase's platform, msg that of its local stack.
type unauthorized struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Msg     string `json:"msg"`
	Hint    string `json:"hint,omitempty"`
	cause   error
}

// identify tells who a request comes from. Where a token must be shown, it stands in
// Authorization; elsewhere what stands there may be anything, and counts when it is a
// token of the project.
func (p *Project) identify(r *http.Request, must bool) (httpapi.Identity, string, *unauthorized) {
	header := first(r.Header, "Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	bearer := strings.EqualFold(scheme, "Bearer") && token != ""
	if bearer {
		id, err := p.config.Verify(r.Context(), token)
		if err == nil {
			return id, token, nil
		}
		if must {
			return id, "", &unauthorized{Code: http.StatusUnauthorized, Message: "Invalid JWT", Msg: "Invalid JWT", cause: err}
		}
	}
	if !must || r.Method == http.MethodOptions {
		return p.config.Anonymous(), "", nil
	}
	u := &unauthorized{Code: http.StatusUnauthorized, Message: "Missing authorization header", Msg: "Error: Missing authorization header"}
	if header != "" {
		u.Message = "Auth header is not 'Bearer {token}'"
		u.Msg = "Error: " + u.Message
	}
	if p.config.Dev {
		u.Hint = "Show the anon key as a bearer token, or let everyone in: export const verifyJwt = false."
	}
	return httpapi.Identity{}, "", u
}

// refuse answers who shows no token that counts. The header tells functions-js that
// the function was not reached.
func (p *Project) refuse(w http.ResponseWriter, r *http.Request, u *unauthorized) {
	httpapi.Note(r.Context(), u.cause)
	httpapi.AllowOrigin(w.Header(), p.config.Origins, r.Header.Get("Origin"))
	w.Header().Set("X-Relay-Error", "true")
	w.Header().Set("WWW-Authenticate", "Bearer")
	writeProblem(w, r, u.Code, u, 0)
}

func remote(addr string) address {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return address{"tcp", addr, 0}
	}
	n, _ := strconv.Atoi(port) // it came from the network
	return address{"tcp", host, n}
}
