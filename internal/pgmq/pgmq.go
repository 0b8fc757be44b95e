// Package pgmq holds message queues with the functions of the extension pgmq
// (https://github.com/pgmq/pgmq), on both engines: pgmq.send, read, pop, archive,
// delete and the rest. On PostgreSQL each queue has tables of its own, as with the
// extension; on the embedded engine they share them. docs/jobs.md tells the
// differences.
package pgmq

import "embed"

//go:embed sql
var scripts embed.FS

// Schema is the steps that build schema pgmq on an engine ("embedded" or
// "postgres"), for migrate.Own. On PostgreSQL one that is there already, as where
// the extension is installed, is left alone. They are never changed once released.
func Schema(engine string) []string {
	step, later := script(engine), script(engine+"2")
	if engine == "postgres" {
		step = "do $galley$ begin if to_regnamespace('pgmq') is null then\n" + step + "end if; end $galley$;"
		later = "do $galley$ begin if to_regprocedure('pgmq.make_queue(text, boolean)') is not null then\n" + later + "end if; end $galley$;"
	}
	return []string{step, later}
}

// Public is the steps that build schema pgmq_public over Schema's, on either engine:
// the functions that Supabase's clients call over HTTP. They are never changed once
// released.
func Public() []string { return []string{script("public")} }

func script(name string) string {
	text, err := scripts.ReadFile("sql/" + name + ".sql")
	if err != nil { // it is in the binary or there is no binary
		panic(err)
	}
	return string(text)
}
