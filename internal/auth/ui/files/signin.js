// The ways in: password, link or code, sign-up, a forgotten password, passkeys and
// other parties.

import { call, challenge, comeBack, current, mine, withReturn } from "./api.js";
import { button, codeField, complain, field, form, h, link as plain, notify, page, run, show, t } from "./dom.js";
import { answered, captcha } from "./captcha.js";
import { arrive, go, leave } from "./navigate.js";
import { passkeys, signInWithPasskey } from "./passkey.js";

// whom is the field that says who somebody is, by what the project allows.
function whom() {
	if (page.email && !page.phone) return field("who", t("email"), { type: "email", autocomplete: "username", maxlength: 255 });
	if (!page.email) return field("who", t("phone"), { type: "tel", autocomplete: "tel", hint: t("phoneHint"), maxlength: 20 });
	return field("who", t("emailOrPhone"), { type: "text", autocomplete: "username", hint: t("phoneHint"), maxlength: 255, spellcheck: "false", autocapitalize: "none" });
}

const named = (who) => (who.includes("@") || !page.phone ? { email: who } : { phone: who });

const newPassword = () => field("password", t("newPassword"), { type: "password", autocomplete: "new-password", hint: t("passwordHint", { n: page.minLength }), minlength: page.minLength, maxlength: 72 });

// others are the ways that need no form.
function others(...more) {
	const list = [...more, passkeys && button(t("withPasskey"), async () => arrive(await signInWithPasskey())), ...page.providers.map(provider)].filter(Boolean);
	if (!list.length) return null;
	const ways = h("div", { class: "stack" }, list);
	return page.email || page.phone ? [h("p", { class: "or" }, t("or")), ways] : ways;
}

function provider({ name, title }) {
	return button(t("withProvider", { provider: title }), async () => {
		const query = new URLSearchParams({ provider: name, redirect_to: comeBack(), ...(await challenge()) });
		location.assign(`v1/authorize?${query}`);
	});
}

export function signin() {
	const way = (page.email || page.phone) && form([whom(), field("password", t("password"), { type: "password", autocomplete: "current-password" })], t("signin"), async ({ who, password }) => {
		try {
			await arrive(await call("POST", "v1/token?grant_type=password", answered({ ...named(who), password })));
		} catch (error) {
			if (error.code !== "email_not_confirmed" && error.code !== "phone_not_confirmed") throw error;
			if (!page.captcha) await resend(who); // its answer is used up: people ask themselves
			code(who, "signup");
			complain(error);
		}
	});
	show(t("signin"), captcha(), way,
		way && page.email && h("p", {}, plain(t("forgot"), () => go("forgot"))),
		others(way && button(t("withLink"), () => go("link"))),
		page.signup && way && h("p", {}, t("noAccount"), " ", plain(t("signup"), () => go("signup"))));
}

const back = () => h("p", {}, plain(t("back"), () => go("signin")));

export function signup() {
	show(t("signup"), captcha(), form([whom(), newPassword()], t("signup"), async ({ who, password }) => {
		const { email } = named(who);
		const answer = await call("POST", withReturn("v1/signup"), answered({ ...named(who), password, ...(email && (await challenge())) }));
		if (answer.access_token) return arrive(answer);
		code(who, "signup");
	}), others(), h("p", {}, t("haveAccount"), " ", plain(t("signin"), () => go("signin"))));
}

export function link() {
	show(t("withLink"), h("p", {}, t("linkLead")), captcha(), form([whom()], t("send"), async ({ who }) => {
		await sendLink(who);
		code(who, "email");
	}), back());
}

async function sendLink(who) {
	const { email } = named(who);
	await call("POST", withReturn("v1/otp"), answered({ ...named(who), ...(email && (await challenge())) }));
}

export function forgot() {
	show(t("reset"), h("p", {}, t("resetLead")), captcha(), form([field("who", t("email"), { type: "email", autocomplete: "username", maxlength: 255 })], t("send"), async ({ who }) => {
		await recover(who);
		code(who, "recovery");
	}), back());
}

const recover = async (email) => call("POST", withReturn("v1/recover", "password"), answered({ email, ...(await challenge()) }));

async function resend(who) {
	const { email } = named(who);
	await call("POST", withReturn("v1/resend"), answered({ type: email ? "signup" : "sms", ...named(who), ...(email && (await challenge())) }));
}

// code asks for what a mail or a message said. The mail's link works as well.
function code(who, type) {
	const { email } = named(who);
	const repeat = { signup: resend, email: sendLink, recovery: recover }[type];
	show(email ? t("mailSent") : t("messageSent"), h("p", {}, t(email ? `${type}Sent` : "codeSent", { who })),
		form([codeField()], t("continue"), async ({ code }) => {
			const proof = { type: email ? type : "sms", token: code.replaceAll(" ", ""), ...named(who) };
			await arrive(await call("POST", "v1/verify", proof), type === "recovery" ? "password" : "");
		}),
		captcha(), // of sending again
		h("p", { class: "links" }, plain(t("sendAgain"), async () => {
			await repeat(who);
			notify(t("sentAgain"));
		}), plain(t("back"), () => go("signin"))));
}

// password chooses a new one. The server says what it wants to know besides.
export function password() {
	if (!current()) return signin();
	const asked = {};
	const element = form([newPassword()], t("save"), async (values) => {
		try {
			await mine("PUT", "v1/user", { password: values.password, nonce: values.nonce?.replaceAll(" ", ""), current_password: values.currentPassword });
		} catch (error) {
			await ask(element, asked, error);
			throw error;
		}
		await leave();
		notify(t("passwordSaved"));
	});
	show(t("choosePassword"), element, h("p", {}, plain(t("later"), leave)));
}

// ask adds the field for what the server wants to know.
async function ask(element, asked, error) {
	const submit = element.lastElementChild;
	if (error.code === "reauthentication_needed" && !asked.nonce) {
		await mine("GET", "v1/reauthenticate");
		asked.nonce = codeField("nonce");
		submit.before(asked.nonce);
	}
	if (error.code === "current_password_required" && !asked.current) {
		asked.current = field("currentPassword", t("currentPassword"), { type: "password", autocomplete: "current-password" });
		element.prepend(asked.current);
	}
}
