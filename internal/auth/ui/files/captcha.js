// The CAPTCHA of a form, where the project asks for one: hCaptcha or Turnstile, whose
// scripts are used alike. Each answer is good once.

import { Problem } from "./api.js";
import { complain, h, page, t } from "./dom.js";

let loading = null; // of the script
let widget = null; // the one that is shown

const service = () => (loading ??= new Promise((done, failed) => {
	const onload = () => done(window[page.captcha.global]);
	document.head.append(h("script", { src: page.captcha.script, async: true, onload, onerror: () => {
		loading = null;
		failed(new Problem("", "captcha_loading"));
	} }));
}));

// captcha is the place of one, and takes that of the view before away.
export function captcha() {
	if (!page.captcha) return null;
	if (!page.captcha.siteKey) return h("p", { class: "note problem" }, t("captcha"));
	widget?.remove();
	const mine = { place: h("div", { class: "captcha" }), answer: "", remove() {}, reset() {} };
	widget = mine;
	service().then((api) => widget === mine && render(api, mine), complain);
	return mine.place;
}

function render(api, mine) {
	const forget = () => (mine.answer = "");
	const id = api.render(mine.place, {
		sitekey: page.captcha.siteKey,
		theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
		size: mine.place.clientWidth < 303 ? "compact" : "normal",
		callback: (answer) => (mine.answer = answer),
		"expired-callback": forget,
		"error-callback": forget,
	});
	mine.remove = () => api.remove(id);
	mine.reset = () => api.reset(id);
}

// answered adds what the CAPTCHA gave to a body, and asks for another one.
export function answered(body) {
	if (!page.captcha?.siteKey) return body;
	const captcha_token = widget?.answer;
	if (!captcha_token) throw new Problem("", "captcha_missing");
	widget.answer = "";
	widget.reset();
	return { ...body, gotrue_meta_security: { captcha_token } };
}
