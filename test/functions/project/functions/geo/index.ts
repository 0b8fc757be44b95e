// Where a visitor is, as far as the proxy in front says, and what language they read.
export const verifyJwt = false;

const greetings: Record<string, string> = { en: "Hello", de: "Guten Tag", fr: "Bonjour" };

// The languages of Accept-Language by their weight (RFC 9110, 12.5.4).
const languages = (header: string) =>
  header.split(",").map((part) => {
    const [tag, ...rest] = part.trim().split(";");
    const q = rest.map((p) => p.trim()).find((p) => p.startsWith("q="));
    return { tag: tag.toLowerCase(), q: q ? Number(q.slice(2)) : 1 };
  }).filter(({ tag, q }) => tag && q > 0).sort((a, b) => b.q - a.q);

export default (req: Request) => {
  const language = languages(req.headers.get("accept-language") ?? "").map(({ tag }) => tag.split("-")[0]).find((tag) => tag in greetings) ?? "en";
  return Response.json({
    ip: req.headers.get("x-forwarded-for")?.split(",")[0].trim() ?? null,
    country: req.headers.get("cf-ipcountry") ?? "unknown",
    greeting: greetings[language],
  }, { headers: { Vary: "Accept-Language", "Content-Language": language } });
};
