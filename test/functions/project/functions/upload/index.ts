// Files of a form: each is told by name, type, size and checksum.
import { toHex } from "@shared/bytes.ts";

export const verifyJwt = false;
const maxSize = 1 << 20;

Deno.serve(async (req) => {
  if (!req.headers.get("content-type")?.startsWith("multipart/form-data")) return Response.json({ error: "A form with a file is expected" }, { status: 415 });
  const form = await req.formData();
  const files = form.getAll("file").filter((value): value is File => value instanceof File);
  if (files.length === 0) return Response.json({ error: "There is no file" }, { status: 400 });
  if (files.some((file) => file.size > maxSize)) return Response.json({ error: "Too large" }, { status: 413 });
  const stored = await Promise.all(files.map(async (file) => ({
    name: file.name,
    type: file.type,
    size: file.size,
    sha256: toHex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())),
  })));
  return Response.json({ title: form.get("title"), files: stored });
});
