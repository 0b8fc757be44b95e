package call

import (
	"embed"
	"strings"
)

//go:embed sql
var scripts embed.FS

// Schema is the steps that build what this package keeps in the database on an
// engine ("embedded" or "postgres"), for migrate.Own: galley.secrets, and schema
// net unless there is one, as where pg_net itself is installed. They are never
// changed once released.
func Schema(engine string) []string {
	net, later := read("net"), read("net2")
	wake, raise := "select pg_notify('galley_jobs', '')", "galley_docs.raise"
	if engine == "postgres" {
		wake, raise = wake+" where exists (select from galley.job_waiters)", "galley.raise"
		net = "do $galley$ begin if to_regnamespace('net') is null then\n" + net + read("postgres") + "end if; end $galley$;"
		ours := "exists (select from pg_catalog.pg_class where oid = to_regclass('net._http_response') and relkind = 'v')"
		later = "do $galley$ begin if " + ours + " then\n" + later + "end if; end $galley$;"
	}
	fill := strings.NewReplacer("{{wake}}", wake, "{{url}}", "case when $1 is null then "+raise+
		`('23502', 'null value in column "url" of relation "http_request_queue" violates not-null constraint', 'The call needs a url.') else $1 end`)
	return []string{read("secrets") + fill.Replace(net), fill.Replace(later)}
}

// WithoutNet is Schema for a database whose schema net is somebody else's: nothing
// is called from SQL there. It has as many steps.
func WithoutNet() []string { return []string{read("secrets"), "select 1"} }

// Webhooks is the steps that build schema supabase_functions over Schema's: what was
// called and, on PostgreSQL, the trigger function of Supabase's database webhooks; the
// embedded engine has no such triggers. They are never changed once released.
func Webhooks(engine string) []string {
	if engine != "postgres" {
		return []string{read("webhooks")}
	}
	return []string{read("webhooks") + read("webhook")}
}

func read(name string) string {
	text, err := scripts.ReadFile("sql/" + name + ".sql")
	if err != nil { // it is in the binary or there is no binary
		panic(err)
	}
	return string(text)
}
