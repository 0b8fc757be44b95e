package setting

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// parameters.tsv are the run-time parameters of PostgreSQL 15: name, context,
// and for those a session may set, type, unit, least and greatest value, default
// and the values of an enumeration (source: pg_settings of PostgreSQL 15.18, with
// those that it leaves out of SHOW ALL).
//
//go:embed parameters.tsv
var table string

// parameter is one run-time parameter.
type parameter struct {
	name     string // as PostgreSQL shows it: "TimeZone"
	context  string // pg_settings.context
	kind     string // bool, integer, real, string, enum
	unit     string
	min, max float64
	initial  string // as pg_settings.boot_val has it
	values   []string
	// least and greatest value as messages write them
	least, greatest string
}

var parameters = sync.OnceValue(func() map[string]*parameter {
	all := map[string]*parameter{}
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		p := &parameter{name: f[0], context: f[1], kind: f[2], unit: f[3], least: f[4], greatest: f[5], initial: f[6]}
		p.min, p.max = bound(f[4]), bound(f[5])
		if f[7] != "" {
			p.values = strings.Split(f[7], ",")
		}
		all[strings.ToLower(p.name)] = p
	}
	return all
})

// custom tells whether a name is that of a parameter of one's own: simple
// identifiers with dots between them.
func custom(name string) bool {
	parts := strings.Split(name, ".")
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !simple(p) })
}

func simple(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r != '$' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// lists are the parameters whose value is a list of names.
var lists = []string{"search_path", "temp_tablespaces", "datestyle", "local_preload_libraries", "session_preload_libraries"}

// allowed are the parameters that would change answers, with the values under
// which this engine answers as PostgreSQL does. A parameter of a session that is
// not here, such as one of the planner's, changes no answer.
var allowed = map[string][]string{
	"allow_in_place_tablespaces":        {"off"},
	"allow_system_table_mods":           {"off"},
	"array_nulls":                       {"on"},
	"backslash_quote":                   {"safe_encoding", "on"},
	"bytea_output":                      {"hex"},
	"client_encoding":                   {"UTF8", "UNICODE"},
	"datestyle":                         {"ISO, MDY"},
	"debug_print_parse":                 {"off"},
	"debug_print_plan":                  {"off"},
	"debug_print_rewritten":             {"off"},
	"default_table_access_method":       {"heap"},
	"default_tablespace":                {"", "pg_default"},
	"default_text_search_config":        {"pg_catalog.simple"},
	"default_transaction_deferrable":    {"off"},
	"default_transaction_isolation":     {"read committed", "read uncommitted"},
	"default_transaction_read_only":     {"off"},
	"default_with_oids":                 {"off"},
	"dynamic_library_path":              {"$libdir"},
	"exit_on_error":                     {"off"},
	"extra_float_digits":                {"1", "2", "3"},
	"gin_fuzzy_search_limit":            {"0"},
	"ignore_checksum_failure":           {"off"},
	"intervalstyle":                     {"postgres"},
	"lc_messages":                       {"C", "POSIX", "C.UTF-8", "en_US.UTF-8"},
	"lc_monetary":                       {"C", "POSIX", "C.UTF-8"},
	"lc_numeric":                        {"C", "POSIX", "C.UTF-8"},
	"lc_time":                           {"C", "POSIX", "C.UTF-8"},
	"lo_compat_privileges":              {"off"},
	"local_preload_libraries":           {""},
	"quote_all_identifiers":             {"off"},
	"restrict_nonsystem_relation_kind":  {""},
	"session_preload_libraries":         {""},
	"session_replication_role":          {"origin", "local"},
	"standard_conforming_strings":       {"on"},
	"temp_tablespaces":                  {""},
	"timezone":                          {"UTC", "GMT", "Etc/UTC"},
	"timezone_abbreviations":            {"Default"},
	"transaction_deferrable":            {"off"},
	"transaction_isolation":             {"read committed"},
	"transform_null_equals":             {"off"},
	"wal_consistency_checking":          {""},
	"xmlbinary":                         {"base64", "hex"},
	"zero_damaged_pages":                {"off"},
	"client_connection_check_interval":  {"0"},
	"log_parameter_max_length_on_error": {"0"},
	"debug_discard_caches":              {"0"},
	"idle_session_timeout":              {"0"},
	"transaction_read_only":             {"off"},
	"session_authorization":             {},
}
