// Who calls is told by @supabase/server, which also makes the clients: one for the caller's own
// rows, one for all. Members show their token; programs of our own the secret key.
import { withSupabase } from "npm:@supabase/server@^1";

export const verifyJwt = false;

export default {
  fetch: withSupabase({ auth: ["user", "secret"] }, async (req, ctx) => {
    if (ctx.authMode === "secret") {
      const { count, error } = await ctx.supabaseAdmin.from("todos").select("*", { count: "exact", head: true });
      return Response.json({ by: ctx.authKeyName, rows: count, error: error?.code });
    }
    if (req.method === "POST") await ctx.supabase.from("todos").insert({ title: await req.text() }).throwOnError();
    const { data } = await ctx.supabase.from("todos").select("title").order("id").throwOnError();
    return Response.json({ email: ctx.userClaims?.email, role: ctx.userClaims?.role, todos: data.map((row) => row.title) });
  }),
};
