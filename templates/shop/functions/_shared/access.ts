// Who calls, what they may, and how they are told that something is not possible.
import { limit, sql, transaction, type Sql } from "galley"

export interface Context { role: string; claims: Record<string, any> | null; remoteAddr?: { hostname: string } }

/** What a customer is told: the message is for people, the code for pages. */
export class Problem extends Error {
  constructor(public code: string, message: string, public status = 400, public details?: string) {
    super(message)
  }
}

export const notFound = () => new Problem("NOT_FOUND", "There is no such order.", 404)

/** The id of the account that is signed in, or null. */
export const userOf = (ctx: Context): string | null => ctx.claims?.sub ?? null

/** Ends the call of who may not. */
export async function must(permission: string) {
  const [answer] = await sql`select may(${permission}) as yes`
  if (!answer.yes) throw new Problem("42501", "You are not allowed to do that.", 403)
}

/** What goes away by itself: two in each other's way, and a wait for others that took too long. */
const conflicts = ["40001", "40P01", "55P03"]
const waits = ["25P01", "25P03", "57014"]

/** One transaction as the service role, which is repeated when another stood in its way. */
export async function atomic<T>(run: (tx: Sql) => Promise<T>): Promise<T> {
  for (let again = 5; ; again--) {
    try {
      return await transaction(run, { as: "service" })
    } catch (error) {
      const { code } = error as { code?: string }
      if (again > 0 && conflicts.includes(code ?? "")) continue
      if ([...conflicts, ...waits].includes(code ?? "")) throw new Problem("BUSY", "Too many people at once. Please try again.", 503, code)
      throw error
    }
  }
}

/** Ends the call of an address of the network that has done something too often within the hour: what a column of settings says. */
export async function bounded(what: "coupon_tries" | "guest_checkouts", ctx: Context) {
  const [{ most }] = await sql.as("service")`select ${sql(what)} as most from settings`
  const { allowed, retryAfter } = await limit(what, ctx.remoteAddr?.hostname ?? "", { events: most, per: "1h" })
  if (!allowed) throw new Problem("TOO_OFTEN", `That was too often. Please try again ${retryAfter < 90 ? "in a minute" : `in ${Math.ceil(retryAfter / 60)} minutes`}.`, 429)
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function asKey(text: unknown): string {
  if (typeof text !== "string" || !uuid.test(text)) throw new Problem("BAD_INPUT", "The key has to be a random UUID.")
  return text.toLowerCase()
}

/** A secret that nobody guesses. */
export function secret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(24)), b => b.toString(16).padStart(2, "0")).join("")
}
