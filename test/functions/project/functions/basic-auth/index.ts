// A page behind a name and a password.
import { sameText } from "@shared/bytes.ts";

export const verifyJwt = false;

function credentials(header: string | null): [string, string] | null {
  const [scheme, encoded] = (header ?? "").split(" ");
  if (scheme.toLowerCase() !== "basic" || !encoded) return null;
  try {
    const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(new TextDecoder().decode(Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)))) ?? [];
    return user === undefined ? null : [user, password];
  } catch {
    return null;
  }
}

export default (req: Request) => {
  const given = credentials(req.headers.get("authorization"));
  const ok = given !== null && [sameText(given[0], "ädmin"), sameText(given[1], Deno.env.get("ADMIN_PASSWORD") ?? "")].every(Boolean);
  if (!ok) return new Response("Who are you?", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="Staff", charset="UTF-8"' } });
  return new Response(`Welcome, ${given[0]}`);
};
