// A mail from a contact form, sent by Galley's queue.
import { log, mail } from "galley";

const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

Deno.serve(async (req) => {
  const { to, name } = await req.json();
  if (typeof to !== "string" || !to.includes("@")) return Response.json({ error: "to is no address" }, { status: 400 });
  const id = await mail.send({
    to,
    subject: `Welcome, ${name}`,
    text: `Hello ${name}`,
    html: `<p>Hello <strong>${escape(name)}</strong></p>`,
    attachments: [{ name: "terms.txt", type: "text/plain", content: "Be kind." }],
  });
  log.info("a mail is on its way", { id });
  return Response.json({ queued: typeof id === "string" && id !== "" }, { status: 202 });
});
