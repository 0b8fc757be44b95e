// Where the page begins: what the URL says, then a view.

import { call, claims, comeBack, current, exchange, forget, fresh, keep, Problem } from "./api.js";
import { account } from "./account.js";
import { button, complain, h, notify, page, show, t } from "./dom.js";
import { factor } from "./factor.js";
import { forgot, link, password, signin, signup } from "./signin.js";

const views = { signin, signup, forgot, link, password };

// go shows a view, which the URL names, so that the browser's buttons work.
export function go(name = "signin") {
	complain();
	notify();
	history.pushState(null, "", comeBack(name === "signin" ? "" : name));
	views[name]();
}

// arrive is what follows every sign-in: the second factor, a new password, the app.
export async function arrive(tokens, view = "") {
	keep(tokens);
	const factors = (tokens.user.factors ?? []).filter((f) => f.status === "verified");
	if (factors.length && claims(tokens).aal === "aal1") return factor(factors, (stronger) => arrive(stronger, view));
	if (view === "password") {
		history.replaceState(null, "", comeBack("password"));
		return password();
	}
	return leave();
}

// leave gives the session to the app: by a code if it passed a challenge, else in the
// fragment, as GoTrue does. This page forgets it.
export async function leave() {
	if (!page.returnTo) {
		history.replaceState(null, "", comeBack());
		return account();
	}
	const asked = new URLSearchParams(location.search);
	const session = await fresh();
	let to;
	if (asked.has("code_challenge")) {
		const answer = await call("POST", "ui/code", { redirect_to: page.returnTo, code_challenge: asked.get("code_challenge"), code_challenge_method: asked.get("code_challenge_method") ?? "plain" }, session);
		to = answer.url;
	} else {
		const { access_token, refresh_token, expires_in, expires_at, token_type } = session;
		to = `${page.returnTo.split("#")[0]}#${new URLSearchParams({ access_token, expires_at, expires_in, refresh_token, token_type, type: "signin" })}`;
	}
	forget();
	notify(t("leaving"));
	location.replace(to);
}

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
		views.signin();
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
	if (view === "password") return views.signin();
	return (views[view] ?? signin)();
}

addEventListener("popstate", () => {
	complain();
	notify();
	const view = new URLSearchParams(location.search).get("view") ?? "signin";
	if (current() && view !== "password") return account();
	(views[view] ?? signin)();
});

try {
	await begin();
} catch (error) {
	signin();
	complain(error);
}
