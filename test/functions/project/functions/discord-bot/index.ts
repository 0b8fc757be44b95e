// An interaction of Discord: signed with Ed25519, answered at once.
import { fromHex } from "@shared/bytes.ts";

export const verifyJwt = false;
export const methods = ["POST"];

enum Type { Ping = 1, Command = 2 }

async function signedByDiscord(req: Request, body: string): Promise<boolean> {
  const signature = fromHex(req.headers.get("X-Signature-Ed25519") ?? "");
  const timestamp = req.headers.get("X-Signature-Timestamp");
  const raw = fromHex(Deno.env.get("DISCORD_PUBLIC_KEY") ?? "");
  if (!signature?.length || !timestamp || !raw) return false;
  const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, new TextEncoder().encode(timestamp + body));
}

export default async function (req: Request): Promise<Response> {
  const body = await req.text();
  if (!await signedByDiscord(req, body)) return Response.json({ error: "Invalid request" }, { status: 401 });
  const { type = 0, data = { options: [] } } = JSON.parse(body);
  switch (type) {
    case Type.Ping:
      return Response.json({ type: 1 });
    case Type.Command: {
      const { value } = data.options.find((option: { name: string }) => option.name === "name");
      return Response.json({ type: 4, data: { content: `Hello, ${value}!` } });
    }
  }
  return Response.json({ error: "bad request" }, { status: 400 });
}
