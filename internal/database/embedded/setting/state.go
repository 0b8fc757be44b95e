// Package setting keeps the run-time parameters of a transaction: what SET,
// RESET, SHOW and set_config() read and write.
//
//	next, err := state.Set(rights, node)
//	column, value, err := next.Show("search_path")
//
// Every parameter of PostgreSQL 15 is known by name, with its type and bounds.
// One that changes no answer takes any value that PostgreSQL takes; one that
// would is refused with 0A000 unless the engine answers so anyway. A setting
// lasts until its transaction ends, since no session lasts longer at the
// boundary.
package setting

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/zone"
	"github.com/galleyhq/galley/internal/fault"
)

// Rights tells what the present role may set.
type Rights struct {
	Superuser bool
	// RoleExists tells whether a role exists that SET ROLE could take.
	RoleExists func(name string) bool
	// Role is the role that stands for none: the owner.
	Owner string
}

// State is what is set. Its methods return changed copies; the zero State of a
// session is that of a new one.
type State struct {
	Session database.Session
	values  map[string]string // by name in lower case
	names   map[string]string // of one's own parameters, as first written
	path    []string          // as written, with $user; nil when it is the session's own
	set     bool
}

// New returns the state of a session in which nothing was set.
func New(s database.Session) State { return State{Session: s} }

// CheckSession refuses a session whose time zone this engine does not answer in, and
// one that there is not.
func CheckSession(s database.Session) error {
	if s.Timezone == "" {
		return nil
	}
	_, err := New(s).Assign(Rights{}, "TimeZone", &s.Timezone)
	return err
}

// WithSession puts another session in place of the present one: its role,
// claims and search path.
func (s State) WithSession(session database.Session) State {
	s.Session, s.path = session, nil
	s.values = maps.Clone(s.values)
	for name := range s.values {
		if name == "search_path" || name == "role" || strings.HasPrefix(name, "request.") {
			delete(s.values, name)
		}
	}
	return s
}

// Changed tells whether anything was set.
func (s State) Changed() bool { return s.set }

// Timeout is statement_timeout, and whether it was set.
func (s State) Timeout() (time.Duration, bool) {
	text, ok := s.values["statement_timeout"]
	if !ok {
		return 0, false
	}
	ms, ok := milliseconds(text)
	return time.Duration(ms) * time.Millisecond, ok
}

// RowSecurity tells whether policies hide rows silently, as they do unless
// row_security was set to off.
func (s State) RowSecurity() bool { return s.values["row_security"] != "off" }

// ReadOnly tells whether the transaction was set to read only.
func (s State) ReadOnly() bool { return s.values["transaction_read_only"] == "on" }

// AsReadOnly is the state of a transaction, or a statement, that was begun to only
// read, which is nothing that somebody set in it.
func (s State) AsReadOnly() State {
	was := s.set
	s = s.change("transaction_read_only", "on")
	s.set = was
	return s
}

// Value returns a parameter by its name in lower case, and false for one that is
// not known.
func (s State) Value(name string) (string, bool) {
	if v, ok := s.values[name]; ok {
		return v, true
	}
	switch name {
	case "search_path":
		if len(s.Session.SearchPath) == 0 {
			return strings.Join(database.DefaultSearchPath, ", "), true
		}
		return quotedNames(s.Session.SearchPath), true
	case "timezone":
		for _, name := range allowed["timezone"] {
			if strings.EqualFold(name, s.Session.Timezone) {
				return name, true
			}
		}
	case "role":
		if s.Session.Role == "" {
			return "none", true
		}
		return s.Session.Role, true
	}
	for _, v := range s.Session.Settings() {
		if v.Name == name {
			return v.Value, true
		}
	}
	if p := parameters()[name]; p != nil && p.kind != "" {
		return p.standard(), true
	}
	v, ok := fixed[name]
	return v, ok
}

// fixed are parameters that nobody can set.
var fixed = map[string]string{
	"server_encoding": "UTF8", "integer_datetimes": "on", "lc_collate": "C", "lc_ctype": "C", "max_identifier_length": "63",
	"max_index_keys": "32", "max_function_args": "100", "block_size": "8192",
}

// standard is a parameter's default, as SHOW writes it.
func (p *parameter) standard() string {
	if p.kind == "integer" {
		return p.show(bound(p.initial))
	}
	return p.initial
}

// Show returns the name of a parameter as SHOW's column has it, and its value.
func (s State) Show(name string) (column, value string, err error) {
	low := strings.ToLower(name)
	value, ok := s.Value(low)
	p := parameters()[low]
	switch {
	case ok && p != nil:
		return p.name, value, nil
	case ok && s.names[low] != "":
		return s.names[low], value, nil
	case ok:
		return low, value, nil
	case p != nil || low == "all":
		return "", "", unsupported("SHOW %s is", name)
	}
	return "", "", unrecognized(name)
}

func unrecognized(name string) error {
	return fault.New(fault.UndefinedObject, `unrecognized configuration parameter "%s"`, name)
}

func unsupported(format string, args ...any) error {
	return fault.Unsupported(format+" not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// change stores a value that was checked.
func (s State) change(name, value string) State {
	s.values = maps.Clone(s.values)
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[name], s.set = value, true
	return s
}

// Assign gives a parameter a value from its text, or its default without one.
func (s State) Assign(r Rights, name string, value *string) (State, error) {
	low := strings.ToLower(name)
	p := parameters()[low]
	if p == nil {
		return s.assignOwn(low, name, value)
	}
	if err := p.settable(r); err != nil {
		return s, err
	}
	if low == "search_path" || low == "role" {
		return s.assignSession(r, low, value)
	}
	text := p.standard()
	if value != nil {
		var err error
		if text, err = p.accept(*value); err != nil {
			return s, err
		}
	}
	if low == "transaction_read_only" && text == "off" && s.ReadOnly() {
		if value == nil {
			return s, unsupported("RESET transaction_read_only is")
		}
		return s, fault.New("25001", "transaction read-write mode must be set before any query")
	}
	return s.change(low, text), nil
}

// accept reads a value and refuses one under which answers would differ.
func (p *parameter) accept(text string) (string, error) {
	v, err := p.read(text)
	if err != nil {
		return "", err
	}
	name := strings.ToLower(p.name)
	switch name {
	case "datestyle":
		v = dateStyle(v)
	case "transaction_read_only":
		return v, nil
	case "default_with_oids":
		if v == "on" {
			return "", fault.New(fault.FeatureNotSupported, "tables declared WITH OIDS are not supported")
		}
	}
	good, restricted := allowed[name]
	if !restricted {
		return v, nil
	}
	i := slices.IndexFunc(good, func(g string) bool { return strings.EqualFold(g, v) })
	if _, known := zone.Named(v); i < 0 && name == "timezone" && !known && strings.Trim(v, "+-.0123456789") != "" {
		return "", p.invalid(v)
	}
	if i < 0 {
		return "", unsupported("the value %q of the parameter %s is", text, p.name)
	}
	if name == "timezone" {
		return good[i], nil
	}
	return v, nil
}

// dateStyle completes what may be left out.
func dateStyle(text string) string {
	switch strings.ToLower(strings.ReplaceAll(text, " ", "")) {
	case "iso", "iso,mdy", "mdy", "mdy,iso", "iso,us", "us":
		return "ISO, MDY"
	}
	return text
}

// settable refuses a parameter that no session, or not this role, may set.
func (p *parameter) settable(r Rights) error {
	const code = "55P02"
	switch p.context {
	case "internal":
		return fault.New(code, `parameter "%s" cannot be changed`, p.name)
	case "postmaster":
		return fault.New(code, `parameter "%s" cannot be changed without restarting the server`, p.name)
	case "sighup":
		return fault.New(code, `parameter "%s" cannot be changed now`, p.name)
	case "backend":
		return fault.New(code, `parameter "%s" cannot be set after connection start`, p.name)
	case "superuser":
		if !r.Superuser {
			return fault.New(fault.InsufficientPrivilege, `permission denied to set parameter "%s"`, p.name)
		}
	}
	return nil
}

// assignOwn sets a parameter of one's own.
func (s State) assignOwn(low, name string, value *string) (State, error) {
	switch {
	case !strings.Contains(low, "."):
		return s, unrecognized(name)
	case !custom(low):
		return s, fault.New(fault.InvalidName, `invalid configuration parameter name "%s"`, name).
			WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.")
	case strings.HasPrefix(low, "plpgsql."):
		return s, unsupported("the parameter %s is", name)
	}
	text := ""
	if value != nil {
		text = *value
	}
	switch low {
	case "request.jwt.claims":
		s.Session.Claims = text
	case "request.method":
		s.Session.Method = text
	case "request.path":
		s.Session.Path = text
	case "request.headers":
		s.Session.Headers = text
	}
	if s.names[low] == "" {
		s.names = maps.Clone(s.names)
		if s.names == nil {
			s.names = map[string]string{}
		}
		s.names[low] = name
	}
	return s.change(low, text), nil
}

// assignSession sets what belongs to the boundary's session.
func (s State) assignSession(r Rights, name string, value *string) (State, error) {
	if name == "role" {
		return s.assignRole(r, value)
	}
	text := `"$user", public`
	if value != nil {
		text = *value
	}
	list, ok := splitNames(text)
	if !ok {
		return s, parameters()[name].invalid(text).WithDetail("List syntax is invalid.")
	}
	s.path = list
	s = s.change(name, text)
	s.Session.SearchPath = path(list, s.role(r))
	return s, nil
}

func (s State) assignRole(r Rights, value *string) (State, error) {
	name := "none"
	if value != nil {
		name = *value
	}
	if name != "none" && !r.RoleExists(name) {
		return s, fault.New(fault.InvalidParameter, `role "%s" does not exist`, name)
	}
	s = s.change("role", name)
	if s.Session.Role = name; name == "none" {
		s.Session.Role = ""
	}
	if s.path != nil {
		s.Session.SearchPath = path(s.path, s.role(r))
	}
	return s, nil
}

func (s State) role(r Rights) string {
	if s.Session.Role == "" {
		return r.Owner
	}
	return s.Session.Role
}
