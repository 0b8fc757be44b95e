// Package functions is galley functions: new functions, the functions there are, calls
// of them, their logs and their secrets. Like the other commands it works on the
// project and its database, beside a running server or without one.
package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	service "github.com/galleyhq/galley/internal/functions"
)

// Shell is what the command line gives to its commands.
type Shell struct {
	subcommand.Shell
	Config func() (config.Config, error) // reads the project's configuration
}

// New is the command; serve is galley serve, for galley functions serve.
func New(s Shell, serve *cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: "functions", Short: "Make, call and look at the project's functions", Args: s.Args(cobra.NoArgs),
		Long: "Make, call and look at the functions of the project, in TypeScript or JavaScript.\n\ndocs/functions.md has the rest.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	serve.Short = "Serve the project as galley serve --dev does: mistakes are shown, and files are loaded anew when they change"
	serve.Long = ""
	cmd.AddCommand(s.newNew(), serve, s.newList(), s.newInvoke(), s.newLogs(), s.newSecrets(), s.newDelete())
	return cmd
}

// with calls fn with the server's handler, in this process, and the key of the service
// role.
func (s Shell) with(cmd *cobra.Command, load bool, fn func(api) error) error {
	return s.WithDatabase(cmd.Context(), func(c config.Config, db database.DB) error {
		h, key, end, err := app.Functions(cmd.Context(), db, c, load, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		defer end()
		return fn(api{cmd.Context(), h, key})
	})
}

func (s Shell) newNew() *cobra.Command {
	var template string
	var names []string
	for name := range templates {
		names = append(names, name)
	}
	slices.Sort(names)
	cmd := &cobra.Command{
		Use: "new NAME", Short: "Make a function", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := s.Config()
			if err != nil {
				return err
			}
			text, ok := templates[template]
			if !ok {
				return fmt.Errorf("there is no template %q, only %s", template, strings.Join(names, ", "))
			}
			if !validName(args[0]) {
				return fmt.Errorf("%q is no name for a function: it begins with a letter, and holds letters, digits, - and _", args[0])
			}
			file, err := create(c.Functions.Dir, args[0], text)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.Out, "%s\n\nServe it with galley serve --dev, and %s\n", file, fill(next[template], args[0]))
			return err
		},
	}
	cmd.Flags().StringVar(&template, "template", "hello", "what it begins with: "+strings.Join(names, ", "))
	return cmd
}

// create writes a function, and the types of module galley for editors where they are
// not there yet or are those of another version.
func create(dir, name, text string) (file string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // sources are for everyone who may see the project
		return "", err
	}
	folder := filepath.Join(dir, name)
	if err := os.Mkdir(folder, 0o755); err != nil { //nolint:gosec // as above
		return "", err
	}
	file = filepath.Join(folder, "index.ts")
	if err := os.WriteFile(file, []byte(fill(text, name)), 0o644); err != nil { //nolint:gosec // as above
		return "", err
	}
	return file, os.WriteFile(filepath.Join(dir, "galley.d.ts"), []byte(service.Types()), 0o644) //nolint:gosec // as above
}

func validName(name string) bool {
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return name != "" && len(name) <= 100 && strings.ContainsRune(letters, rune(name[0])) && strings.Trim(name, letters+"0123456789-_") == ""
}

func (s Shell) newList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the functions, and what is wrong with them", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.with(cmd, true, func(a api) error {
				body, err := a.call("GET", "/admin/v1/functions", nil)
				if err != nil {
					return err
				}
				if asJSON {
					_, err = fmt.Fprintln(s.Out, string(body))
					return err
				}
				return s.printList(body)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s Shell) printList(body []byte) error {
	var list []struct {
		Name, Status, Error, URL, Queue, RPC string
		Paths, Schedules, Hooks              []string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tSTATUS\tCALLED BY") // its errors come with Flush
	for _, f := range list {
		by := slices.Concat(f.Paths, f.Hooks)
		for what, value := range map[string]string{"": f.URL, "queue ": f.Queue, " ": f.RPC} {
			if value != "" {
				by = append(by, strings.TrimSpace(what+value))
			}
		}
		for _, cron := range f.Schedules {
			by = append(by, "schedule "+cron)
		}
		slices.Sort(by)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.Status, strings.Join(by, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range list {
		if f.Error != "" {
			if _, err := fmt.Fprintf(s.Out, "\n%s: %s\n", f.Name, f.Error); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Shell) newInvoke() *cobra.Command {
	var o struct {
		data, method string
		headers      []string
		show         bool
	}
	cmd := &cobra.Command{
		Use: "invoke NAME[/PATH]", Short: "Call a function as the service role, and print its answer", Args: s.Args(cobra.ExactArgs(1)),
		Long: "Call a function as the service role, in this process, and print its answer.\n\n" +
			"--data is the body: text, @file, or - for standard input.",
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := s.data(o.data)
			if err != nil {
				return err
			}
			return s.with(cmd, true, func(a api) error {
				w, err := a.do(strings.ToUpper(o.method), "/functions/v1/"+strings.TrimPrefix(args[0], "/"), body, o.headers)
				if err != nil {
					return err
				}
				if o.show {
					_, _ = fmt.Fprintf(s.Out, "%d %s\n", w.status, http.StatusText(w.status))
					_ = w.header.Write(s.Out)
					_, _ = fmt.Fprintln(s.Out)
				}
				if w.status == http.StatusNotFound {
					if how := a.instead(args[0]); how != "" {
						return errors.New(how)
					}
				}
				if _, err := s.Out.Write(w.body.Bytes()); err != nil {
					return err
				}
				err = answered(args[0], w.status)
				if err != nil && !bytes.HasSuffix(w.body.Bytes(), []byte("\n")) {
					_, _ = fmt.Fprintln(s.Out) // the error is a line of its own
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "the `body`")
	f.StringVar(&o.method, "method", "POST", "the HTTP `method`")
	f.StringArrayVar(&o.headers, "header", nil, "a `header`, as Name: value")
	f.BoolVar(&o.show, "include", false, "print status and headers, too")
	return cmd
}

// answered is an error for a status that is one; where the answer keeps to itself what
// went wrong, it says where that stands.
func answered(path string, status int) error {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case status >= http.StatusInternalServerError:
		return fmt.Errorf("the function answered with %d; galley functions logs %s --limit 5 tells why", status, name)
	case status >= http.StatusBadRequest:
		return fmt.Errorf("the function answered with %d", status)
	}
	return nil
}

// instead tells how a function is called that does not answer requests, "" for others.
func (a api) instead(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	body, err := a.call("GET", "/admin/v1/functions/"+url.PathEscape(name), nil)
	var f struct {
		URL, Queue, RPC string
		Hooks           []string
	}
	if err != nil || json.Unmarshal(body, &f) != nil || f.URL != "" {
		return ""
	}
	switch {
	case f.Queue != "":
		return fmt.Sprintf("%s does jobs: galley jobs enqueue %s '{}' adds one, which a running server does", name, f.Queue)
	case f.RPC != "":
		return fmt.Sprintf("%s is a remote procedure: call it at %s of a running server", name, f.RPC)
	case len(f.Hooks) > 0:
		return fmt.Sprintf("%s is a hook: write to its table by /rest/v1 (%s)", name, strings.Join(f.Hooks, ", "))
	}
	return ""
}

func (s Shell) data(given string) ([]byte, error) {
	switch {
	case given == "-":
		return io.ReadAll(io.LimitReader(s.In, 64<<20))
	case strings.HasPrefix(given, "@"):
		return os.ReadFile(given[1:])
	}
	return []byte(given), nil
}

func (s Shell) newLogs() *cobra.Command {
	var o struct {
		level  string
		limit  int
		follow bool
		json   bool
	}
	cmd := &cobra.Command{
		Use: "logs [NAME]", Short: "Show what functions wrote, on all nodes", Args: s.Args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/admin/v1/function-logs"
			if len(args) == 1 {
				path = "/admin/v1/functions/" + args[0] + "/logs"
			}
			path += fmt.Sprintf("?level=%s&limit=%d", o.level, o.limit)
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			return s.with(cmd, false, func(a api) error {
				last, err := s.printLogs(a, path, o.json)
				for o.follow && err == nil {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(500 * time.Millisecond):
					}
					var n int64
					if n, err = s.printLogs(a, fmt.Sprintf("%s&after=%d", path, max(last, 1)), o.json); n > 0 {
						last = n
					}
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.level, "level", "", "only this `level` and worse: debug, info, warn, error")
	f.IntVar(&o.limit, "limit", 100, "the last `number` of lines")
	f.BoolVar(&o.follow, "follow", false, "go on with what is written from now on")
	f.BoolVar(&o.json, "json", false, "print a JSON object for each line")
	return cmd
}

// printLogs prints lines, and returns the id of the last one, 0 for none.
func (s Shell) printLogs(a api, path string, asJSON bool) (int64, error) {
	body, err := a.call("GET", path, nil)
	if err != nil {
		return 0, err
	}
	var lines []json.RawMessage
	if err := json.Unmarshal(body, &lines); err != nil {
		return 0, err
	}
	var last int64
	for _, raw := range lines {
		var l struct {
			ID                       int64
			At                       time.Time
			Function, Level, Message string
			RequestID                string `json:"request_id"`
			Fields                   json.RawMessage
		}
		if err := json.Unmarshal(raw, &l); err != nil {
			return 0, err
		}
		last = l.ID
		if asJSON {
			_, err = fmt.Fprintln(s.Out, string(raw))
		} else {
			_, err = fmt.Fprintln(s.Out, strings.TrimSpace(fmt.Sprintf("%s %-5s %s: %s %s", l.At.Local().Format("2006-01-02 15:04:05.000"), l.Level, l.Function, l.Message, l.Fields)))
		}
		if err != nil {
			return 0, err
		}
	}
	return last, nil
}

func (s Shell) newDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a function's folder", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := s.Config()
			if err != nil {
				return err
			}
			if !validName(args[0]) {
				return fmt.Errorf("%q is no name of a function", args[0])
			}
			folder := filepath.Join(c.Functions.Dir, args[0])
			if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
				return fmt.Errorf("there is no function %s in %s", args[0], c.Functions.Dir)
			}
			if !yes {
				return errors.New("this deletes " + folder + " with all that is in it: say so with --yes")
			}
			return os.RemoveAll(folder)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "really")
	return cmd
}

// api is the server's own, called with the key of the service role.
type api struct {
	ctx     context.Context
	handler http.Handler
	key     string
}

// call makes a request of the admin API, and returns the body of the answer, or the
// error that it tells.
func (a api) call(method, path string, body any) ([]byte, error) {
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	w, err := a.do(method, path, sent, nil)
	if err != nil || w.status < 300 {
		return w.body.Bytes(), err
	}
	var told struct{ Message, Hint string }
	if err := json.Unmarshal(w.body.Bytes(), &told); err != nil || told.Message == "" {
		return nil, fmt.Errorf("status %d", w.status)
	}
	return nil, errors.New(strings.TrimSpace(told.Message + "\n" + told.Hint))
}

func (a api) do(method, path string, body []byte, headers []string) (*answer, error) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	r, err := http.NewRequestWithContext(a.ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return w, err
	}
	r.Host, r.RemoteAddr = "localhost", "127.0.0.1:0"
	if json.Valid(body) && len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+a.key)
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return w, fmt.Errorf("%q is no header: expected Name: value", h)
		}
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	a.handler.ServeHTTP(w, r)
	return w, nil
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Flush implements http.Flusher.
func (a *answer) Flush() {}
