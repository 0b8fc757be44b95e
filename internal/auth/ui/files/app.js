// Where the page begins: what the URL says, then a view.

import { account } from "./account.js";
import { call, comeBack, current, exchange, forget, fresh, Problem } from "./api.js";
import { button, complain, h, notify, page, show, t } from "./dom.js";
import { factor } from "./factor.js";
import { arrive, go, views } from "./navigate.js";
import { forgot, link, password, signin, signup } from "./signin.js";

// addressed are the views that a URL may name; the others need somebody who signed in.
const addressed = { __proto__: null, signin, signup, forgot, link, password };

Object.assign(views, addressed, { account, factor });

// again asks before a session that the page did not begin itself just now is used.
function again(session, view) {
	const name = session.user?.email || session.user?.phone || t("anonymous");
	show(t("again"), h("div", { class: "stack" }, button(t("continueAs", { name }), () => arrive(session, view), { class: "main" }), button(t("another"), () => {
		forget();
		go();
	})));
}

// begin reads what a mail or a provider led back with.
async function begin() {
	const query = new URLSearchParams(location.search);
	const fragment = new URLSearchParams(location.hash.slice(1));
	const view = query.get("view") ?? "";
	const said = query.get("error_description") ?? fragment.get("error_description");
	if (page.refused) complain(new Problem("", "redirect"));
	if (query.has("code") || said !== null || location.hash) history.replaceState(null, "", comeBack(view));
	if (said !== null) {
		signin();
		return complain(new Problem(said, query.get("error_code") ?? fragment.get("error_code")));
	}
	const message = query.get("message");
	if (message) notify(message);
	if (query.has("code")) return arrive(await exchange(query.get("code")), view);
	if (fragment.has("access_token")) { // an invitation: somebody else asked for it
		const tokens = Object.fromEntries(fragment);
		tokens.user = await call("GET", "v1/user", undefined, tokens);
		return again(tokens, ["invite", "recovery"].includes(fragment.get("type")) ? "password" : view);
	}
	if (current()) {
		const session = await fresh().catch(forget);
		if (session && view === "password") return password();
		if (session) return page.returnTo ? again(session) : account();
	}
	if (view === "password") return signin();
	return (addressed[view] ?? signin)();
}

addEventListener("popstate", () => {
	complain();
	notify();
	const view = new URLSearchParams(location.search).get("view") ?? "signin";
	if (current() && view !== "password") return account();
	(addressed[view] ?? signin)();
});

try {
	await begin();
} catch (error) {
	signin();
	complain(error);
}
