// A report of each weekday, written once whoever asks, in one transaction.
import { sql, transaction } from "galley";

export const path = "/reports/daily"; // beside its schedule, for who is signed in
export const schedule = { cron: "0 18 * * 1-5", timeZone: "Europe/Berlin" };

export default async (req: Request, ctx: { role: string | null }) => {
  const { day = new Date().toISOString().slice(0, 10), fail = false } = req.method === "POST" ? await req.json().catch(() => ({})) : {};
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return Response.json({ error: "day is no date" }, { status: 400 });
  try {
    const report = await transaction(async (tx) => {
      const [{ posts }] = await tx`select count(*)::int as posts from posts where published <= ${day}`;
      const made = await tx`insert into reports values (${day}, ${posts}, ${ctx.role}) on conflict do nothing returning day`;
      if (fail) throw new Error("taken back");
      return { day, posts, new: made.length === 1 };
    }, { as: "service" });
    return Response.json(report);
  } catch (error) {
    const [{ n }] = await sql.as("service")`select count(*)::int as n from reports where day = ${day}`;
    return Response.json({ error: (error as Error).message, reports: n }, { status: 500 });
  }
};
