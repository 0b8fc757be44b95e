// Functions do not hold sockets open: who asks for one is told so.
export const verifyJwt = false;

Deno.serve((req) => {
  if (req.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("request isn't trying to upgrade to websocket.", { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(req);
  socket.onmessage = (e) => socket.send(e.data);
  return response;
});
