// Node's diagnostics_channel (nodejs.org/api/diagnostics_channel.html): named channels, whose
// subscribers are called as something is published.
const channels = new Map();

export class Channel {
  #subscribers = [];
  constructor(name) { this.name = name; }
  get hasSubscribers() { return this.#subscribers.length > 0; }
  subscribe(fn) {
    if (typeof fn !== "function") throw new TypeError("a subscriber is a function");
    this.#subscribers = [...this.#subscribers, fn];
  }
  unsubscribe(fn) {
    const at = this.#subscribers.indexOf(fn);
    this.#subscribers = this.#subscribers.filter((_, i) => i !== at);
    return at >= 0;
  }
  publish(message) {
    for (const fn of this.#subscribers) {
      try {
        fn(message, this.name);
      } catch (error) {
        console.error(`a subscriber of ${String(this.name)}:`, error); // none keeps the others from it
      }
    }
  }
}

export function channel(name) {
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}
export const hasSubscribers = (name) => channels.get(name)?.hasSubscribers ?? false;
export const subscribe = (name, fn) => channel(name).subscribe(fn);
export const unsubscribe = (name, fn) => channel(name).unsubscribe(fn);
export default { channel, hasSubscribers, subscribe, unsubscribe, Channel };
