package resource

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/rest/hooked"
	"github.com/galleyhq/galley/internal/schema"
)

// change is one write of one row.
type change struct {
	action  query.Action
	columns []string
	forms   []query.Form
	values  []database.Arg
	where   []query.Cond
}

// readObject reads the body: one object, whose members are columns.
func readObject(q *request) ([]content.Member, error) {
	body, err := httpapi.ReadBody(q.Request)
	if err != nil {
		return nil, err
	}
	p, err := content.ParseJSON(body)
	if err != nil || !p.Single {
		return nil, fault.New("PGRST102", "the body must be one JSON object").WithStatus(http.StatusBadRequest)
	}
	for _, m := range p.First {
		if q.rel.Column(m.Key) == nil {
			return nil, fault.New("PGRST204", "there is no column %q in %q", m.Key, q.rel.Name.Name).WithStatus(http.StatusBadRequest)
		}
	}
	return p.First, nil
}

// set adds the values of members.
func (c *change) set(rel *schema.Relation, members []content.Member) error {
	return c.setBy(content.Value, rel, members)
}

// setBy adds the values that a reading makes of members: content.Value, or
// content.Patch for what is merged into the row.
func (c *change) setBy(read func(*schema.Column, []byte) (query.Form, database.Arg, error), rel *schema.Relation, members []content.Member) error {
	for _, m := range members {
		form, arg, err := read(rel.Column(m.Key), m.Value)
		if err != nil {
			return err
		}
		c.columns, c.forms, c.values = append(c.columns, m.Key), append(c.forms, form), append(c.values, arg)
	}
	return nil
}

// reset sets every other column to its default, for PUT: what the new row does
// not say is not left as it was.
func (c *change) reset(rel *schema.Relation) {
	for _, col := range rel.Columns {
		if !slices.Contains(c.columns, col.Name) && !slices.Contains(rel.PrimaryKey, col.Name) && !col.Generated && col.Identity == "" {
			c.columns, c.forms = append(c.columns, col.Name), append(c.forms, query.Default)
		}
	}
}

// run runs a change and returns the row as it is then; tx is the transaction it
// stands in, nil for one of its own.
func (a *api) run(q *request, c *change, tx database.Tx) ([]byte, error) {
	run, err := hooked.Find(q.Context(), a.Hooks, q.rel, q.session, c.action, false)
	if err != nil {
		return nil, err
	}
	if run != nil {
		return a.runHooked(q, c, run, tx)
	}
	plan, err := a.changePlan(q, c)
	if err != nil {
		return nil, err
	}
	args, err := plan.Bind(query.Values(slices.Clone(c.values), c.where))
	if err != nil {
		return nil, err
	}
	st := database.Statement{SQL: plan.SQL, Args: args}
	if tx != nil {
		rows, err := tx.Query(q.Context(), st)
		return one(q, rows, err)
	}
	rows, err := a.DB.Query(q.Context(), q.session, st)
	return one(q, rows, err)
}

// runHooked is run for a table with hooks.
func (a *api) runHooked(q *request, c *change, run *hooks.Run, tx database.Tx) (row []byte, err error) {
	h := &hooked.Write{Run: run, Snap: q.snap, Rel: q.rel, Session: q.session, Query: *c.write(q), Payload: c.values,
		Conditions: query.Values(nil, c.where)}
	plan, err := query.CompileWrite(q.snap, &h.Query) // what the request gets wrong is told before any hook runs
	if err != nil {
		return nil, err
	}
	returned := func(_ *query.Plan, rows database.Rows) error {
		row = append(row[:0], rows.Value(plan.First)...)
		return nil
	}
	do := func(tx database.Tx) error {
		_, err := h.Do(q.Context(), tx, returned)
		return err
	}
	if tx != nil {
		err = do(tx)
	} else {
		err = database.InTx(q.Context(), a.DB, q.session, run.Options(), do)
	}
	if err == nil && row == nil {
		err = rowNotFound(q)
	}
	return row, err
}

// write is the plan of a change.
func (c *change) write(q *request) *query.Write {
	return &query.Write{Node: query.Node{Schema: q.rel.Schema, Name: q.rel.Name.Name, Where: c.where}, Action: c.action,
		Columns: c.columns, Forms: [][]query.Form{c.forms}, Returning: query.ReturnRows}
}

func (a *api) changePlan(q *request, c *change) (*query.Plan, error) {
	shape := strconv.AppendUint([]byte{'I' + byte(c.action)}, q.snap.Version, 36)
	shape = query.AppendName(shape, q.rel.Name.Name)
	for i, name := range c.columns {
		shape = append(query.AppendName(shape, name), '0'+byte(c.forms[i]))
	}
	shape = query.AppendShape(shape, c.where)
	if plan, ok := a.plans.Get(shape); ok {
		return plan, nil
	}
	plan, err := query.CompileWrite(q.snap, c.write(q))
	if err == nil {
		a.plans.Put(shape, plan)
	}
	return plan, err
}

func (a *api) create(w http.ResponseWriter, q *request) error {
	members, err := readObject(q)
	if err != nil {
		return err
	}
	c := &change{action: query.Insert}
	if err := c.set(q.rel, members); err != nil {
		return err
	}
	row, err := a.run(q, c, nil)
	if err != nil {
		return err
	}
	return a.created(w, q, row)
}

func (a *api) created(w http.ResponseWriter, q *request, row []byte) error {
	members, err := content.Members(nil, row)
	if err != nil {
		return err
	}
	var key []string
	for _, name := range q.rel.PrimaryKey {
		if v := textOf(members, name); v != nil {
			key = append(key, *v)
		}
	}
	if len(key) > 0 && len(key) == len(q.rel.PrimaryKey) {
		w.Header().Set("Location", a.location(q, key))
	}
	setETag(w, row)
	return send(w, q, http.StatusCreated, row)
}

func (a *api) patch(w http.ResponseWriter, q *request) error {
	members, err := readObject(q)
	if err != nil {
		return err
	}
	if len(members) == 0 {
		return a.get(w, q)
	}
	c, read := &change{action: query.Update}, content.Value
	if content.IsMergePatch(q.Header.Get("Content-Type")) {
		read = content.Patch
	}
	if err := c.setBy(read, q.rel, members); err != nil {
		return err
	}
	row, err := a.conditional(q, c, nil)
	if err != nil {
		return err
	}
	setETag(w, row)
	return send(w, q, http.StatusOK, row)
}

func (a *api) delete(w http.ResponseWriter, q *request) error {
	if _, err := a.conditional(q, &change{action: query.Delete}, nil); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// conditional runs a change of the row of a request, if it is as If-Match says:
// the statement itself compares, so that nothing comes between.
func (a *api) conditional(q *request, c *change, tx database.Tx) ([]byte, error) {
	c.where = q.byKey()
	header := q.Header.Get("If-Match")
	list, anyTag := tags(header)
	if header != "" && !anyTag {
		if len(list) != 1 {
			return nil, invalid("If-Match takes one entity tag, or *")
		}
		c.where = append(c.where, query.Cond{Op: query.SameRow, Value: list[0]})
	}
	row, err := a.run(q, c, tx)
	if header == "" || !errors.Is(err, errRowNotFound) {
		return row, err
	}
	if _, readErr := a.read(q); readErr == nil || anyTag {
		return nil, preconditionFailed("the row is not the one that If-Match names")
	}
	return nil, err
}

// replace makes the row of a request that of its body: it is changed if it
// exists and made otherwise, in one transaction.
func (a *api) replace(w http.ResponseWriter, q *request) error {
	members, err := q.withKey()
	if err != nil {
		return err
	}
	made := false
	var row []byte
	err = database.InTx(q.Context(), a.DB, q.session, database.TxOptions{}, func(tx database.Tx) error {
		row, made, err = a.put(q, members, tx)
		return err
	})
	if err != nil {
		return err
	}
	if made {
		return a.created(w, q, row)
	}
	setETag(w, row)
	return send(w, q, http.StatusOK, row)
}

func (a *api) put(q *request, members []content.Member, tx database.Tx) (row []byte, made bool, err error) {
	_, mustBeNew := tags(q.Header.Get("If-None-Match"))
	c := &change{action: query.Update}
	if err := c.set(q.rel, members); err != nil {
		return nil, false, err
	}
	c.reset(q.rel)
	if !mustBeNew {
		row, err = a.conditional(q, c, tx)
		if err == nil || !errors.Is(err, errRowNotFound) || q.Header.Get("If-Match") != "" {
			return row, false, err
		}
	}
	c = &change{action: query.Insert}
	if err := c.set(q.rel, members); err != nil {
		return nil, false, err
	}
	row, err = a.run(q, c, tx)
	if mustBeNew && fault.Code(err) == fault.UniqueViolation {
		err = preconditionFailed("the row exists already")
	}
	return row, err == nil, err
}

// withKey reads the body of PUT. It may leave the key out, which the path says,
// but not name another row.
func (q *request) withKey() ([]content.Member, error) {
	members, err := readObject(q)
	if err != nil {
		return nil, err
	}
	for i, name := range q.rel.PrimaryKey {
		given := textOf(members, name)
		if given != nil && *given != q.key[i] {
			return nil, invalid("the body names another row than the path: %s is %s", name, *given)
		}
		if given == nil {
			members = slices.DeleteFunc(members, func(m content.Member) bool { return m.Key == name })
			text, _ := json.Marshal(q.key[i]) // a string always has a JSON form
			members = append(members, content.Member{Key: name, Value: text})
		}
	}
	return members, nil
}
