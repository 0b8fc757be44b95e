// A body that is made piece by piece.
export const verifyJwt = false;

export default () => {
  let n = 0;
  const lines = new ReadableStream<string>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (++n > 5) return controller.close();
      controller.enqueue(`line ${n}\n`);
    },
  });
  return new Response(lines.pipeThrough(new TextEncoderStream()), { headers: { "Content-Type": "text/plain; charset=utf-8" } });
};
