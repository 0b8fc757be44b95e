// Moderators keep people out, and let them in again; admins do it to moderators, too.
// A ban ends all sessions. An access token that is out there is good for as long as
// auth.jwt_expiry says.
import { transaction } from "galley"
import { caller, refused, rolesOf } from "../_shared/staff.ts"

export const rpc = { args: { user_id: "uuid", banned: "boolean", "reason?": "text" }, returns: "void", role: "authenticated" }

export default async ({ user_id, banned, reason = "" }: { user_id: string, banned: boolean, reason?: string }, ctx: any) => {
  const me = await caller(ctx.claims)
  if (me.roles.length === 0) throw refused("Only moderators ban people.")
  if (me.id === user_id) throw refused("You cannot ban yourself.")
  const theirs = await rolesOf(user_id)
  if (theirs.includes("admin")) throw refused("Take the role of the admin first.")
  if (theirs.length > 0 && !me.roles.includes("admin")) throw refused("Only admins ban moderators.")
  await transaction(async tx => {
    await tx`select put_ban(${user_id}, ${banned ? "infinity" : null}::timestamptz)`
    await tx`insert into events (actor, subject, action, reason) values (${me.id}, ${user_id}, ${banned ? "ban" : "unban"}, ${reason ?? ""})`
  }, { as: "service" })
}
