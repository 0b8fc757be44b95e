// A body that must have a shape, by zod.
import { z } from "zod";

export const verifyJwt = false;

const Order = z.object({
  email: z.email(),
  items: z.array(z.object({ sku: z.string().regex(/^[A-Z]{3}-\d+$/), quantity: z.number().int().positive().max(99) })).min(1),
  coupon: z.string().trim().toUpperCase().optional(),
  at: z.iso.datetime().transform((text) => new Date(text).getTime()).optional(),
}).strict();

Deno.serve(async (req) => {
  const parsed = Order.safeParse(await req.json().catch(() => null));
  if (parsed.success) return Response.json(parsed.data);
  return Response.json({ issues: parsed.error.issues.map(({ code, path }) => ({ code, path: path.join(".") })) }, { status: 422 });
});
