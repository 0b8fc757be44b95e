// Admins make others moderators and admins, and take it back. What was done is kept.
import { transaction } from "galley"
import { caller, refused, rolesOf, type Role } from "../_shared/staff.ts"

export const rpc = { args: { user_id: "uuid", role: "text", granted: "boolean" }, returns: "void", role: "authenticated" }

export default async ({ user_id, role, granted }: { user_id: string, role: Role, granted: boolean }, ctx: any) => {
  const me = await caller(ctx.claims)
  if (!me.roles.includes("admin")) throw refused("Only admins give roles.")
  if (!["moderator", "admin"].includes(role)) throw refused("There are moderators and admins.", 400, "22023")
  if (me.id === user_id) throw refused("Ask another admin to change your own roles.")
  if ((await rolesOf(user_id)).includes(role) === granted) return
  await transaction(async tx => {
    if (granted) await tx`insert into user_roles (user_id, role) values (${user_id}, ${role})`
    else await tx`delete from user_roles where user_id = ${user_id} and role = ${role}`
    await tx`insert into events (actor, subject, action, role) values (${me.id}, ${user_id}, ${granted ? "grant" : "revoke"}, ${role})`
  }, { as: "service" })
}
