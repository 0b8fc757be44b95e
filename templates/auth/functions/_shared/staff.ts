// Who is calling, and whether they may. Roles are read from the table, not from the
// token, so that one that was taken counts at once.
import { sql } from "galley"

export type Role = "moderator" | "admin"

/** An error that the caller gets: its message, with an HTTP status. */
export const refused = (message: string, status = 403, code = "42501") => Object.assign(new Error(message), { status, code })

/** The caller's id and roles. Whoever has a second factor has to have proven it. */
export async function caller(claims: Record<string, any> | null) {
  const id: string | undefined = claims?.sub
  if (!id) throw refused("Sign in first.", 401)
  const [{ roles, factor, banned }] = await sql.as("service")`
    select array(select role from user_roles where user_id = ${id}::uuid) as roles, factor, banned from standing(${id}::uuid)`
  if (banned) throw refused("You are banned.") // the token is from before
  if (factor && claims!.aal !== "aal2") throw refused("Enter the code of your second factor first.")
  return { id, roles: roles as Role[] }
}

/** The roles of another account, if there is one. */
export async function rolesOf(id: string): Promise<Role[]> {
  const [found] = await sql.as("service")`select array(select role from user_roles where user_id = ${id}::uuid) as roles from profiles where id = ${id}::uuid`
  if (!found) throw refused("There is no such account.", 404, "P0002")
  return found.roles
}
