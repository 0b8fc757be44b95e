// What is shown to whoever is signed in and came from no app.

import { forget, mine } from "./api.js";
import { button, h, notify, page, show, t } from "./dom.js";
import { addApp, addPhone, factorName } from "./factor.js";
import { go } from "./navigate.js";
import { addPasskey, passkeys } from "./passkey.js";

const locale = navigator.languages.find((tag) => tag.startsWith(page.lang)) ?? page.lang;
const when = (text) => text && new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

// device says in a few words what a browser calls itself.
function device(agent) {
	const find = (names) => names.find(([mark]) => agent.includes(mark))?.[1];
	const browser = find([["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrom", "Chrome"], ["Safari", "Safari"]]);
	const system = find([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]]);
	return [browser, system].filter(Boolean).join(", ") || agent.slice(0, 40) || t("unknownDevice");
}

const item = (text, ...buttons) => h("li", {}, h("span", {}, text), buttons);

// remove is a button that removes something and shows the account anew.
const remove = (what, path, label = t("remove")) => button(label, async () => {
	await mine("DELETE", path);
	await account();
	notify(t("removed", { what }));
}, { "aria-label": `${label}: ${what}` });

export async function account() {
	let user, sessions, keys;
	try {
		[user, { sessions }, keys] = await Promise.all([mine("GET", "v1/user"), mine("GET", "v1/sessions"), passkeys ? mine("GET", "v1/passkeys") : []]);
	} catch (error) {
		if (!["session_not_found", "refresh_token_not_found", "session_expired", "user_not_found", "bad_jwt"].includes(error.code)) throw error;
		forget();
		return go();
	}
	const factors = (user.factors ?? []).filter((f) => f.status === "verified");
	show(t("account"), h("p", {}, t("signedInAs", { name: user.email || user.phone || t("anonymous") })),
		h("p", { class: "links" }, button(t("signout"), () => signOut("local"), { class: "main" }), (user.email || user.phone) && button(t("changePassword"), () => go("password"))),
		(factors.length > 0 || page.totp || page.sms) && [h("h2", {}, t("factors")),
			factors.length > 0 && h("ul", {}, factors.map((f) => item(factorName(f), remove(factorName(f), `v1/factors/${f.id}`)))),
			h("p", { class: "links" }, page.totp && button(t("addApp"), addApp), page.sms && button(t("addPhone"), async () => addPhone()))],
		passkeys && [h("h2", {}, t("passkeys")),
			keys.length > 0 && h("ul", {}, keys.map((k) => item([k.friendly_name || t("passkey"), when(k.last_used_at ?? k.created_at)].join(", "), remove(k.friendly_name || t("passkey"), `v1/passkeys/${k.id}`)))),
			button(t("addPasskey"), async () => {
				await addPasskey();
				await account();
				notify(t("passkeyAdded"));
			})],
		h("h2", {}, t("sessions")),
		h("ul", {}, sessions.map((s) => item([device(s.user_agent), s.ip, when(s.refreshed_at ?? s.created_at)].filter(Boolean).join(", "), s.current ? h("strong", {}, t("thisOne")) : remove(device(s.user_agent), `v1/sessions/${s.id}`, t("signout"))))),
		sessions.length > 1 && button(t("signoutOthers"), () => signOut("others")));
}

async function signOut(scope) {
	await mine("POST", `v1/logout?scope=${scope}`);
	if (scope === "others") {
		await account();
		return notify(t("othersSignedOut"));
	}
	forget();
	go();
	notify(t("signedOut"));
}
