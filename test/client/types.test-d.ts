// Compiled, not run: a program that uses what "galley gen types typescript" wrote
// for schema.sql, under the strictest settings. Each line below @ts-expect-error
// must not compile.
import { createClient } from "@supabase/supabase-js"
import type { Database, Enums, Tables, TablesInsert, TablesUpdate } from "./database.types.js"

const supabase = createClient<Database>("http://localhost", "key")

export async function read(): Promise<string[]> {
  const { data, error } = await supabase.from("typed").select("id, title, mood, tags, parts(name)").eq("done", false)
  if (error) throw error
  return data.map((row) => {
    const id: number = row.id
    const title: string = row.title
    const mood: "happy" | "sad" | null = row.mood
    const tags: string[] | null = row.tags
    const names: (string | null)[] = row.parts.map((part) => part.name)
    // @ts-expect-error there is no such column
    void row.nothing
    return `${id} ${title} ${mood ?? "none"} ${(tags ?? []).join()} ${names.join()}`
  })
}

export async function write(): Promise<void> {
  const row: TablesInsert<"typed"> = { title: "x", mood: "happy" }
  await supabase.from("typed").insert(row)
  // @ts-expect-error the title is required
  await supabase.from("typed").insert({ mood: "sad" })
  const change: TablesUpdate<"typed"> = { done: true }
  await supabase.from("typed").update(change).eq("id", 1)
  // @ts-expect-error no label of the enum
  const wrong: Enums<"mood"> = "angry"
  void wrong
}

export const title = (row: Tables<"typed">): string => row.title
