// The caller's rows, read and written as the caller by the official client.
import { createClient } from "jsr:@supabase/supabase-js@2";

Deno.serve(async (req) => {
  const client = createClient(Deno.env.get("SUPABASE_URL") ?? "", Deno.env.get("SUPABASE_ANON_KEY") ?? "", {
    global: { headers: { Authorization: req.headers.get("Authorization")! } },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  if (req.method === "POST") {
    const { title } = await req.json();
    const { data, error } = await client.from("todos").insert({ title }).select("title, done").single();
    return error ? Response.json({ code: error.code }, { status: 400 }) : Response.json(data, { status: 201 });
  }
  const { data, error } = await client.from("todos").select("title, done").order("id");
  return error ? Response.json({ code: error.code }, { status: 500 }) : Response.json({ todos: data });
});
