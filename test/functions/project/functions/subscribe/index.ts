// An ordinary HTML form, posted; the answer is a page, or the form again.
import { sql, SqlError } from "galley";

export const verifyJwt = false;
export const methods = ["GET", "POST"];

const page = (body: string, status = 200) =>
  new Response(`<!doctype html><meta charset="utf-8">${body}`, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
const form = (problem = "") =>
  page(`${problem && `<p role="alert">${problem}</p>`}<form method="post"><input name="email"><input name="name"><button>Subscribe</button></form>`, problem ? 400 : 200);

export default async (req: Request) => {
  if (req.method === "GET") return form();
  const data = await req.formData();
  const email = String(data.get("email") ?? "").trim().toLowerCase();
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) return form("That is no address.");
  if (data.get("website")) return page("<p>Thank you.</p>"); // only robots fill this in
  try {
    await sql.as("service")`insert into subscribers (email, name) values (${email}, ${String(data.get("name"))})`;
  } catch (error) {
    if (error instanceof SqlError && error.code === "23505") return form("You are on the list already.");
    throw error;
  }
  return Response.redirect(new URL("/thanks", req.url).href, 303);
};
