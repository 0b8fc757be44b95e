// Types of module galley, for editors. Written by `galley functions new`.
declare module "galley" {
  /** What a statement takes as a value. Arrays become PostgreSQL's arrays, other objects JSON. */
  export type Value = string | number | bigint | boolean | null | Date | Uint8Array | ArrayBuffer | Json | readonly Value[] | { readonly [name: string]: unknown };

  /** An array of objects, one for each row. */
  export type Rows<T> = T[] & {
    /** The rows read or written. */
    readonly count: number;
    /** The first word of the command tag: "SELECT", "INSERT". */
    readonly command: string;
    readonly columns: { name: string; type: string }[];
  };

  /** A statement, which runs when it is awaited; or a part of one, in another template. */
  export interface Query<T> extends PromiseLike<Rows<T>> {
    catch<R>(rejected: (error: unknown) => R | PromiseLike<R>): Promise<Rows<T> | R>;
    finally(then: () => void): Promise<Rows<T>>;
  }
  export interface Identifier { readonly names: readonly string[] }
  export interface Json { readonly text: string }

  export interface Sql {
    /** A statement with its values bound: sql`select * from todos where id = ${id}` */
    <T = Record<string, any>>(strings: TemplateStringsArray, ...values: (Value | Query<any> | Identifier)[]): Query<T>;
    /** Identifiers, quoted: sql("name"), sql(["a", "b"]) */
    (names: string | readonly string[]): Identifier;
    /** The same, run as the caller of the function (its role and claims) or as the service role. */
    as(who: "caller" | "service"): Sql;
    /** A value as JSON, an array too. */
    json(value: unknown): Json;
    /** Fragments or values, with a separator (", ") between them. */
    join(list: readonly (Value | Query<any> | Identifier)[], separator?: string): Query<any>;
    /** A statement whose text is made elsewhere. */
    query<T = Record<string, any>>(text: string, values?: readonly Value[]): Query<T>;
    /** ("a", "b") values ($1, $2), … : insert into todos ${sql.values(rows)} */
    values(rows: Record<string, Value | undefined> | readonly Record<string, Value | undefined>[], ...columns: string[]): Query<any>;
    /** "a" = $1, "b" = $2 : update todos set ${sql.set(changes)} */
    set(row: Record<string, Value | undefined>, ...columns: string[]): Query<any>;
  }
  export const sql: Sql;

  /** What the database says is wrong. */
  export class SqlError extends Error {
    /** SQLSTATE, such as "23505". */
    code: string;
    details?: string;
    hint?: string;
    schema?: string;
    table?: string;
    column?: string;
    constraint?: string;
    /** Of the statement's text, from 1. */
    position?: number;
    /** The HTTP status that the data API would answer. */
    status?: number;
  }

  export interface TransactionOptions {
    /** Whom its statements run as; "caller" by default. */
    as?: "caller" | "service";
    readOnly?: boolean;
    /** Seconds; at most functions.transaction_timeout. */
    timeout?: number;
  }
  /** Commits when run returns, rolls back when it throws or takes too long. One at a time. */
  export function transaction<T>(run: (tx: Sql) => Promise<T> | T, options?: TransactionOptions): Promise<T>;

  export interface JobOptions {
    /** Who handles it; the queue by default. */
    kind?: string;
    /** Seconds from now. */
    delay?: number;
    runAt?: Date;
    /** 1 (first) to 9; 5 by default. */
    priority?: number;
    maxAttempts?: number;
    /** While a job of this key has not ended, another is that one. */
    uniqueKey?: string;
    /** Seconds of one attempt. */
    timeout?: number;
    /** After which no attempt begins. */
    deadline?: Date;
  }
  /** Adds a job, in the open transaction if there is one, and gives its id. */
  export function enqueue(queue: string, payload?: unknown, options?: JobOptions): Promise<number>;

  export interface Mail {
    to: string | string[];
    cc?: string | string[];
    bcc?: string | string[];
    replyTo?: string | string[];
    from?: string;
    subject?: string;
    text?: string;
    html?: string;
    /** In the place of text and html. */
    template?: string;
    language?: string | string[];
    /** What the template shows as .Data. */
    data?: Record<string, unknown>;
    /** By their names; those that make up a mail, such as Bcc, are refused. */
    headers?: Record<string, string>;
    attachments?: { name: string; type?: string; content: string | Uint8Array }[];
    /** Seconds from now. */
    delay?: number;
  }
  export const mail: {
    /** Has a mail sent, once the open transaction is committed if there is one, and gives its id. */
    send(mail: Mail): Promise<string>;
  };

  export const secrets: { get(name: string): string | undefined };

  type LogLine = (message: string, fields?: Record<string, unknown>) => void;
  /** A line of the structured log, with the request's id. */
  export const log: ((level: "debug" | "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void) & {
    debug: LogLine; info: LogLine; warn: LogLine; error: LogLine;
  };

  /** Seconds that a value is kept: 3600 by default, at most 30 days. */
  export type Ttl = number | { ttl?: number };
  /** Values shared by all functions and nodes. */
  export const cache: {
    get<T = unknown>(key: string): Promise<T | undefined>;
    set(key: string, value: unknown, ttl?: Ttl): Promise<void>;
    delete(key: string): Promise<boolean>;
    /** Adds a whole number, at once for all nodes, and gives the sum. */
    increment(key: string, by?: number, ttl?: Ttl): Promise<number>;
    /** What is kept, or else what make gives, which is kept then. */
    remember<T>(key: string, ttl: Ttl | undefined, make: () => Promise<T> | T): Promise<T>;
  };

  /** The row of a table with a unique key, or null. It may come from memory, but never from before a commit of this node; it is read as the service role, past policies. */
  export function cached<T = Record<string, any>>(table: string, key: Record<string, Value>): Promise<T | null>;

  /** How often: burst times at once, and then one more each time that per / events has passed. */
  export interface Rate {
    /** 1 to 1,000,000, and at most 1,000 a second. */
    events: number;
    /** "90s", "15m", "1h", "7d", at most 31 days; or seconds. */
    per: string | number;
    /** As many as events by default. */
    burst?: number;
  }
  /**
   * Counts one more time of what a subject (an address, an account, a key; "" is all together) does under a name, on all nodes
   * together, and tells whether it may. A name counted by another rate is another count. Not within a transaction or a hook.
   */
  export const limit: {
    (name: string, subject: string | number, rate: Rate): Promise<{ allowed: boolean; /** Seconds; 0 when it is allowed. */ retryAfter: number }>;
    /** The same, which throws a LimitError. */
    must(name: string, subject: string | number, rate: Rate): Promise<void>;
  };
  export class LimitError extends Error {
    code: "PT429";
    status: 429;
    /** Seconds. */
    retryAfter: number;
  }

  /** A QR code of a text, as SVG. The level is how much of it may be unreadable: L (7 %), M (15 %), Q (25 %), H (30 %). */
  export function qr(text: string, options?: { level?: "L" | "M" | "Q" | "H" }): string;

  export interface ChatRequest {
    model?: string;
    system?: string;
    prompt?: string;
    messages?: { role: string; content: unknown; [name: string]: unknown }[];
    maxTokens?: number;
    temperature?: number;
    topP?: number;
    seed?: number;
    stop?: string | string[];
    tools?: unknown[];
    toolChoice?: unknown;
  }
  export interface Usage { promptTokens: number; completionTokens: number; totalTokens: number }
  export interface Answer { text: string; finishReason: string; model: string; toolCalls?: any[]; usage: Usage }
  export const ai: {
    chat(request: string | (ChatRequest & { stream?: false })): Promise<Answer>;
    chat(request: ChatRequest & { stream: true }): AsyncGenerator<string, Answer>;
    /** The answer piece by piece, as it is made. */
    stream(request: string | ChatRequest): AsyncGenerator<string, Answer>;
    /** An answer that meets a JSON Schema. */
    object<T = any>(request: ChatRequest & { schema: object; name?: string }): Promise<Answer & { object: T }>;
    embed(input: string, options?: { model?: string }): Promise<{ embedding: number[]; usage: Usage }>;
    embed(input: string[], options?: { model?: string }): Promise<{ embeddings: number[][]; usage: Usage }>;
  };
  export class AiError extends Error {
    code: "over_budget" | "timeout" | "invalid_output" | "invalid_request" | "in_transaction" | "not_configured" | "too_many_calls" | "failed";
    status?: number;
    details?: string;
    hint?: string;
  }

  /** A page on which a customer pays. Amounts are in the currency's smallest unit, such as cents. */
  export interface Checkout {
    orderId: string;
    lines: { name: string; amount: number; quantity: number; description?: string }[];
    /** Off the sum of the lines. */
    discount?: number;
    /** Such as "eur". */
    currency: string;
    email?: string;
    /** Absolute; {CHECKOUT_SESSION_ID} is replaced. */
    successUrl: string;
    cancelUrl: string;
    /** Between 30 minutes and 24 hours from now. */
    expiresAt?: Date | string;
    metadata?: Record<string, string>;
    /** The same when the call is repeated. */
    idempotencyKey: string;
  }
  export interface CheckoutSession {
    id: string;
    /** null unless it is open. */
    url: string | null;
    status: "open" | "complete" | "expired";
    paymentStatus: "paid" | "unpaid" | "no_payment_required";
    paymentIntent: string | null;
    orderId: string;
    amountTotal: number;
    currency: string;
    email: string | null;
    /** Of the billing address, such as "DE". */
    country: string | null;
    /** Where the card was issued. */
    cardCountry: string | null;
    expiresAt: string;
    metadata: Record<string, string>;
  }
  export interface StripeRefund { id: string; status: string; amount: number; currency: string; paymentIntent: string }
  export interface StripeEvent<T = Record<string, any>> {
    id: string;
    type: string;
    created: string;
    /** Stripe's object, as Stripe writes it. */
    data: T;
    /** The attributes that changed, as they were. */
    previous: Record<string, any> | null;
    livemode: boolean;
  }
  /** Payments by Stripe, or by its sandbox. Not within a transaction. */
  export const stripe: {
    checkout(request: Checkout): Promise<CheckoutSession>;
    session(id: string): Promise<CheckoutSession>;
    /** Closes a page that is open. */
    expire(id: string): Promise<CheckoutSession>;
    refund(request: {
      paymentIntent: string;
      /** All that is left by default. */
      amount?: number;
      reason?: "duplicate" | "fraudulent" | "requested_by_customer";
      metadata?: Record<string, string>;
      idempotencyKey: string;
    }): Promise<StripeRefund>;
    /** Checks what came to the webhook: the body as it came, and the header Stripe-Signature. Throws a StripeError "signature". */
    event(body: string | Uint8Array, signature: string | null, options?: { /** Seconds; 300 by default. */ tolerance?: number }): StripeEvent;
    /** Whom payments go to. */
    readonly mode: "live" | "test" | "sandbox" | "off";
  };
  export class StripeError extends Error {
    code: "declined" | "invalid_request" | "idempotency" | "not_found" | "not_open" | "signature" | "unauthorized" | "rate_limited" | "unavailable" | "timeout" | "not_configured" | "failed";
    /** Stripe's own, such as "charge_already_refunded". */
    stripeCode?: string;
    status?: number;
    requestId?: string;
    /** The same call with the same key may succeed later. */
    retryable: boolean;
  }

  export interface Label { id: string; carrier: string; tracking: string; trackingUrl: string; labelUrl: string; cancelled: boolean }
  /** Labels for parcels. Not within a transaction. */
  export const shipping: {
    label(request: {
      orderId: string;
      address: { name: string; line1: string; line2?: string; city: string; postalCode: string; state?: string; country: string };
      items: { name: string; quantity: number; grams?: number }[];
      idempotencyKey: string;
    }): Promise<Label>;
    cancel(id: string): Promise<Label>;
  };
  export class ShippingError extends Error {
    code: "address" | "invalid_request" | "idempotency" | "not_found" | "unavailable" | "timeout" | "not_configured" | "failed";
    status?: number;
    retryable: boolean;
  }

  /** What a function with `export const hook` is called with, before or after a write. */
  export interface HookEvent<Row = Record<string, any>> {
    when: "before" | "after";
    operation: "insert" | "update" | "delete";
    schema: string;
    table: string;
    /** old is null of an insert, new of a delete. Before a write new may be changed. */
    rows: { old: Row | null; new: Row | null }[];
    /** Of the caller. */
    role: string;
    claims: Record<string, any> | null;
    /** Where the request came from; not there when the program itself writes. */
    remoteAddr?: { hostname: string; port: number; transport: "tcp" };
  }
}
