// Makes a key for programs, and shows it, this once: only its hash is kept.
import { sql } from "galley"
import { answering, json, numberOf, Problem } from "../_shared/rules.ts"
import { hashKey, newKey } from "../_shared/secret.ts"

export const methods = ["POST", "OPTIONS"]

export default (req: Request, ctx: any) => answering(async () => {
  if (ctx.role !== "authenticated") throw new Problem("Sign in first.", 401)
  const given = await req.json()
  const name = String(given?.name ?? "").trim()
  if (name === "" || name.length > 100) throw new Problem("A key has a name of up to 100 letters.")
  const perMinute = numberOf(given.per_minute, "The limit", 600) ?? 60
  const [{ n }] = await sql`select count(*) as n from api_keys`
  if (n >= 20) throw new Problem("There are 20 keys already: delete one first.")
  const key = newKey()
  const [row] = await sql.as("service")`insert into api_keys (owner, name, hash, start, per_minute)
    values (${ctx.claims.sub}, ${name}, ${await hashKey(key)}, ${key.slice(0, 7)}, ${perMinute}) returning id, name, start, per_minute, created_at`
  return json({ ...row, key }, 201)
})
