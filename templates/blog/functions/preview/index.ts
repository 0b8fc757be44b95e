// What the editor shows beside the text: the same renderer as the page's.
import { sql } from "galley"
import { markdown } from "../_shared/markdown"

export const rpc = { args: { body: "text" }, returns: "text", volatility: "stable", role: "authenticated" }

export default async ({ body }: { body: string | null }) => {
  const [{ me }] = await sql`select me()`
  if (me === null) throw Object.assign(new Error("Only who writes here needs a preview."), { code: "42501", status: 403 })
  return markdown((body ?? "").slice(0, 100_000)).text
}
