// Who sees, reads or types differently.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { api, app, fill, heading, inspect, launch, member, open, press, problem, server, signIn, somebody, strong, visitor } from "./support.js";

describe("access", { concurrency: 3 }, () => {
	let browser;
	before(async () => (browser = await launch()));
	after(() => browser.close());

	test("every view is accessible, in light and dark, on a narrow screen", async (t) => {
		const context = await visitor(t, browser, { bypassCSP: true });
		for (const view of ["signin", "signup", "forgot", "link"]) {
			await inspect(await open(context, { view }), view);
		}
		const page = await open(context, { redirect_to: "https://evil.example/" });
		await inspect(page, "problem");
		await press(page, "Sign in with a link or code");
		await fill(page, "E-mail address or phone number", somebody());
		await press(page, "Send");
		await heading(page, "Check your mail");
		await inspect(page, "code");
		await press(page, "Back to sign-in");
		await signIn(page, await member());
		await heading(page, "Your account");
		await inspect(page, "account");
		await press(page, "Add an authenticator app");
		await heading(page, "Add an authenticator app");
		await inspect(page, "totp");
		await press(page, "Cancel");
		await press(page, "Change password");
		await heading(page, "Choose a new password");
		await inspect(page, "password");
		await page.goto(`${server}/auth/ui?redirect_to=${encodeURIComponent(app)}`);
		await heading(page, "Welcome back");
		await inspect(page, "again");
	});

	test("a keyboard is enough", async (t) => {
		const page = await open(await visitor(t, browser));
		const email = await member();
		const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent);
		assert.equal(await focused(), "Sign in"); // the heading, for whoever hears the page
		const order = [];
		for (let i = 0; i < 9; i++) {
			await page.keyboard.press("Tab");
			order.push(await focused());
			const seen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
			assert.equal(seen, "solid", order.at(-1));
		}
		assert.deepEqual(order, ["E-mail address or phone number", "Password", "Show password", "Sign in", "Forgot your password?", "Sign in with a link or code", "Sign in with a passkey", "Continue with GitHub", "Sign up"]);
		await page.keyboard.press("Enter");
		await heading(page, "Sign up");
		assert.equal(await focused(), "Sign up");
		await page.goBack();
		await heading(page, "Sign in");
		await page.keyboard.press("Tab");
		await page.keyboard.type(email);
		await page.keyboard.press("Tab");
		await page.keyboard.type("wrong password");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Space");
		assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("type"), "text");
		await page.keyboard.press("Shift+Tab");
		await page.keyboard.press("Enter");
		await problem(page, "The address or the password is wrong.");
		await page.keyboard.press("Tab");
		await page.keyboard.press("ControlOrMeta+A");
		await page.keyboard.type(strong);
		await page.keyboard.press("Enter");
		await heading(page, "Your account");
		assert.equal(await focused(), "Your account");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.getByText("You are signed out.").waitFor();
	});

	test("German, by the browser's languages", async (t) => {
		const page = await open(await visitor(t, browser, { locale: "de-AT" }));
		assert.equal(await heading(page), "Anmelden");
		assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
		await fill(page, "E-Mail-Adresse oder Telefonnummer", "nobody@example.org");
		await fill(page, "Passwort", "falsch");
		await press(page, "Anmelden");
		await problem(page, "Die Adresse oder das Passwort ist falsch.");
	});

	test("the page is the same for nobody who frames or scripts it", async (t) => {
		const page = await open(await visitor(t, browser));
		const response = await page.reload();
		const headers = response.headers();
		assert.match(headers["content-security-policy"], /script-src 'self'; .*form-action 'none'; .*frame-ancestors 'none'/);
		assert.equal(headers["cache-control"], "no-store");
		const settings = await api("GET", "settings");
		assert.equal(settings.external.github, true); // what is shown is what the API says
		assert.equal(settings.external.google, false);
		assert.equal(await page.getByRole("button", { name: /Google/ }).count(), 0);
	});
});
