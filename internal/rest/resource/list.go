package resource

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
)

// listing is what is asked of a collection.
type listing struct {
	size  int64
	order []query.Order // ends with the primary key, so that it is total
	where []query.Cond
	sort  string // as it was asked for, which a page token must agree with
}

func (a *api) parseListing(q *request) (*listing, error) {
	l := &listing{size: defaultPage}
	params, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return nil, invalid("the query string cannot be read")
	}
	token := ""
	for name, values := range params {
		value := values[len(values)-1]
		switch name {
		case "page_size":
			l.size, err = a.pageSize(value)
		case "page_token":
			token = value
		case "sort":
			l.sort = value
		case "filter":
			var c query.Cond
			if value == "" {
				break
			}
			if c, err = parseFilter(value); err == nil {
				l.where = append(l.where, c)
			}
		case "apikey": // for the gateway: an API key in the query string
		default:
			err = invalid("there is no parameter %q", name).WithHint("Parameters are page_size, page_token, sort and filter.")
		}
		if err != nil {
			return nil, err
		}
	}
	if err := l.parseSort(q); err != nil {
		return nil, err
	}
	return l, l.after(q, token)
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New("PGRST100", format, args...).WithStatus(http.StatusBadRequest)
}

func (a *api) pageSize(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, invalid("page_size must be a number from 1 to %d", a.MaxPage)
	}
	return min(n, a.MaxPage), nil
}

// parseSort reads names divided by commas, a minus before those in descending
// order.
func (l *listing) parseSort(q *request) error {
	for item := range strings.SplitSeq(l.sort, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, descending := strings.CutPrefix(item, "-")
		o := query.Order{Field: query.Field{Column: name}}
		if descending {
			o.Direction = query.Descending
		}
		col := q.rel.Column(name)
		switch {
		case col == nil:
			return fault.New(fault.UndefinedColumn, "there is no column %q to sort by", name)
		case strings.HasSuffix(col.Type, "[]"):
			return invalid("a page cannot be sorted by the array %q", name)
		case query.IsJSON(col):
			return invalid("a page cannot be sorted by %q, which holds JSON", name)
		}
		l.order = append(l.order, o)
	}
	l.order = query.CompleteOrder(q.rel, l.order)
	return nil
}

func (a *api) list(w http.ResponseWriter, q *request) error {
	l, err := a.parseListing(q)
	if err != nil {
		return err
	}
	plan, err := a.listPlan(q, l)
	if err != nil {
		return err
	}
	values := append(query.Values(nil, l.where), database.Text(strconv.FormatInt(l.size+1, 10)))
	args, err := plan.Bind(values)
	if err != nil {
		return err
	}
	rows, err := a.DB.Query(q.Context(), q.session, database.Statement{SQL: plan.SQL, Args: args, ReadOnly: true})
	if err != nil {
		return err
	}
	defer rows.Close()
	body, err := l.render(q, rows)
	if err != nil {
		return err
	}
	return send(w, q, http.StatusOK, body)
}

func (a *api) listPlan(q *request, l *listing) (*query.Plan, error) {
	shape := strconv.AppendUint([]byte{'L'}, q.snap.Version, 36)
	shape = query.AppendName(query.AppendName(shape, q.rel.Name.Name), l.sort)
	shape = query.AppendShape(shape, l.where)
	if plan, ok := a.plans.Get(shape); ok {
		return plan, nil
	}
	plan, err := query.CompileRead(q.snap, &query.Read{Node: query.Node{Schema: q.rel.Schema, Name: q.rel.Name.Name,
		Where: l.where, Order: l.order, Limit: true}})
	if err == nil {
		a.plans.Put(shape, plan)
	}
	return plan, err
}

// maxBody bounds an answer that is put together before it is sent.
const maxBody = 64 << 20

// render puts the page together. One row more than the page was asked for, which
// tells that there is a next one.
func (l *listing) render(q *request, rows database.Rows) ([]byte, error) {
	body := []byte(`{"items":[`)
	var last []byte
	n := int64(0)
	for rows.Next() {
		if n++; n > l.size {
			break
		}
		if n > 1 {
			body = append(body, ',')
		}
		start := len(body)
		body = append(body, rows.Value(0)...)
		if last = body[start:]; len(body) > maxBody {
			return nil, fault.New("54000", "the page is too large to return").WithHint("Ask for a smaller page_size.")
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	token := `""`
	if n > l.size {
		members, err := content.Members(nil, last)
		if err != nil {
			return nil, err
		}
		token = `"` + l.token(q, members) + `"`
	}
	return append(append(append(body, `],"next_page_token":`...), token...), '}'), nil
}
