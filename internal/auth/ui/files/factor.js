// The second factor: proving one, and adding one.

import { forget, mine } from "./api.js";
import { button, codeField, field, form, h, link, notify, show, t } from "./dom.js";
import { arrive, go, views } from "./navigate.js";

const digits = (code) => code.replaceAll(" ", "");

export const factorName = (f) => f.friendly_name || t(f.factor_type === "phone" ? "factorPhone" : "factorApp");

// factor asks for one of the factors of whoever signed in.
export function factor(factors, done) {
	const usable = factors.filter((f) => f.factor_type === "totp" || f.factor_type === "phone");
	const leaveIt = h("p", {}, link(t("signout"), async () => {
		await mine("POST", "v1/logout?scope=local").catch(() => {});
		forget();
		go();
	}));
	if (!usable.length) return show(t("factor"), h("p", {}, t("factorElsewhere")), leaveIt);
	if (usable.length === 1) return prove(usable[0], done, leaveIt);
	show(t("factor"), h("p", {}, t("factorWhich")), h("div", { class: "stack" }, usable.map((f) => button(factorName(f), () => prove(f, done, leaveIt)))), leaveIt);
}

// prove takes the code of a factor: an app's at once, a phone's when it was sent.
async function prove(f, done, ...more) {
	const path = `v1/factors/${f.id}`;
	let challenge = null;
	const send = async () => (challenge = await mine("POST", `${path}/challenge`, { channel: "sms" }));
	const sms = f.factor_type === "phone";
	const ready = () => show(t("factor"), h("p", {}, t(sms ? "factorSent" : "factorLead", { name: factorName(f) })), form([codeField()], t("continue"), async ({ code }) => {
		if (!challenge || !sms) challenge = await mine("POST", `${path}/challenge`, {});
		done(await mine("POST", `${path}/verify`, { challenge_id: challenge.id, code: digits(code) }));
	}), sms && h("p", {}, link(t("sendAgain"), async () => {
		await send();
		notify(t("sentAgain"));
	})), more);
	if (sms) await send();
	ready();
}

const cancel = (f) => h("p", {}, link(t("cancel"), async () => {
	await mine("DELETE", `v1/factors/${f.id}`).catch(() => {});
	await again();
}));

// again is the account after a factor was added, or was not.
async function again(tokens = null) {
	if (tokens) await arrive(tokens);
	else await views.account();
}

export async function addApp() {
	const f = await mine("POST", "v1/factors", { factor_type: "totp", friendly_name: await freeName(t("factorApp")) });
	show(t("addApp"), h("p", {}, t("addAppLead")),
		h("img", { class: "qr", alt: t("qr"), src: `data:image/svg+xml;utf8,${encodeURIComponent(f.totp.qr_code)}` }),
		h("p", {}, t("addAppSecret"), " ", h("code", {}, f.totp.secret)),
		form([codeField()], t("add"), async ({ code }) => {
			const challenge = await mine("POST", `v1/factors/${f.id}/challenge`, {});
			await again(await mine("POST", `v1/factors/${f.id}/verify`, { challenge_id: challenge.id, code: digits(code) }));
			notify(t("factorAdded"));
		}), cancel(f));
}

export function addPhone() {
	show(t("addPhone"), form([field("phone", t("phone"), { type: "tel", autocomplete: "tel", hint: t("phoneHint"), maxlength: 20 })], t("send"), async ({ phone }) => {
		const f = await mine("POST", "v1/factors", { factor_type: "phone", phone, friendly_name: await freeName(t("factorPhone")) });
		await prove(f.factor_type ? f : { ...f, factor_type: "phone" }, async (tokens) => {
			await again(tokens);
			notify(t("factorAdded"));
		}, cancel(f));
	}), h("p", {}, link(t("cancel"), () => again())));
}

// freeName is a name that no factor of the user has; one that was left half added
// makes room.
async function freeName(name) {
	const { factors = [] } = await mine("GET", "v1/user");
	const taken = new Set();
	for (const f of factors) {
		if (f.status === "verified") taken.add(f.friendly_name);
		else await mine("DELETE", `v1/factors/${f.id}`);
	}
	for (let n = 2, free = name; ; n++) {
		if (!taken.has(free)) return free;
		free = `${name} ${n}`;
	}
}
