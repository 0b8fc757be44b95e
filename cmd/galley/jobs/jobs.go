// Package jobs is galley jobs: the jobs of a project, looked at and changed from
// the command line. Like the other commands it works on the database, beside a
// running server or without one; what it may do there, and how it is checked, is the
// admin API's, whose handler it calls in the process.
package jobs

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	queue "github.com/galleyhq/galley/internal/jobs"
)

// commands are those of this package.
type commands struct{ subcommand.Shell }

// New is the command.
func New(shell subcommand.Shell) *cobra.Command {
	s := commands{shell}
	cmd := &cobra.Command{
		Use: "jobs", Short: "Look at jobs and queues, retry, cancel and enqueue", Args: s.Args(cobra.NoArgs),
		Long: "Look at the project's jobs and queues and change them, beside a running server or without\n" +
			"one. A server that runs sees a change within about a second. docs/jobs.md has the rest.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.newList(), s.newShow(), s.newEnqueue(), s.newReplay(), s.newQueues(),
		s.newChange("retry", "Have jobs run (again) now: those that wait, were cancelled or failed for good"),
		s.newChange("cancel", "End jobs that wait, and ask those that run to end"),
		s.newPause("pause", "Begin no more jobs of a queue", true),
		s.newPause("resume", "Begin jobs of a queue again", false))
	return cmd
}

// with calls fn with the admin API of the project's database.
func (s commands) with(cmd *cobra.Command, fn func(api) error) error {
	return s.WithDatabase(cmd.Context(), func(_ config.Config, db database.DB) error {
		return fn(newAPI(cmd.Context(), db))
	})
}

func (s commands) newList() *cobra.Command {
	var o struct {
		queue, kind, state, since, until string
		limit                            int
		after                            int64
		json                             bool
	}
	cmd := &cobra.Command{
		Use: "list", Short: "List jobs, the newest first", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{"limit": {strconv.Itoa(o.limit)}}
			for name, value := range map[string]string{"queue": o.queue, "kind": o.kind, "state": o.state, "since": o.since, "until": o.until} {
				if value != "" {
					q.Set(name, value)
				}
			}
			if o.after > 0 {
				q.Set("after", strconv.FormatInt(o.after, 10))
			}
			return s.with(cmd, func(a api) error {
				body, err := a.call("GET", "jobs?"+q.Encode(), nil)
				if err != nil {
					return err
				}
				return s.printList(body, o.json)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.queue, "queue", "", "only of this `queue`")
	f.StringVar(&o.kind, "kind", "", "only of this `kind`")
	f.StringVar(&o.state, "state", "", "only in this `state`: available, scheduled, retryable, running, completed, cancelled, discarded")
	f.StringVar(&o.since, "since", "", "only those enqueued at this `time` or later, as 2026-01-02T15:04:05Z")
	f.StringVar(&o.until, "until", "", "only those enqueued before this `time`")
	f.IntVar(&o.limit, "limit", 50, "at most this `number`, up to 1000")
	f.Int64Var(&o.after, "after", 0, "go on behind the job of this `id`")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func (s commands) newShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Print a job as JSON, with payload, result and errors", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, func(a api) error {
				body, err := a.call("GET", "jobs/"+url.PathEscape(args[0]), nil)
				if err != nil {
					return err
				}
				return s.PrintJSON(body)
			})
		},
	}
}

// newChange is a command that changes jobs one by one.
func (s commands) newChange(name, short string) *cobra.Command {
	return &cobra.Command{
		Use: name + " ID…", Short: short, Args: s.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, func(a api) error { return s.change(a, name, args) })
		},
	}
}

func (s commands) newReplay() *cobra.Command {
	var f struct {
		Queue string `json:"queue"`
		Kind  string `json:"kind"`
		Limit int    `json:"limit"`
	}
	cmd := &cobra.Command{
		Use: "replay", Short: "Have jobs that failed for good run again, the oldest first", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd, func(a api) error {
				var answer struct{ Replayed int }
				if err := a.into(&answer, "POST", "jobs/replay", f); err != nil {
					return err
				}
				_, err := fmt.Fprintf(s.Out, "%d to run again\n", answer.Replayed)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&f.Queue, "queue", "", "only of this `queue`")
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this `kind`")
	cmd.Flags().IntVar(&f.Limit, "limit", 100, "at most this `number`, up to 1000")
	return cmd
}

func (s commands) newQueues() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "queues", Short: "List queues, with their bounds and how many jobs are in which state", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd, func(a api) error {
				body, err := a.call("GET", "queues", nil)
				if err != nil {
					return err
				}
				return s.printQueues(body, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s commands) newPause(name, short string, paused bool) *cobra.Command {
	return &cobra.Command{
		Use: name + " QUEUE", Short: short, Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, func(a api) error {
				_, err := a.call("PATCH", "queues/"+url.PathEscape(args[0]), map[string]bool{"paused": paused})
				return err
			})
		},
	}
}

func (s commands) newEnqueue() *cobra.Command {
	var j queue.Request
	cmd := &cobra.Command{
		Use: "enqueue QUEUE [PAYLOAD]", Short: "Enqueue a job and print its id", Args: s.Args(cobra.RangeArgs(1, 2)),
		Example: `  galley jobs enqueue db '{"sql": "analyze"}' --kind sql --delay '10 minutes'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			j.Queue = args[0]
			if len(args) == 2 {
				if j.Payload = json.RawMessage(args[1]); !json.Valid(j.Payload) {
					return s.Args(func(*cobra.Command, []string) error { return fmt.Errorf("the payload is not JSON") })(cmd, args)
				}
			}
			return s.with(cmd, func(a api) error {
				var answer struct{ IDs []int64 }
				if err := a.into(&answer, "POST", "jobs", j); err != nil {
					return err
				}
				_, err := fmt.Fprintln(s.Out, answer.IDs[0])
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&j.Kind, "kind", "", "which handler does it (default: the queue's name)")
	f.StringVar(&j.Delay, "delay", "", "how long it is to wait, an `interval` such as '10 minutes'")
	f.StringVar(&j.RunAt, "at", "", "the `time` before which it is not to run")
	f.IntVar(&j.Priority, "priority", 0, "from 1, the first, to 9 (default 5)")
	f.IntVar(&j.MaxAttempts, "max-attempts", 0, "how often it is tried (default 25)")
	f.StringVar(&j.UniqueKey, "unique-key", "", "while a job of the queue with this `key` has not ended, no other is enqueued")
	f.StringVar(&j.Timeout, "timeout", "", "the `interval` that an attempt may take")
	f.StringVar(&j.Deadline, "deadline", "", "the `time` after which no attempt begins")
	return cmd
}
