// Tokens of our own, by jose: made by POST, checked by GET.
import * as jose from "npm:jose@6";

export const verifyJwt = false;
const issuer = "urn:example:issuer";
const secret = () => new TextEncoder().encode(Deno.env.get("TOKEN_SECRET"));

async function issue(req: Request): Promise<Response> {
  const { user } = await req.json();
  const token = await new jose.SignJWT({ user })
    .setProtectedHeader({ alg: "HS256" }).setIssuer(issuer).setIssuedAt().setExpirationTime("5m").sign(secret());
  return Response.json({ token });
}

async function check(req: Request): Promise<Response> {
  const token = req.headers.get("X-Token") ?? "";
  try {
    const { payload } = await jose.jwtVerify(token, secret(), { issuer });
    return Response.json({ user: payload.user });
  } catch (error) {
    return Response.json({ error: (error as jose.errors.JOSEError).code }, { status: 401 });
  }
}

// A pair of keys is made, and what one signs the other one checks.
async function selfTest(): Promise<Response> {
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
  const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256" }).setSubject("it").sign(privateKey);
  const again = await jose.importJWK(await jose.exportJWK(publicKey), "ES256");
  const { payload, protectedHeader } = await jose.jwtVerify(token, again);
  return Response.json({ subject: payload.sub, alg: protectedHeader.alg });
}

export default (req: Request) => {
  if (new URL(req.url).searchParams.has("self")) return selfTest();
  return req.method === "POST" ? issue(req) : check(req);
};
