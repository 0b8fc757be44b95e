// The CAPTCHA of the sign-in page, with scripts in the place of the services' own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fill, heading, launch, press, problem, strong, visitor } from "./support.js";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

// stub is what a service's script makes: a button that gives an answer.
const stub = (name) => `window.${name} = { count: 0, render(place, options) {
	const button = Object.assign(document.createElement("button"), { type: "button", textContent: "I am human" });
	button.addEventListener("click", () => options.callback(options.sitekey + "-" + ++this.count));
	place.append(button);
	return this.count;
}, reset() {}, remove() {} };`;

for (const [name, script] of [["hcaptcha", "https://js.hcaptcha.com/1/api.js?*"], ["turnstile", "https://challenges.cloudflare.com/turnstile/v0/api.js?*"]]) {
	describe(name, () => {
		const server = process.env[`GALLEY_${name.toUpperCase()}`];

		// open shows the page, and keeps what it sends.
		async function open(t, scriptIs) {
			const context = await visitor(t, browser);
			const sent = [];
			await context.route(script, scriptIs);
			await context.route("**/auth/v1/**", (route) => {
				sent.push([new URL(route.request().url()).pathname.split("/").pop(), route.request().postDataJSON()]);
				return route.fulfill({ status: 400, json: { code: "captcha_failed", message: "no" } });
			});
			const page = await context.newPage();
			await page.goto(`${server}/auth/ui`);
			await heading(page);
			return { page, sent };
		}

		test("each answer goes with one request", async (t) => {
			const { page, sent } = await open(t, (route) => route.fulfill({ contentType: "text/javascript", body: stub(name) }));
			await fill(page, "E-mail address", "ada@example.org");
			await fill(page, "Password", strong);
			await press(page, "Sign in");
			await problem(page, "no robot");
			assert.deepEqual(sent, []);
			await press(page, "I am human");
			await press(page, "Sign in");
			await problem(page, "once more");
			assert.deepEqual(sent.pop(), ["token", { email: "ada@example.org", password: strong, gotrue_meta_security: { captcha_token: "key-1" } }]);
			await press(page, "Sign in");
			await problem(page, "no robot");
			for (const [way, button, path] of [["Sign up", "Sign up", "signup"], ["Forgot your password?", "Send", "recover"]]) {
				await page.goto(`${server}/auth/ui`);
				await press(page, way);
				await press(page, "I am human");
				await fill(page, "E-mail address", "ada@example.org");
				if (path === "signup") await fill(page, "New password", strong);
				await press(page, button);
				await problem(page, "once more");
				const [last, body] = sent.pop();
				assert.equal(last, path);
				assert.equal(body.gotrue_meta_security.captcha_token, "key-1");
			}
			assert.deepEqual(sent, []);
		});

		test("a script that does not come is told", async (t) => {
			const { page } = await open(t, (route) => route.abort());
			await problem(page, "cannot be loaded");
		});

		test("the policy is wider by the service's hosts alone", async (t) => {
			const { page } = await open(t, (route) => route.fulfill({ contentType: "text/javascript", body: stub(name) }));
			const policy = (await page.request.get(`${server}/auth/ui`)).headers()["content-security-policy"];
			assert.match(policy, /^default-src 'none'; script-src 'self' https/);
			assert.doesNotMatch(policy, /unsafe|data:.*script| \*[ ;]/);
		});
	});
}
