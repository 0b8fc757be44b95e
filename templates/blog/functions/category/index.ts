// Refuses a category that would stand within itself. All are locked, so that two changes
// at once cannot make a ring of two.
import { sql, type HookEvent } from "galley"

export const hook = { table: "public.categories", before: ["update"] }

export default async ({ rows }: HookEvent) => {
  const all = await sql.as("service")`select id, parent_id from categories order by id for update`
  const parents = new Map<number, number | null>(all.map(c => [c.id, c.parent_id]))
  for (const { new: c } of rows) parents.set(c!.id, c!.parent_id)
  for (const { new: c } of rows) {
    const seen = new Set<number>([c!.id])
    for (let up = c!.parent_id; up !== null && up !== undefined; up = parents.get(up) ?? null) {
      if (seen.has(up)) throw Object.assign(new Error("A category cannot stand within itself."), { code: "23514", status: 409 })
      seen.add(up)
    }
  }
}
