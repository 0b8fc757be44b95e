// A proxy to an OpenAI-compatible endpoint: the key stays here, and the text of its
// stream goes on as it comes.
export const verifyJwt = false;

function textOfEvents(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const events = (rest + chunk).split("\n\n");
      rest = events.pop()!;
      for (const event of events) {
        const data = event.replace(/^data: /, "");
        if (data === "[DONE]") return controller.terminate();
        controller.enqueue(JSON.parse(data).choices[0].delta.content ?? "");
      }
    },
  });
}

Deno.serve(async (req) => {
  const { prompt } = await req.json();
  const upstream = await fetch(`${Deno.env.get("OPENAI_BASE_URL")}/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${Deno.env.get("OPENAI_API_KEY")}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "small", stream: true, messages: [{ role: "user", content: prompt }] }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!upstream.ok) return Response.json({ error: `upstream: ${upstream.status}` }, { status: 502 });
  const text = upstream.body!.pipeThrough(new TextDecoderStream()).pipeThrough(textOfEvents()).pipeThrough(new TextEncoderStream());
  return new Response(text, { headers: { "Content-Type": "text/plain; charset=utf-8" } });
});
