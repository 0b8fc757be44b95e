package functions

import "strings"

// fill writes the name of a function into a text, and the table that is called so: - is
// no part of a table's name unless it is quoted.
func fill(text, name string) string {
	table := strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return strings.NewReplacer("{{name}}", name, "{{table}}", table).Replace(text)
}

// next is how a new function of a template is tried.
var next = map[string]string{
	"hello":    "call it with\n\n  galley functions invoke {{name}} --data '{\"name\":\"Ann\"}'",
	"route":    "open /{{name}}/1",
	"job":      "enqueue a job with\n\n  galley sql \"select galley.enqueue('{{name}}', '{\\\"to\\\": \\\"Ann\\\"}')\"",
	"schedule": "run it before its time with\n\n  galley functions invoke {{name}}",
	"rpc":      "call it at /rest/v1/rpc/{{name}}?a=1&b=2",
	"hook":     "write to the table public.{{table}} by /rest/v1",
}

// templates are what a new function begins with.
var templates = map[string]string{
	"hello": `// Called at /functions/v1/{{name}}, with a token of the project.
Deno.serve(async (req: Request) => {
  const { name } = req.method === "POST" ? await req.json() : { name: "world" }
  return Response.json({ message: ` + "`Hello ${name}!`" + ` })
})
`,
	"route": `// Called at a path of its own, by everyone.
export const path = "/{{name}}/:id"
export const methods = ["GET"]
export const verifyJwt = false

export default (req: Request, ctx: { params: Record<string, string> }) =>
  new Response(` + "`{{name}} ${ctx.params.id}`" + `)
`,
	"job": `// Does the jobs of a queue: select galley.enqueue('{{name}}', '{"to": "..."}')
export const job = { queue: "{{name}}", concurrency: 4 }

export default async (payload: { to: string }, ctx: { attempt: number; key: string }) => {
  console.log("working for", payload.to, "attempt", ctx.attempt)
}
`,
	"schedule": `// Runs every night at three.
import { sql } from "galley"

export const schedule = { cron: "0 3 * * *", timeZone: "Europe/Berlin" }

export default async () => {
  const [row] = await sql` + "`select now()`" + `
  console.log("it is", row.now)
}
`,
	"rpc": `// Called at /rest/v1/rpc/{{name}}.
export const rpc = { args: { a: "integer", b: "integer" }, returns: "integer", volatility: "immutable" }

export default ({ a, b }: { a: number; b: number }) => a + b
`,
	"hook": `// Sees what is about to be written to a table, and may change or refuse it.
import type { HookEvent } from "galley"

export const hook = { table: "public.{{table}}", before: ["insert", "update"] }

export default (event: HookEvent) => {
  for (const row of event.rows) {
    if (row.new!.amount < 0) throw new Error("the amount is negative")
  }
}
`,
}
