package users

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/galleyhq/galley/cmd/galley/terminal"
)

// printJSON prints an answer for people to read, unless there is an error instead.
func (s commands) printJSON(body []byte, err error) error {
	if err != nil {
		return err
	}
	return s.PrintJSON(body)
}

func (s commands) printList(body []byte, asJSON bool) error {
	if asJSON {
		return s.PrintJSON(body)
	}
	var list struct {
		Users []struct {
			ID, Email, Phone string
			CreatedAt        string `json:"created_at"`
			LastSignIn       string `json:"last_sign_in_at"`
			ConfirmedAt      string `json:"confirmed_at"`
			DeletedAt        string `json:"deleted_at"`
			BannedUntil      string `json:"banned_until"`
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tEMAIL\tPHONE\tSTATE\tCREATED AT\tLAST SIGN-IN") // errors come out of Flush
	for _, u := range list.Users {
		state := "unconfirmed"
		switch {
		case u.DeletedAt != "":
			state = "deleted"
		case u.BannedUntil != "":
			state = "banned until " + u.BannedUntil
		case u.ConfirmedAt != "":
			state = "confirmed"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", u.ID, terminal.Printable(u.Email), terminal.Printable(u.Phone), state, u.CreatedAt, u.LastSignIn)
	}
	return w.Flush()
}

// report is what erasing did, or would do.
type report struct {
	Pseudonym                   string
	DryRun                      bool `json:"dry_run"`
	Deleted, Detached, Blocking []struct {
		Table, Constraint string
		Rows              int64
	}
	Running []int64 `json:"running_jobs"`
	Audit   int64   `json:"audit_entries"`
}

func isBlocked(body []byte) (bool, error) {
	var r report
	err := json.Unmarshal(body, &r)
	return len(r.Blocking) > 0, err
}

func (s commands) printReport(body []byte, asJSON bool) error {
	if asJSON {
		return s.PrintJSON(body)
	}
	var r report
	if err := json.Unmarshal(body, &r); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "TABLE\tROWS\tWHAT") // errors come out of Flush
	line := func(table string, rows int64, what string) {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%s\n", terminal.Printable(table), rows, terminal.Printable(what))
	}
	for _, c := range r.Deleted {
		line(c.Table, c.Rows, "deleted")
	}
	for _, c := range r.Detached {
		line(c.Table, c.Rows, "kept, without the reference "+c.Constraint)
	}
	for _, c := range r.Blocking {
		line(c.Table, c.Rows, "in the way by "+c.Constraint)
	}
	if r.Audit > 0 {
		line("auth.audit_log_entries", r.Audit, "kept, as "+r.Pseudonym)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, id := range r.Running {
		_, _ = fmt.Fprintf(s.Out, "Job %d names the person and runs: look at it when it has ended.\n", id) // nobody to tell
	}
	if r.DryRun && len(r.Blocking) == 0 {
		_, _ = fmt.Fprintln(s.Out, "Nothing was changed: --yes erases.") // nobody to tell
	}
	return nil
}
