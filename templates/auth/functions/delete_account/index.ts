// Deletes the caller's account for good, with all that belongs to it: rows that refer
// to it by a foreign key, mails, sessions. Whoever found an open laptop must not be able
// to: the caller has signed in within the last minutes, which the page sees to by asking
// for the password.
import { secrets, sql } from "galley"
import { caller, refused } from "../_shared/staff.ts"

export const rpc = { args: {}, returns: "void", role: "authenticated" }

const minutes = 5

export default async (_: object, ctx: any) => {
  const me = await caller(ctx.claims)
  const last = Math.max(0, ...(ctx.claims.amr ?? []).map((m: { timestamp?: number }) => m.timestamp ?? 0))
  if (Date.now() / 1000 - last > minutes * 60) throw refused("Enter your password again to delete the account.")
  if (me.roles.includes("admin")) {
    const [{ others }] = await sql.as("service")`select count(*)::int as others from user_roles where role = 'admin' and user_id <> ${me.id}`
    if (others === 0) throw refused("You are the only admin. Make somebody else one first.")
  }
  const key = secrets.get("SUPABASE_SERVICE_ROLE_KEY")
  const answer = await fetch(`${secrets.get("SUPABASE_URL")}/auth/v1/admin/users/${me.id}/erase`, {
    method: "POST", headers: { apikey: key, Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: JSON.stringify({ dry_run: false }) })
  if (!answer.ok) throw new Error(`the account was not deleted: ${answer.status} ${await answer.text()}`)
}
