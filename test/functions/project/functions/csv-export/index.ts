// A table as CSV (RFC 4180), to be saved as a file.
import { sql } from "galley";

const field = (value: unknown) => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export default async () => {
  const rows = await sql`select slug, title, body, published::text from posts order by published`;
  const lines = [rows.columns.map((column) => column.name), ...rows.map((row) => Object.values(row))];
  return new Response(lines.map((line) => line.map(field).join(",") + "\r\n").join(""), {
    headers: { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="posts.csv"' },
  });
};
