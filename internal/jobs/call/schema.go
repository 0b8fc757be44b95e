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
	net := read("net")
	wake := "select pg_notify('galley_jobs', '')"
	if engine == "postgres" {
		wake += " where exists (select from galley.job_waiters)"
		net = "do $galley$ begin if to_regnamespace('net') is null then\n" + net + read("postgres") + "end if; end $galley$;"
	}
	return []string{read("secrets") + strings.ReplaceAll(net, "{{wake}}", wake)}
}

// WithoutNet is Schema for a database whose schema net is somebody else's: nothing
// is called from SQL there.
func WithoutNet(engine string) []string {
	steps := Schema(engine)
	steps[0] = read("secrets")
	return steps
}

func read(name string) string {
	text, err := scripts.ReadFile("sql/" + name + ".sql")
	if err != nil { // it is in the binary or there is no binary
		panic(err)
	}
	return string(text)
}
