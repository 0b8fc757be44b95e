// The function that `new` writes, more or less.
import "jsr:@supabase/functions-js/edge-runtime.d.ts";

interface Greeting {
  name?: string;
}

Deno.serve(async (req: Request) => {
  const { name }: Greeting = await req.json();
  return Response.json({ message: `Hello ${name ?? "World"}!` });
});
