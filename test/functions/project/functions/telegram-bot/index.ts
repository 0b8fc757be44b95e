// A bot of Telegram: the answer to the webhook is the method that the bot calls.
import { sameText } from "@shared/bytes.ts";

export const verifyJwt = false;

type Update = { message?: { chat: { id: number }; from?: { first_name: string }; text?: string } };
const commands: Record<string, (rest: string, name: string) => string> = {
  "/start": (_, name) => `Welcome, ${name}!`,
  "/echo": (rest) => rest || "Say something.",
  "/roll": (rest) => {
    const sides = Number(rest || 6);
    return Number.isInteger(sides) && sides > 1 ? `1 to ${sides}` : "That is no die.";
  },
};

Deno.serve(async (req) => {
  if (!sameText(req.headers.get("X-Telegram-Bot-Api-Secret-Token") ?? "", Deno.env.get("TELEGRAM_SECRET") ?? "")) {
    return new Response("not allowed", { status: 405 });
  }
  const { message }: Update = await req.json();
  if (!message?.text) return new Response();
  const [command, ...rest] = message.text.split(" ");
  const answer = commands[command.replace(/@\w+$/, "")] ?? (() => "I do not know that.");
  return Response.json({ method: "sendMessage", chat_id: message.chat.id, text: answer(rest.join(" "), message.from?.first_name ?? "you") });
});
