// The API of accounts, by plain fetch. What is kept: the session in this tab, and the
// secret of a sign-in that goes by a mail or a provider, which may come back in
// another tab of the same browser.

const here = new URL(location.pathname, location.href); // …/auth/ui
const sessionKey = "galley.auth.ui.session";
const verifierKey = "galley.auth.ui.verifier";

// Problem is what the server says went wrong.
export class Problem extends Error {
	constructor(message, code, seconds = 0, reasons = []) {
		super(message);
		Object.assign(this, { code, seconds, reasons });
	}
}

// call makes a request, with the session's token where there is one.
export async function call(method, path, body, session = null) {
	const headers = { "X-Supabase-Api-Version": "2024-01-01" };
	if (body !== undefined) headers["Content-Type"] = "application/json";
	if (session) headers.Authorization = `Bearer ${session.access_token}`;
	let response;
	try {
		response = await fetch(new URL(path, here), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
	} catch {
		throw new Problem("", "offline");
	}
	const answer = await response.json().catch(() => ({}));
	if (response.ok) return answer;
	const seconds = Number(response.headers.get("Retry-After")) || 0;
	throw new Problem(answer.message ?? answer.error_description ?? answer.msg ?? response.statusText, answer.code ?? answer.error, seconds, answer.weak_password?.reasons);
}

export function current() {
	try {
		return JSON.parse(sessionStorage.getItem(sessionKey));
	} catch {
		return null;
	}
}

export function keep(tokens) {
	sessionStorage.setItem(sessionKey, JSON.stringify(tokens));
	return tokens;
}

export function forget() {
	sessionStorage.removeItem(sessionKey);
}

let refreshing = null; // one refresh at a time

// fresh is the session, refreshed when its token is about to expire.
export async function fresh() {
	const session = current();
	if (!session) throw new Problem("", "session_not_found");
	if (session.expires_at > Date.now() / 1000 + 30) return session;
	refreshing ??= call("POST", "v1/token?grant_type=refresh_token", { refresh_token: session.refresh_token })
		.then(keep)
		.finally(() => (refreshing = null));
	return refreshing;
}

// mine is call with the session.
export async function mine(method, path, body) {
	return call(method, path, body, await fresh());
}

// claims are what an access token says. Nothing is decided by them that the server
// does not decide too.
export function claims(session) {
	const text = atob(session.access_token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
	return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// challenge begins a sign-in that comes back with a code (RFC 7636), and remembers
// its secret.
export async function challenge() {
	const verifier = base64url(crypto.getRandomValues(new Uint8Array(48)));
	localStorage.setItem(verifierKey, verifier);
	if (!crypto.subtle) return { code_challenge: verifier, code_challenge_method: "plain" }; // http on a local network
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
	return { code_challenge: base64url(new Uint8Array(hash)), code_challenge_method: "s256" };
}

// exchange ends it.
export function exchange(code) {
	const verifier = localStorage.getItem(verifierKey);
	if (!verifier) throw new Problem("", "other_browser");
	localStorage.removeItem(verifierKey);
	return call("POST", "v1/token?grant_type=pkce", { auth_code: code, code_verifier: verifier }).catch((error) => {
		throw error.code === "bad_code_verifier" ? new Problem("", "other_browser") : error; // a later sign-in took its place
	});
}

// comeBack is this page's URL, for a view, with what the app passed to it.
export function comeBack(view = "") {
	const to = new URL(here);
	const now = new URLSearchParams(location.search);
	for (const name of ["redirect_to", "code_challenge", "code_challenge_method", "lang"]) {
		if (now.has(name)) to.searchParams.set(name, now.get(name));
	}
	if (view) to.searchParams.set("view", view);
	return to.href;
}

// withReturn is a path whose mail leads back to this page.
export const withReturn = (path, view) => `${path}?redirect_to=${encodeURIComponent(comeBack(view))}`;
