// As functions were written before Deno.serve, with addresses for names.
import { serve } from "https://deno.land/std@0.168.0/http/server.ts";
import { z } from "https://esm.sh/zod@^4?target=deno";
import "https://deno.land/std@0.168.0/dotenv/load.ts";
import config from "./config.json" with { type: "json" };

const Query = z.object({ n: z.coerce.number().int() });

serve(async (req: Request) => {
  const { data, success } = Query.safeParse(Object.fromEntries(new URL(req.url).searchParams));
  if (!success) return new Response("n is no whole number", { status: 400 });
  return new Response(JSON.stringify({ [config.name]: data.n ** 2 }), { headers: { "content-type": "application/json" } });
});
