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
	name := "current_database()"
	if engine == "embedded" {
		name = "'postgres'" // there is one, which has no name
	}
	return []string{strings.ReplaceAll(read("cron"), "{{database}}", name)}
}

func read(name string) string {
	text, err := scripts.ReadFile("sql/" + name + ".sql")
	if err != nil { // it is in the binary or there is no binary
		panic(err)
	}
	return string(text)
}
