// How the page goes from one view to the next. The views are named here and put in by
// the page, so that each of them may lead to any other.

import { call, claims, comeBack, forget, fresh, keep } from "./api.js";
import { complain, notify, page, t } from "./dom.js";

export const views = {};

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
	if (factors.length && claims(tokens).aal === "aal1") return views.factor(factors, (stronger) => arrive(stronger, view));
	if (view === "password") {
		history.replaceState(null, "", comeBack("password"));
		return views.password();
	}
	return leave();
}

// leave gives the session to the app: by a code if it passed a challenge, else in the
// fragment, as GoTrue does. This page forgets it.
export async function leave() {
	if (!page.returnTo) {
		history.replaceState(null, "", comeBack());
		return views.account();
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
