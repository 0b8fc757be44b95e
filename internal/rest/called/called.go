// Package called calls functions of the program at /rest/v1/rpc: it checks and
// types their arguments by the database, so that they are refused in its words, as
// those of functions in SQL are.
package called

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

// May refuses a call that the method or the role does not allow.
func May(f *hooks.Function, method string, s database.Session) error {
	if f.Role != "" && s.Role != "" && s.Role != f.Role && s.Role != "service_role" {
		return fault.New(fault.InsufficientPrivilege, "permission denied for function %s", f.Name.Name)
	}
	if f.Volatility == "v" && method != http.MethodPost {
		return fault.New(fault.ReadOnlyTransaction, "cannot call %s by %s: it may change data", f.Name.Name, method).WithHint("Call it by POST.")
	}
	return nil
}

// Arguments has the database make a JSON object of typed arguments, with their values.
func Arguments(ctx context.Context, db database.DB, s database.Session, given []query.Arg, values []database.Arg) (json.RawMessage, error) {
	if len(given) == 0 {
		return json.RawMessage("{}"), nil
	}
	list := make([]string, len(given))
	for i, g := range given {
		list[i] = expression(g, i+1)
	}
	st := database.Statement{SQL: "SELECT row_to_json(_a) FROM (SELECT " + strings.Join(list, ", ") + ") _a", Args: values, ReadOnly: true}
	rows, err := database.Collect(db.Query(ctx, s, st))
	if err != nil {
		return nil, err
	}
	return json.RawMessage(rows[0].Text(0)), nil
}

func expression(g query.Arg, n int) string {
	parameter, name := "$"+number(n), query.Quote(g.Name)
	if g.Form == query.Converted {
		return "(SELECT _j.v FROM json_to_record(" + parameter + ") AS _j(v " + g.Type + ")) AS " + name
	}
	return "CAST(" + parameter + " AS " + g.Type + ") AS " + name
}

func number(n int) string {
	text, _ := json.Marshal(n) // a number always has a JSON form
	return string(text)
}

// Call calls a function and returns the JSON of its result, nil for nothing.
func Call(ctx context.Context, f *hooks.Function, s database.Session, args json.RawMessage, m grammar.Media) (json.RawMessage, error) {
	if m.CSV || m.Stripped || m.Plan != nil || m.Raw != "" {
		return nil, fault.New("PGRST107", "None of these media types are available: a function of the program answers JSON").WithStatus(http.StatusNotAcceptable)
	}
	out, err := f.Call(ctx, s, args)
	if err != nil || f.Result.Void {
		return nil, err
	}
	if out = bytes.TrimSpace(out); len(out) == 0 {
		out = json.RawMessage("null")
	}
	if !json.Valid(out) || f.Result.Set && out[0] != '[' {
		return nil, fault.New("39000", "the function %s did not return what it says", f.Name.Name).WithStatus(http.StatusInternalServerError)
	}
	if m.Singular && f.Result.Set {
		return single(out)
	}
	return out, nil
}

// single is the only element of an array.
func single(list json.RawMessage) (json.RawMessage, error) {
	var all []json.RawMessage
	err := content.Elements(list, func(element []byte) error {
		all = append(all, slices.Clone(element))
		return nil
	})
	if err == nil && len(all) != 1 {
		err = fault.New("PGRST116", "Cannot coerce the result to a single JSON object").
			WithDetail("The result contains %d rows", len(all)).WithStatus(http.StatusNotAcceptable)
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
