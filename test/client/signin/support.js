// What the tests share: one browser, the development inbox, an authenticator app.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const server = process.env.GALLEY_URL;
const key = process.env.GALLEY_SERVICE_ROLE;
const pictures = process.env.GALLEY_TEST_PICTURES; // a folder to look at
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const strong = "tangible-otter-42-umbrella";
export const app = "https://app.example.org/welcome?x=1";

export const launch = () =>
	chromium.launch({
		executablePath: process.env.CHROMIUM,
		args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
	});

// visitor is somebody with a browser of their own. Whatever the page's policy stops,
// or its modules throw, fails the test.
export async function visitor(t, browser, options = {}) {
	const context = await browser.newContext({ locale: "en-GB", viewport: { width: 900, height: 900 }, ...options });
	context.setDefaultTimeout(45_000);
	const wrong = [];
	context.on("weberror", (e) => wrong.push(e.error()));
	context.on("console", (m) => m.type() === "error" && !m.text().startsWith("Failed to load resource") && wrong.push(m.text()));
	await context.route("https://app.example.org/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>The app</title>" }));
	t.after(async () => {
		await context.close();
		assert.deepEqual(wrong, []);
	});
	return context;
}

// open shows the page.
export async function open(context, query = {}) {
	const page = await context.newPage();
	await page.goto(`${server}/auth/ui?${new URLSearchParams(query)}`);
	await heading(page);
	return page;
}

// heading waits for a view, and returns its title.
export async function heading(page, text) {
	const h1 = page.locator("h1", text ? { hasText: text } : {});
	await h1.waitFor();
	return h1.textContent();
}

export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
export const fill = (page, label, text) => page.getByLabel(label, { exact: true }).fill(text);

export async function problem(page, pattern) {
	await page.getByRole("alert").filter({ hasText: pattern }).waitFor();
}

let people = 0;
export const somebody = () => `person-${++people}-${Date.now()}@example.org`;

// message is the newest one to an address or number that came after another.
export async function message(to, after = 0) {
	for (const until = Date.now() + 45_000; Date.now() < until; await new Promise((done) => setTimeout(done, 50))) {
		const response = await fetch(`${server}/dev/inbox.json?${new URLSearchParams({ to, after })}`, { headers: { Authorization: `Bearer ${key}` } });
		assert.equal(response.status, 200);
		const [newest] = (await response.json()).messages;
		if (newest) {
			const text = newest.text.replace(/https?:\/\/\S+/g, "");
			return { id: newest.id, code: text.match(/\b\d{6}\b/)[0], link: newest.text.match(/https?:\/\/\S+\/verify\S+/)?.[0] };
		}
	}
	throw new Error(`no message to ${to}`);
}

// api asks the API of accounts.
export async function api(method, path, body, bearer) {
	const response = await fetch(`${server}/auth/v1/${path}`, {
		method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...(bearer && { Authorization: `Bearer ${bearer}` }) },
	});
	return { status: response.status, ...(await response.json().catch(() => ({}))) };
}

// member is the address of somebody with an account.
export async function member() {
	const email = somebody();
	await api("POST", "signup", { email, password: strong });
	const { code } = await message(email);
	assert.equal((await api("POST", "verify", { type: "signup", email, token: code })).status, 200);
	return email;
}

// signIn does it with a password.
export async function signIn(page, email, password = strong) {
	await fill(page, "E-mail address or phone number", email);
	await fill(page, "Password", password);
	await press(page, "Sign in");
}

// totp is the code that an authenticator app shows (RFC 6238), steps from now.
export function totp(secret, steps = 0) {
	const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const bytes = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
	const mac = createHmac("sha1", bytes).update(counter).digest();
	return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

// inspect holds a view against axe-core's rules and a narrow screen, in light and in
// dark, and takes its pictures. The page was opened without its policy, for axe.
export async function inspect(page, name) {
	const size = page.viewportSize();
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await page.evaluate(`window.axe || (() => { ${axe} })()`);
		const runOnly = colorScheme === "light" ? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] : { type: "rule", values: ["color-contrast"] };
		const { violations, passes } = await page.evaluate((runOnly) => window.axe.run({ runOnly }), runOnly);
		assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], `${name}, ${colorScheme}`);
		assert.ok(passes.length > 0);
		for (const width of [size.width, 320]) {
			await page.setViewportSize({ width, height: 800 });
			const wide = await page.evaluate(() => document.documentElement.scrollWidth);
			assert.ok(wide <= width, `${name}: ${wide} px on a screen of ${width}`);
			if (pictures) await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
		}
		await page.setViewportSize(size);
	}
}
