// Stripe's webhook: the signature is checked over the raw body, and an event that
// comes twice is counted once.
import Stripe from "npm:stripe@^23";
import { sql } from "galley";

export const verifyJwt = false; // Stripe signs instead

const stripe = new Stripe("sk_test_not_used", { httpClient: Stripe.createFetchHttpClient() });
const crypto = Stripe.createSubtleCryptoProvider();

Deno.serve(async (req) => {
  const signature = req.headers.get("Stripe-Signature");
  if (!signature) return new Response("There is no signature", { status: 400 });
  const body = await req.text();
  let event: Stripe.Event;
  try {
    event = await stripe.webhooks.constructEventAsync(body, signature, Deno.env.get("STRIPE_WEBHOOK_SECRET")!, undefined, crypto);
  } catch (error) {
    return new Response((error as Error).message.split("\n")[0], { status: 400 });
  }
  if (event.type !== "payment_intent.succeeded") return Response.json({ received: true, ignored: event.type });
  const { id, amount, currency } = event.data.object;
  const stored = await sql.as("service")`
    insert into payments (id, amount, currency) values (${id}, ${amount}, ${currency})
    on conflict (id) do nothing returning id`;
  return Response.json({ received: true, new: stored.length === 1 });
});
