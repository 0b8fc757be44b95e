// Shows /openapi.json, or with ?of=admin that of /admin/v1: the operations, their parameters and schemas, and a form to
// try them. Text is only ever set as text, never as markup: names and comments come
// from the database.

const source = new URLSearchParams(location.search).get("of") === "admin" ? "/admin/v1/openapi.json" : "/openapi.json";
const methods = ["get", "post", "put", "patch", "delete"];
const at = (id) => document.getElementById(id);
let doc = null;
let operations = [];

// make builds an element: make("p", {class: "soft"}, "text", child, …).
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined));
  return node;
}

// resolve follows a reference within the document.
function resolve(value) {
  for (let i = 0; value?.$ref && i < 20; i++) {
    value = value.$ref.slice(2).split("/").reduce((v, k) => v?.[k.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
  }
  return value ?? {};
}

// credentials are the headers of a key, which is kept for this tab only.
function credentials() {
  const key = at("key").value.trim();
  return key === "" ? {} : { apikey: key, Authorization: "Bearer " + key };
}

async function load() {
  const main = at("main");
  try {
    const response = await fetch(source, { headers: credentials() });
    const body = await response.json();
    if (!response.ok) throw new Error(body.message ?? response.statusText);
    doc = body;
  } catch (err) {
    main.replaceChildren(make("p", { role: "alert" }, "The document cannot be read: " + err.message));
    return;
  }
  operations = Object.entries(doc.paths).flatMap(([path, item]) =>
    methods.filter((m) => item[m]).map((method) => ({ path, method, ...item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolve) })));
  at("title").textContent = doc.info.title + " API";
  menu();
  route();
}

function menu() {
  const asked = at("search").value.toLowerCase();
  const found = operations.filter((o) => (o.path + " " + o.method + " " + o.summary).toLowerCase().includes(asked));
  at("menu").replaceChildren(...doc.tags.flatMap((tag) => {
    const list = found.filter((o) => o.tags[0] === tag.name);
    if (list.length === 0) return [];
    return [make("h2", { title: tag.description }, tag.name), ...list.map((o) =>
      make("a", { href: "#" + o.operationId, "aria-current": location.hash === "#" + o.operationId ? "page" : undefined },
        badge(o.method), make("span", {}, readable(o.path))))];
  }));
}

const badge = (method) => make("span", { class: "method " + method }, method);

function readable(path) {
  try { return decodeURIComponent(path); } catch { return path; }
}

function route() {
  if (!doc) return;
  const chosen = operations.find((o) => "#" + o.operationId === location.hash);
  at("main").replaceChildren(...(chosen ? operation(chosen) : overview()));
  at("main").scrollTop = 0;
  menu();
}

function overview() {
  return [
    make("p", {}, doc.info.description.replaceAll("`", "")),
    make("h3", {}, "Access"),
    rows(["Header", "Scheme", "Meaning"], Object.entries(doc.components.securitySchemes).map(([name, s]) =>
      [s.type === "apiKey" ? s.name : "Authorization: Bearer", name, s.description])),
    make("h3", {}, "Contents"),
    rows(["Name", "Operations", "Meaning"], doc.tags.map((t) => [t.name, String(operations.filter((o) => o.tags[0] === t.name).length), t.description])),
  ];
}

function rows(head, body) {
  return make("table", {}, make("thead", {}, make("tr", {}, head.map((h) => make("th", {}, h)))),
    make("tbody", {}, body.map((cells) => make("tr", {}, cells.map((c) => make("td", {}, c ?? ""))))));
}

function operation(o) {
  const out = [make("h2", { class: "path" }, badge(o.method), " ", readable(o.path)), make("p", {}, o.summary + ". " + (o.description ?? ""))];
  if (o.parameters.length) {
    out.push(make("h3", {}, "Parameters"), rows(["Name", "In, type", "Meaning"], o.parameters.map((p) =>
      [make("span", {}, p.name, p.required ? required() : null), p.in + ", " + typeOf(p.schema), p.description])));
  }
  if (o.requestBody) out.push(make("h3", {}, "Body"), ...bodies(o.requestBody.content));
  out.push(make("h3", {}, "Responses"), ...Object.entries(o.responses).map(([status, r]) => response(status, resolve(r))));
  return [...out, make("h3", {}, "Try it"), attempt(o)];
}

const required = () => make("span", { class: "need" }, " required");

function response(status, r) {
  return make("details", { open: status.startsWith("2") }, make("summary", {}, make("code", {}, status), " " + r.description), ...bodies(r.content ?? {}));
}

function bodies(content) {
  return Object.entries(content).map(([media, m]) => make("div", {}, make("p", { class: "soft" }, make("code", {}, media), " " + typeOf(m.schema)), fields(m.schema)));
}

// fields is a table of an object's members, also of a list's items.
function fields(schema, depth = 0) {
  const s = resolve(schema);
  const choice = s.oneOf ?? s.anyOf;
  if (choice) return fields(choice[0], depth);
  if (s.items) return fields(s.items, depth);
  if (!s.properties || depth > 3) return null;
  const table = rows(["Member", "Type", "Meaning"], Object.entries(s.properties).map(([name, p]) =>
    [make("span", {}, name, s.required?.includes(name) ? required() : null), typeOf(p), about(resolve(p))]));
  const lines = [...table.tBodies[0].rows];
  Object.values(s.properties).forEach((p, i) => { // members of members stand below, across the table
    const inner = fields(p, depth + 1);
    if (inner) lines[i].after(make("tr", {}, make("td", { colspan: "3", class: "inner" }, inner)));
  });
  return table;
}

function about(p) {
  return [p.description, p.enum && "One of " + p.enum.map((v) => JSON.stringify(v)).join(", ") + ".",
    p.default !== undefined && "Default " + JSON.stringify(p.default) + ".", p.readOnly && "Read only.", p.maxLength && "At most " + p.maxLength + " characters."].filter(Boolean).join(" ");
}

function typeOf(schema) {
  const s = resolve(schema);
  if (s.oneOf || s.anyOf) return (s.oneOf ?? s.anyOf).map(typeOf).join(" or ");
  const list = [s.type ?? "any"].flat();
  const name = schema?.$ref?.split("/").pop();
  const text = list.map((t) => (t === "array" && s.items ? "list of " + typeOf(s.items) : t === "object" && name ? name : t)).join(" or ");
  return s["x-postgres-type"] && s["x-postgres-type"] !== text ? text + " (" + s["x-postgres-type"] + ")" : s.format ? text + " (" + s.format + ")" : text;
}

// example is a body to start from.
function example(schema, depth = 0) {
  const s = resolve(schema);
  if (s.default !== undefined) return s.default;
  if (s.oneOf || s.anyOf) return example((s.oneOf ?? s.anyOf)[0], depth);
  if (s.enum) return s.enum[0];
  switch ([s.type].flat()[0]) {
    case "object": {
      const names = Object.keys(s.properties ?? {});
      const chosen = s.required?.length ? s.required : names.filter((n) => !resolve(s.properties[n])["x-primary-key"]);
      return depth > 3 ? {} : Object.fromEntries(chosen.map((n) => [n, example(s.properties[n], depth + 1)]));
    }
    case "array": return [];
    case "integer": case "number": return 1;
    case "boolean": return true;
    case "string": return s.format === "date-time" ? new Date().toISOString() : s.format === "date" ? new Date().toISOString().slice(0, 10) : "text";
  }
  return null;
}

// attempt is the form that sends a request and shows what comes back.
function attempt(o) {
  const inputs = o.parameters.map((p) => ({ p, input: make("input", { "aria-label": p.name, required: p.required === true, placeholder: p.in, autocomplete: "off" }) }));
  const schema = o.requestBody?.content["application/json"]?.schema;
  const body = schema ? make("textarea", { "aria-label": "Body", spellcheck: "false" }) : null;
  if (body) body.value = JSON.stringify(example(schema), null, 2);
  const result = make("div", { "aria-live": "polite" });
  const form = make("form", { id: "try" }, inputs.map(({ p, input }) => make("div", { class: "field" }, make("label", {}, p.name), input)), body, make("p", {}, make("button", {}, "Send")), result);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { url, headers } = target(o, inputs);
    result.replaceChildren(make("p", { class: "soft" }, "Sending …"));
    try {
      const answer = await fetch(url, { method: o.method.toUpperCase(), headers: body ? { ...headers, "Content-Type": "application/json" } : headers, body: body?.value });
      result.replaceChildren(...await shown(answer, o.method, url));
    } catch (err) {
      result.replaceChildren(make("p", { role: "alert" }, "The request failed: " + err.message));
    }
  });
  return form;
}

function target(o, inputs) {
  let path = o.path;
  const query = new URLSearchParams();
  const headers = credentials();
  for (const { p, input } of inputs) {
    if (p.in === "path") path = path.replace("{" + p.name + "}", encodeURIComponent(input.value));
    else if (input.value !== "" && p.in === "query") query.append(p.name, input.value);
    else if (input.value !== "" && p.in === "header") headers[p.name] = input.value;
  }
  return { url: path + (query.size ? "?" + query : ""), headers };
}

const limit = 200000;

async function shown(answer, method, url) {
  let text = await answer.text();
  try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
  if (text.length > limit) text = text.slice(0, limit) + "\n…";
  const headers = ["content-type", "content-range", "etag", "location"].filter((h) => answer.headers.get(h)).map((h) => h + ": " + answer.headers.get(h));
  return [make("p", {}, make("code", {}, method.toUpperCase() + " " + url)), make("p", {}, make("strong", {}, answer.status + " " + answer.statusText), make("span", { class: "soft" }, " " + headers.join(", "))), text ? make("pre", {}, text) : null].filter(Boolean);
}

at("key").value = sessionStorage.getItem("galley.docs.key") ?? "";
at("access").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("galley.docs.key", at("key").value.trim());
  load();
});
at("search").addEventListener("input", () => doc && menu());
addEventListener("hashchange", route);
load();
