package jobs

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/galleyhq/galley/cmd/galley/terminal"
)

// listed is a job as a list of the admin API has it.
type listed struct {
	ID          int64
	Queue       string
	Kind        string
	State       string
	Attempt     int
	MaxAttempts int    `json:"max_attempts"`
	RunAt       string `json:"run_at"`
	LastError   string `json:"last_error"`
}

func (s commands) printList(body []byte, asJSON bool) error {
	if asJSON {
		return s.PrintJSON(body)
	}
	var answer struct {
		Jobs []listed
		Next *int64
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tQUEUE\tKIND\tSTATE\tATTEMPT\tRUN AT\tLAST ERROR") // errors come out of Flush
	for _, j := range answer.Jobs {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d/%d\t%s\t%s\n", j.ID, terminal.Printable(j.Queue), terminal.Printable(j.Kind),
			j.State, j.Attempt, j.MaxAttempts, j.RunAt, clip(terminal.Printable(j.LastError)))
	}
	if err := w.Flush(); err != nil || answer.Next == nil {
		return err
	}
	_, err := fmt.Fprintf(s.Out, "There are more: --after %d\n", *answer.Next)
	return err
}

// widest is how much of an error stands in a list.
const widest = 80

// clip cuts the middle out of an error that is too long: what happened stands at its
// beginning, and why often at its end.
func clip(text string) string {
	runes := []rune(text)
	if len(runes) <= widest {
		return text
	}
	const head = widest * 5 / 8
	return string(runes[:head]) + "…" + string(runes[len(runes)-(widest-head-1):])
}

func (s commands) printQueues(body []byte, asJSON bool) error {
	if asJSON {
		return s.PrintJSON(body)
	}
	var answer struct {
		Queues []struct {
			Name                                                string
			Paused                                              bool
			Concurrency                                         *int
			Rate                                                *float64
			Available, Scheduled, Retryable, Running, Discarded int64
			Oldest                                              *string
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "QUEUE\tSTATE\tCONCURRENCY\tRATE\tAVAILABLE\tSCHEDULED\tRETRYABLE\tRUNNING\tDISCARDED\tOLDEST") // errors come out of Flush
	for _, q := range answer.Queues {
		state, oldest := "open", "-"
		if q.Paused {
			state = "paused"
		}
		if q.Oldest != nil {
			oldest = *q.Oldest
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", terminal.Printable(q.Name), state, bound(q.Concurrency), bound(q.Rate),
			q.Available, q.Scheduled, q.Retryable, q.Running, q.Discarded, oldest)
	}
	return w.Flush()
}

func bound[N int | float64](n *N) string {
	if n == nil {
		return "-"
	}
	return strconv.FormatFloat(float64(*n), 'g', -1, 64)
}

// change does one thing with each of several jobs, up to the first that does not
// allow it.
func (s commands) change(a api, what string, ids []string) error {
	for _, id := range ids {
		var answer struct {
			ID    int64
			State string
		}
		if err := a.into(&answer, "POST", "jobs/"+url.PathEscape(id)+"/"+what, nil); err != nil {
			return fmt.Errorf("job %s: %w", terminal.Printable(id), err)
		}
		if _, err := fmt.Fprintf(s.Out, "job %d is %s\n", answer.ID, answer.State); err != nil {
			return err
		}
	}
	return nil
}
