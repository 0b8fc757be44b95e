// Package users is galley users: the accounts of a project, and what a person may
// ask for of what is kept about them. Like the other commands it works on the
// database, beside a running server or without one; what it may do there, and how it
// is checked and logged, is the admin API's of accounts, whose handler it calls in
// the process.
package users

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// commands are those of this package.
type commands struct{ subcommand.Shell }

// New is the command.
func New(shell subcommand.Shell) *cobra.Command {
	s := commands{shell}
	cmd := &cobra.Command{
		Use: "users", Short: "Look at accounts, make them, export and erase what is kept about a person", Args: s.Args(cobra.NoArgs),
		Long: "Look at the project's accounts, make them, and export or erase what is kept about a person,\n" +
			"beside a running server or without one. docs/auth.md has the rest.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.newList(), s.newCreate(), s.newExport(), s.newErase())
	return cmd
}

// with calls fn with the API on the project's database.
func (s commands) with(cmd *cobra.Command, fn func(api) error) error {
	return s.WithDatabase(cmd.Context(), func(c config.Config, db database.DB) error {
		h, key, err := app.Accounts(cmd.Context(), db, c, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return fn(api{cmd.Context(), subcommand.API{Handler: h, Prefix: "/auth/v1", Header: http.Header{"Authorization": {"Bearer " + key}}, Problem: problem}})
	})
}

func (s commands) newList() *cobra.Command {
	var o struct {
		filter         string
		page, pageSize int
		json           bool
	}
	cmd := &cobra.Command{
		Use: "list", Short: "List users, the newest first", Args: s.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{"page": {strconv.Itoa(o.page)}, "per_page": {strconv.Itoa(o.pageSize)}}
			if o.filter != "" {
				q.Set("filter", o.filter)
			}
			return s.with(cmd, func(a api) error {
				body, err := a.call("GET", "/admin/users?"+q.Encode(), nil)
				if err != nil {
					return err
				}
				return s.printList(body, o.json)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.filter, "filter", "", "only those with this `text` in the address or full_name")
	f.IntVar(&o.page, "page", 1, "the page of this `number`")
	f.IntVar(&o.pageSize, "per-page", 50, "this `number` on a page, up to 1000")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func (s commands) newCreate() *cobra.Command {
	var o struct {
		phone, role, appData, userData string
		password, confirm              bool
	}
	cmd := &cobra.Command{
		Use: "create EMAIL", Short: "Make a user, and print it as JSON", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"email": args[0], "phone": o.phone, "role": o.role, "email_confirm": o.confirm, "phone_confirm": o.confirm && o.phone != ""}
			for name, text := range map[string]string{"app_metadata": o.appData, "user_metadata": o.userData} {
				if text == "" {
					continue
				}
				if !json.Valid([]byte(text)) {
					return fmt.Errorf("%s is no JSON", name)
				}
				body[name] = json.RawMessage(text)
			}
			if o.password {
				text, err := io.ReadAll(io.LimitReader(s.In, 4096))
				if err != nil {
					return err
				}
				body["password"] = strings.TrimRight(string(text), "\r\n")
			}
			return s.with(cmd, func(a api) error { return s.printJSON(a.call("POST", "/admin/users", body)) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.phone, "phone", "", "the `number`, as +4915112345678")
	f.StringVar(&o.role, "role", "", "the database `role` of their requests (default authenticated)")
	f.StringVar(&o.appData, "app-metadata", "", "app_metadata, as a `JSON` object")
	f.StringVar(&o.userData, "user-metadata", "", "user_metadata, as a `JSON` object")
	f.BoolVar(&o.password, "password-stdin", false, "read the password from standard input; without one they sign in by link, or are sent one for a password")
	f.BoolVar(&o.confirm, "confirm", false, "take address and number for proven")
	return cmd
}

func (s commands) newExport() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "export ID|EMAIL", Short: "Print everything that is kept about a person, as JSON", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, func(a api) error {
				id, err := a.find(args[0])
				if err != nil {
					return err
				}
				body, err := a.call("GET", "/admin/users/"+id+"/export", nil)
				if err != nil || file == "" {
					return s.printJSON(body, err)
				}
				return os.WriteFile(file, body, 0o600)
			})
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "write it to this `file`, which only you may read")
	return cmd
}

// errBlocked says that nothing was erased.
var errBlocked = errors.New("nothing was erased: rows of other tables refer to the person's (--cascade deletes them too)")

func (s commands) newErase() *cobra.Command {
	var o struct{ yes, cascade, json bool }
	cmd := &cobra.Command{
		Use: "erase ID|EMAIL", Short: "Tell what erasing a person would delete; with --yes do it", Args: s.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.with(cmd, func(a api) error {
				id, err := a.find(args[0])
				if err != nil {
					return err
				}
				path, options := "/admin/users/"+id+"/erase", map[string]bool{"dry_run": true, "cascade": o.cascade}
				body, err := a.call("POST", path, options)
				if err != nil {
					return err
				}
				blocked, err := isBlocked(body)
				if err == nil && o.yes && !blocked {
					options["dry_run"] = false
					body, err = a.call("POST", path, options)
				}
				if err != nil {
					return err
				}
				if err := s.printReport(body, o.json); err != nil || !blocked {
					return err
				}
				return errBlocked
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "erase; there is no way back")
	f.BoolVar(&o.cascade, "cascade", false, "delete rows that stand in the way too (foreign keys without ON DELETE, or RESTRICT)")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}
