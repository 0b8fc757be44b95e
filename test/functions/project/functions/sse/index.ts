// Server-sent events, until three are told.
export const verifyJwt = false;

async function* ticks() {
  for (let id = 1; id <= 3; id++) {
    yield { id, event: "tick", data: JSON.stringify({ n: id * id }) };
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

Deno.serve((req) => {
  if (req.headers.get("Accept") !== "text/event-stream") return new Response("Events only", { status: 406 });
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      for await (const tick of ticks()) {
        const text = Object.entries(tick).map(([name, value]) => `${name}: ${value}\n`).join("");
        controller.enqueue(encoder.encode(text + "\n"));
      }
      controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" } });
});
