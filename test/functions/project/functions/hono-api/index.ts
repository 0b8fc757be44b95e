// A whole API behind one function, by Hono's router.
import { Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { createMiddleware } from "hono/factory";

export const verifyJwt = false;

type Task = { id: number; title: string };
const app = new Hono<{ Variables: { began: string } }>().basePath("/hono-api");
const tasks = new Map<number, Task>([[1, { id: 1, title: "Read" }], [2, { id: 2, title: "Write" }]]);

app.use("*", cors({ origin: "https://app.example.com" }));
app.use("*", createMiddleware(async (c, next) => {
  c.set("began", "before");
  await next();
  c.header("X-Served-By", "hono");
}));

app.get("/tasks", (c) => c.json([...tasks.values()]));
app.get("/tasks/:id{[0-9]+}", (c) => {
  const task = tasks.get(Number(c.req.param("id")));
  if (!task) throw new HTTPException(404, { message: "No such task" });
  return c.json(task);
});
app.post("/tasks", async (c) => {
  const { title } = await c.req.json<{ title: string }>();
  return c.json({ id: 3, title }, 201);
});
app.get("/search", (c) => c.text(`${c.req.query("q")} ${c.req.queries("tag")?.join("+")} ${c.get("began")}`));
app.get("/fail", () => { throw new Error("on purpose"); });
app.onError((error, c) => error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500));
app.notFound((c) => c.json({ error: "Not found" }, 404));

export default app;
