// Elements, forms and texts. Nothing here takes HTML: text is always text.

import { Problem } from "./api.js";

export const page = JSON.parse(document.getElementById("page").textContent);

// t is a text in the page's language; {name} stands for a value.
export function t(name, values = {}) {
	return (page.texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

// h makes an element. An attribute on… is a listener, false is none.
export function h(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (value === true) element.setAttribute(name, "");
		else if (value !== false && value != null) element.setAttribute(name, value);
	}
	element.append(...children.flat().filter((child) => child));
	return element;
}

const say = (id, text) => (document.getElementById(id).textContent = text);

export const notify = (text = "") => say("notice", text);

// complain shows an error in plain words: the page's own for those it knows, else
// the server's.
export function complain(error = null) {
	if (!error) return say("problem", "");
	const names = error.reasons?.length ? error.reasons.map((reason) => `error.weak.${reason}`) : [`error.${error.code ?? error.name}`];
	const known = names.filter((name) => page.texts[name]).map((name) => t(name, { n: page.minLength, seconds: error.seconds }));
	say("problem", known.join(" ") || (error instanceof Problem && error.message) || t("error.unknown"));
	if (!known.length && !(error instanceof Problem)) console.error(error); // a mistake of this page
}

// field is a labelled input. Its value is form.elements[name].
export function field(name, label, { hint, ...attributes } = {}) {
	const described = ["problem", hint && `${name}-hint`].filter(Boolean).join(" ");
	const input = h("input", { id: name, name, required: true, "aria-describedby": described, ...attributes });
	return h("div", { class: "field" }, h("label", { for: name }, label), attributes.type === "password" ? secret(input) : input, hint && h("p", { id: `${name}-hint`, class: "hint" }, hint));
}

// secret lets people see what they type.
function secret(input) {
	const toggle = h("button", { type: "button", "aria-pressed": "false", "aria-controls": input.id, "aria-label": t("showPassword"), onclick: () => {
		const shown = input.type === "text";
		input.type = shown ? "password" : "text";
		toggle.setAttribute("aria-pressed", String(!shown));
	} }, t("show"));
	return h("div", { class: "secret" }, input, toggle);
}

export const codeField = (name = "code", label = t("code")) =>
	field(name, label, { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]{4,20}", title: t("codeTitle"), maxlength: 20, spellcheck: "false" });

// form runs an action with the values of its fields. While one runs, it starts no
// second.
export function form(fields, label, action) {
	const button = h("button", { class: "main" }, label);
	const element = h("form", { method: "post", onsubmit: (event) => {
		event.preventDefault();
		const values = Object.fromEntries([...new FormData(element)].map(([name, value]) => [name, /password/i.test(name) ? value : value.trim()]));
		run(button, async () => {
			try {
				await action(values, element);
			} catch (error) {
				element.querySelector("input")?.focus();
				throw error;
			}
		});
	} }, fields, button);
	return element;
}

// run does what a button stands for.
export async function run(button, action) {
	if (button.getAttribute("aria-busy") === "true") return;
	button.setAttribute("aria-busy", "true");
	complain();
	try {
		await action();
	} catch (error) {
		complain(error);
	} finally {
		button.removeAttribute("aria-busy");
	}
}

// button is one that runs an action.
export function button(label, action, attributes = {}) {
	const element = h("button", { type: "button", ...attributes, onclick: () => run(element, action) }, label);
	return element;
}

export const link = (label, action) => button(label, action, { class: "plain" });

// show fills the page with a view and moves to its heading, so that whoever hears the
// page is told.
export function show(title, ...children) {
	const heading = h("h1", { tabindex: "-1" }, title);
	document.title = page.title ? `${title} · ${page.title}` : title;
	document.getElementById("view").replaceChildren(heading, ...children.flat().filter((child) => child));
	heading.focus();
}
