package rest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// request is what a request asks for. It is reused.
type request struct {
	schema, table string
	function      string // that is called, "" for none
	profile       bool   // the response names the schema
	params        grammar.Params
	prefer        grammar.Prefer
	media         grammar.Media
	session       database.Session
	resolved      bool               // the resolution preference was honoured
	merged        bool               // the patch preference was honoured
	said          *database.Response // by functions, about the response
	after         []query.Cond
	aggregates    bool // aggregate functions may be used

	shape []byte
	// values is made anew for each request: an engine may hold on to it for as
	// long as a write is queued that its client has given up.
	values []database.Arg
}

func (a *api) parse(q *request, r *http.Request) (err error) {
	*q = request{params: q.params, shape: q.shape[:0], aggregates: a.Aggregates}
	if q.table, err = a.table(r.URL.Path); err != nil {
		return err
	}
	parseParams := grammar.ParseParams
	if q.function = functionName(q.table); q.function != "" && r.Method != http.MethodPost {
		parseParams = grammar.ParseCall
	}
	if err = a.chooseSchema(q, r); err != nil {
		return err
	}
	if err = parseParams(&q.params, r.URL.RawQuery); err != nil {
		return err
	}
	if q.prefer, err = parsePrefer(r.Header["Prefer"]); err != nil {
		return err
	}
	if q.function == "" {
		if err = a.negotiate(q, r, ""); err != nil {
			return err
		}
	}
	q.session, err = a.newSession(q, r)
	return err
}

// negotiate chooses the media type of the response; produced is that of the value
// of a function, "" for none.
func (a *api) negotiate(q *request, r *http.Request, produced string) (err error) {
	if q.media, err = grammar.Negotiate(header(r, "Accept"), produced); err != nil {
		return err
	}
	if q.media.Plan != nil && !a.Plan {
		return fault.New("PGRST107", "None of these media types are available: %s", header(r, "Accept")).WithStatus(http.StatusNotAcceptable)
	}
	return nil
}

func parsePrefer(headers []string) (grammar.Prefer, error) {
	if len(headers) == 0 {
		return grammar.Prefer{MaxAffected: -1}, nil
	}
	p, err := grammar.ParsePrefer(headers)
	if err != nil {
		return p, err
	}
	return p, nil
}

// header returns a header's value by its canonical name.
func header(r *http.Request, name string) string {
	if v := r.Header[name]; len(v) > 0 {
		if len(v) > 1 {
			return strings.Join(v, ",")
		}
		return v[0]
	}
	return ""
}

func (a *api) chooseSchema(q *request, r *http.Request) error {
	name := "Content-Profile"
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		name = "Accept-Profile"
	}
	q.schema, q.profile = a.Schemas[0], len(a.Schemas) > 1
	if asked := header(r, name); asked != "" {
		q.schema, q.profile = asked, true
		if !slices.Contains(a.Schemas, asked) {
			return a.invalidSchema(asked)
		}
	}
	return nil
}

func (a *api) newSession(q *request, r *http.Request) (database.Session, error) {
	id := httpapi.IdentityFrom(r.Context())
	if id.Role == "" {
		id.Role = a.AnonRole
	}
	if id.Role == "" {
		return database.Session{}, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
	}
	return database.Session{
		Role: id.Role, Claims: id.Claims,
		Method: r.Method, Path: "/" + q.table, Headers: httpapi.HeadersJSON(r),
		SearchPath: a.searchPaths[q.schema], Timezone: q.prefer.Timezone,
	}, nil
}

// relation finds the relation that a request names.
func (a *api) relation(r *http.Request, q *request) (*schema.Relation, *schema.Snapshot, error) {
	snap, err := a.DB.Schema(r.Context())
	if err != nil {
		return nil, nil, err
	}
	rel := snap.Relation(q.schema, q.table)
	if rel == nil {
		return nil, nil, tableNotFound(snap, q.schema, q.table)
	}
	return rel, snap, nil
}

// beginShape starts the shape of a plan with everything that is text: method
// and relation, what is selected and its order.
func (q *request) beginShape(kind byte, version uint64) {
	b := append(q.shape[:0], kind)
	b = strconv.AppendUint(b, version, 36)
	b = query.AppendName(b, q.schema)
	b = query.AppendName(b, q.table)
	b = query.AppendName(b, q.params.Select)
	q.shape = query.AppendName(b, q.params.Order)
}

// mark adds yes-or-no answers to the shape.
func (q *request) mark(answers ...bool) {
	for _, yes := range answers {
		c := byte('n')
		if yes {
			c = 'y'
		}
		q.shape = append(q.shape, c)
	}
}

// fill puts what a request's parameters say into a node. Only a plan that is
// not cached needs it.
func (q *request) fill(n *query.Node) error {
	n.Schema, n.Name, n.Where, n.Aggregates = q.schema, q.table, q.params.Where, q.aggregates
	if err := grammar.ParseSelect(n, q.params.Select); err != nil {
		return err
	}
	var err error
	if q.params.Order != "" {
		n.Order, err = grammar.ParseOrder(q.params.Order)
	}
	return err
}

func (a *api) mayOverrideTx() bool { return a.TxEnd == CommitOverride || a.TxEnd == RollbackOverride }

// rollsBack tells whether the transaction of a request ends in rollback.
func (a *api) rollsBack(q *request) bool {
	if a.mayOverrideTx() && q.prefer.Tx != "" {
		return q.prefer.Tx == "rollback"
	}
	return a.TxEnd == Rollback || a.TxEnd == RollbackOverride
}
