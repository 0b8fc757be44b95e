import os, { EOL, platform } from "node:os";
import tty from "node:tty";
import * as streams from "node:stream/web";
import { performance as clock } from "node:perf_hooks";
import channels, { channel, subscribe, unsubscribe, hasSubscribers } from "node:diagnostics_channel";
export default async () => {
  const out = [];
  out.push(EOL, platform(), os.type(), typeof os.hostname(), typeof os.release(), os.endianness(), Array.isArray(os.cpus()), typeof os.constants.signals, os.tmpdir(), os.devNull);
  out.push(tty.isatty(99), typeof tty.ReadStream, typeof tty.WriteStream);
  for (const [name, value] of Object.entries(streams)) {
    if (name !== "default") out.push([name, value === globalThis[name], streams.default[name] === value]);
  }
  out.push(clock === globalThis.performance, typeof clock.now());

  const c = channel("a"), got = [];
  const first = (message, name) => got.push(["first", message, name]);
  out.push(channels.channel("a") === c, c.name, c.hasSubscribers, hasSubscribers("a"), hasSubscribers("none"));
  c.publish("nobody");
  c.subscribe(first);
  subscribe("a", (message) => got.push(["second", message]));
  out.push(c.hasSubscribers, hasSubscribers("a"));
  c.publish({ n: 1 });
  out.push(unsubscribe("a", first), unsubscribe("a", first));
  channel("a").publish("last");
  out.push(got);
  try { c.subscribe("no function"); } catch (error) { out.push(error.name); }
  return out;
};
