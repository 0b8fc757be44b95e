// Package schedule enqueues jobs at the times that cron expressions name: each due
// time once, by whichever node is first, in the time zone of the schedule, and by
// its policy when nobody was there at the time. SQL reaches it as pg_cron's
// functions (select cron.schedule('clean', '0 3 * * *', 'delete from …')).
//
//	keeper, err := schedule.New(schedule.Config{DB: db})
//	keeper.Start()
//	defer keeper.Stop()
//
// The tables are in sql/; docs/jobs.md tells how it behaves.
package schedule

import (
	"embed"
	"strings"
)

//go:embed sql
var scripts embed.FS

// Schema is the steps that build the tables of this package, for migrate.Own. They
// are never changed once released: what comes later is another step.
func Schema() []string {
	return []string{strings.ReplaceAll(read("tables"), "{{expression}}", "'"+pattern+"'")}
}

// Cron is the steps that build pg_cron's functions and views over them on an engine
// ("embedded" or "postgres"). A database that has the extension itself must not get
// them.
func Cron(engine string) []string {
	name, raise := "current_database()", "galley.raise"
	if engine == "embedded" {
		name, raise = "'postgres'", "galley_docs.raise" // there is one, which has no name
	}
	fill := strings.NewReplacer("{{database}}", name, "{{raise}}", raise, "{{expression}}", "'"+pattern+"'",
		"{{hint}}", "'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds'''")
	return []string{fill.Replace(read("cron")), fill.Replace(read("cron2"))}
}

func read(name string) string {
	text, err := scripts.ReadFile("sql/" + name + ".sql")
	if err != nil { // it is in the binary or there is no binary
		panic(err)
	}
	return string(text)
}
