package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/called"
	"github.com/galleyhq/galley/internal/rest/function"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/raised"
	"github.com/galleyhq/galley/internal/schema"
)

// functionName is the function that a path calls, "" when it calls none.
func functionName(table string) string {
	name, ok := strings.CutPrefix(table, "rpc/")
	if !ok {
		return ""
	}
	return name
}

// call answers /rpc/name: GET and HEAD with arguments in the query string, in a
// read-only transaction, POST with a JSON object of them (PostgREST
// documentation, "Functions as RPC").
func (a *api) call(w http.ResponseWriter, r *http.Request, q *request) error {
	var args *function.Arguments
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		args = function.Of(q.params.Args)
	case http.MethodPost:
		args, err = readArguments(r, q)
	case http.MethodOptions:
		return a.callOptions(w, r, q)
	default:
		return fault.New("PGRST101", "Cannot use the %s method on RPC", r.Method).WithStatus(http.StatusMethodNotAllowed)
	}
	if err != nil {
		return err
	}
	snap, err := a.DB.Schema(r.Context())
	if err != nil {
		return err
	}
	if err := a.Functions.Ready(r.Context()); err != nil {
		return err
	}
	if own := a.Functions.Find(q.schema, q.function); own != nil {
		return a.callOwn(w, r, q, own, args)
	}
	f, err := function.Choose(snap, q.schema, q.function, args)
	if err != nil {
		return err
	}
	if err := a.negotiate(q, r, function.Produces(&f.Result)); err != nil {
		return err
	}
	if q.prefer.Handling == "strict" && q.prefer.MaxAffected >= 0 && !f.Result.Set {
		return fault.New("PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict").
			WithStatus(http.StatusBadRequest)
	}
	c := &invocation{snap: snap, function: f}
	if c.given, q.values, err = args.Bind(f); err != nil {
		return err
	}
	return a.invoke(w, r, q, c)
}

// readArguments reads the body of a call.
func readArguments(r *http.Request, q *request) (*function.Arguments, error) {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	return function.Parse(&q.params, header(r, "Content-Type"), body)
}

// invocation is one call of a function.
type invocation struct {
	snap     *schema.Snapshot
	function *schema.Function
	given    []query.Arg
	page     grammar.Page
}

func (a *api) invoke(w http.ResponseWriter, r *http.Request, q *request, c *invocation) (err error) {
	page, err := grammar.NewPage(q.params.Limit, q.params.Offset, rangeHeader(r), a.MaxRows)
	if err != nil {
		return err
	}
	if c.page = page; !c.function.Result.Set {
		c.page = grammar.Page{Limit: -1}
	}
	plan, err := a.callPlan(q, c)
	if err != nil {
		return err
	}
	st, err := q.bindCall(plan, c, a.MaxRows)
	if err != nil {
		return err
	}
	st.ReadOnly = r.Method != http.MethodPost || c.function.Volatility != "v"
	st.Rollback = a.rollsBack(q)
	q.said = &database.Response{}
	st.Response = q.said
	if q.media.Plan != nil {
		return a.explain(w, r, q, st)
	}
	if !st.ReadOnly && c.function.Result.Set && (q.maxAffected() >= 0 || q.media.Singular) {
		return a.callChecked(w, r, q, c, plan, st)
	}
	rows, err := a.DB.Query(r.Context(), q.session, st)
	if err != nil {
		return err
	}
	defer rows.Close()
	return a.answerCall(w, r, q, c, plan, rows)
}

func (a *api) answerCall(w http.ResponseWriter, r *http.Request, q *request, c *invocation, plan *query.Plan, rows database.Rows) error {
	answer := readAnswer{api: a, w: w, r: r, q: q, plan: plan, page: c.page, total: unknown}
	switch {
	case c.function.Result.Void:
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			return err
		}
		q.setCommon(a, w.Header(), "yes")
		status, err := raised.Response(w.Header(), q.said, http.StatusNoContent)
		if err == nil {
			w.WriteHeader(status)
		}
		return err
	case r.Method == http.MethodHead:
		return answer.header(rows)
	}
	return answer.rows(rows)
}

// callPlan returns the plan of a call, from the cache when its shape is known.
func (a *api) callPlan(q *request, c *invocation) (*query.Plan, error) {
	counted := q.prefer.Count == "exact"
	limit, offset := c.page.Limit >= 0, c.page.Offset > 0
	q.beginShape('F', c.snap.Version)
	q.mark(counted, limit, offset, q.media.CSV, q.media.Stripped, q.media.Raw != "")
	q.shape = query.AppendCall(q.shape, c.given)
	q.shape = query.AppendShape(q.shape, q.params.Where)
	q.embedShape()
	if plan, ok := a.plans.Get(q.shape); ok {
		return plan, nil
	}
	call := query.Call{Function: c.function, Args: c.given, Format: callFormat(q.media, c.function), Count: counted}
	if err := q.fill(&call.Node); err != nil {
		return nil, err
	}
	if err := q.fillChildren(&call.Node); err != nil {
		return nil, err
	}
	limitChildren(&call.Node)
	call.Limit, call.Offset = limit, offset
	plan, err := query.CompileCall(c.snap, &call)
	if err == nil {
		a.plans.Put(q.shape, plan)
	}
	return plan, err
}

// bindCall collects the values of a call: the arguments stand there already.
func (q *request) bindCall(plan *query.Plan, c *invocation, maxRows int64) (database.Statement, error) {
	if !c.function.Result.Void {
		q.bindEmbedded(plan, maxRows)
		q.values = query.Values(q.values, q.params.Where)
		if c.page.Limit >= 0 {
			q.values = append(q.values, number(c.page.Limit))
		}
		if c.page.Offset > 0 {
			q.values = append(q.values, number(c.page.Offset))
		}
	}
	args, err := plan.Bind(q.values)
	return database.Statement{SQL: plan.SQL, Args: args}, err
}

// callChecked runs a call whose changes stand only if it returns as many rows as
// the request allows.
func (a *api) callChecked(w http.ResponseWriter, r *http.Request, q *request, c *invocation, plan *query.Plan, st database.Statement) error {
	undo := st.Rollback
	st.Rollback = false
	out := a.bodies.New(q.media, plan)
	defer a.bodies.Free(out)
	err := database.InTx(r.Context(), a.DB, q.session, database.TxOptions{}, func(tx database.Tx) error {
		rows, err := tx.Query(r.Context(), st)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if out.Add(rows); len(out.Buf) > maxReturned {
				return errTooLarge(maxReturned)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if err := q.checkAffected(out.Rows); err != nil {
			return err
		}
		if undo {
			return errUndo
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	answer := readAnswer{api: a, w: w, r: r, q: q, plan: plan, page: c.page, total: unknown}
	return answer.finish(out)
}

// callOwn calls a function of the program, which goes before those of the database
// with its name.
func (a *api) callOwn(w http.ResponseWriter, r *http.Request, q *request, f *hooks.Function, args *function.Arguments) error {
	if a.batched {
		return fault.Unsupported("the function %s of the program cannot be called in a batch: it would run outside of its transaction", f.Name.Name)
	}
	if err := called.May(f, r.Method, q.session); err != nil {
		return err
	}
	one := (&schema.Snapshot{}).WithFunctions([]*schema.Function{&f.Function})
	if _, err := function.Choose(one, q.schema, q.function, args); err != nil {
		return err
	}
	p := &q.params
	if len(p.Where)+len(p.Embedded) > 0 || p.Select != "" || p.Order != "" || p.Limit != nil || p.Offset != nil {
		return fault.Unsupported("the result of the function %s of the program cannot be filtered, selected from or ordered", f.Name.Name)
	}
	if err := a.negotiate(q, r, ""); err != nil {
		return err
	}
	given, values, err := args.Bind(&f.Function)
	if err != nil {
		return err
	}
	object, err := called.Arguments(r.Context(), a.DB, q.session, given, values)
	if err != nil {
		return err
	}
	out, err := called.Call(r.Context(), f, q.session, object, q.media)
	if err != nil {
		return err
	}
	q.setCommon(a, w.Header(), "yes")
	if f.Result.Void {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return q.send(w, http.StatusOK, q.media.ContentType(), out)
}

// callFormat is the format of a call's result.
func callFormat(m grammar.Media, f *schema.Function) query.Format {
	switch {
	case m.Raw == "":
		return format(m)
	case f.Result.TypeName == "bytea" || f.Result.Base == "bytea":
		return query.Bytes
	}
	return query.Text
}

// callOptions tells which methods a function takes.
func (a *api) callOptions(w http.ResponseWriter, r *http.Request, q *request) error {
	snap, err := a.DB.Schema(r.Context())
	if err != nil {
		return err
	}
	if err := a.Functions.Ready(r.Context()); err != nil {
		return err
	}
	list := snap.Functions(q.schema, q.function)
	if own := a.Functions.Find(q.schema, q.function); own != nil {
		list = []*schema.Function{&own.Function}
	}
	if len(list) == 0 {
		return function.NotFound(snap, q.schema, q.function, &function.Arguments{})
	}
	allow := "OPTIONS,POST"
	if slices.ContainsFunc(list, func(f *schema.Function) bool { return f.Volatility != "v" }) {
		allow = "OPTIONS,GET,HEAD,POST"
	}
	w.Header().Set("Allow", allow)
	w.WriteHeader(http.StatusOK)
	return nil
}
