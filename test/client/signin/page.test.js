// The ways in and out, as people go them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { api, app, fill, heading, launch, member, message, open, press, problem, server, signIn, somebody, strong, totp, visitor } from "./support.js";

describe("people", { concurrency: 3 }, () => {
	let browser;
	before(async () => (browser = await launch()));
	after(() => browser.close());

	test("signing up by the mail's link, and out", async (t) => {
		const context = await visitor(t, browser);
		const page = await open(context);
		const email = somebody();
		await press(page, "Sign up");
		await heading(page, "Sign up");
		assert.equal(new URL(page.url()).searchParams.get("view"), "signup");
		await fill(page, "E-mail address or phone number", email);
		await fill(page, "New password", "password1");
		await press(page, "Sign up");
		await problem(page, /known or easy to guess/);
		await fill(page, "New password", strong);
		await press(page, "Sign up");
		await heading(page, "Check your mail");
		const { link } = await message(email);
		const tab = await context.newPage(); // as mail programs do
		await tab.goto(link);
		await heading(tab, "Your account");
		await tab.getByText(`You are signed in as ${email}.`).waitFor();
		assert.equal(tab.url(), `${server}/auth/ui`); // no code stays in the URL
		assert.equal(await tab.getByText("this browser").count(), 1);
		await tab.reload();
		await heading(tab, "Your account");
		await press(tab, "Sign out");
		await tab.getByText("You are signed out.").waitFor();
		assert.equal(await tab.evaluate(() => sessionStorage.length), 0);
	});

	test("the link in another browser confirms, and says what to do", async (t) => {
		const page = await open(await visitor(t, browser), { view: "signup" });
		const email = somebody();
		await fill(page, "E-mail address or phone number", email);
		await fill(page, "New password", strong);
		await press(page, "Sign up");
		await heading(page, "Check your mail");
		const other = await (await visitor(t, browser)).newPage();
		await other.goto((await message(email)).link);
		await problem(other, /another browser/);
		await signIn(other, email);
		await heading(other, "Your account");
	});

	test("signing up by code; a wrong one", async (t) => {
		const page = await open(await visitor(t, browser), { view: "signup" });
		const email = somebody();
		await fill(page, "E-mail address or phone number", email);
		await fill(page, "New password", strong);
		await press(page, "Sign up");
		await heading(page, "Check your mail");
		const first = await message(email);
		await fill(page, "Code", first.code === "000000" ? "000001" : "000000");
		await press(page, "Continue");
		await problem(page, /code or the link is wrong/);
		await press(page, "Send again");
		await page.getByText("Sent once more").waitFor();
		const second = await message(email, first.id);
		await fill(page, "Code", second.code.replace(/(...)/, "$1 "));
		await press(page, "Continue");
		await heading(page, "Your account");
	});

	test("a wrong password, and an address that is not confirmed", async (t) => {
		const page = await open(await visitor(t, browser));
		const email = await member();
		await signIn(page, email, "not the password");
		await problem(page, "The address or the password is wrong.");
		assert.equal(await page.evaluate(() => document.activeElement.id), "who");
		await signIn(page, "nobody@example.org", "not the password");
		await problem(page, "The address or the password is wrong.");
		const late = somebody();
		await api("POST", "signup", { email: late, password: strong });
		const first = await message(late);
		await signIn(page, late);
		await problem(page, /not confirmed yet/);
		await fill(page, "Code", (await message(late, first.id)).code);
		await press(page, "Continue");
		await heading(page, "Your account");
	});

	test("a forgotten password", async (t) => {
		const context = await visitor(t, browser);
		const page = await open(context);
		const email = await member();
		await press(page, "Forgot your password?");
		await fill(page, "E-mail address", email);
		const before = await message(email);
		await press(page, "Send");
		await heading(page, "Check your mail");
		await page.goto((await message(email, before.id)).link);
		await heading(page, "Choose a new password");
		await fill(page, "New password", strong);
		await press(page, "Save");
		await problem(page, "That is your password already");
		await fill(page, "New password", `${strong}-2`);
		await press(page, "Save");
		await page.getByText("The new password is saved.").waitFor();
		assert.equal((await api("POST", "token?grant_type=password", { email, password: strong })).status, 400);
		assert.equal((await api("POST", "token?grant_type=password", { email, password: `${strong}-2` })).status, 200);
		// Somebody without an account is told the same.
		await press(page, "Sign out");
		await press(page, "Forgot your password?");
		await fill(page, "E-mail address", "nobody@example.org");
		await press(page, "Send");
		await heading(page, "Check your mail");
	});

	test("a code by mail, and by SMS", async (t) => {
		const page = await open(await visitor(t, browser), { view: "link" });
		for (const [who, title] of [[somebody(), "Check your mail"], [`+4917${String(Date.now()).slice(-8)}`, "Check your phone"]]) {
			await fill(page, "E-mail address or phone number", who);
			await press(page, "Send");
			await heading(page, title);
			await fill(page, "Code", (await message(who)).code);
			await press(page, "Continue");
			await page.getByText(`You are signed in as ${who.replace("+", "")}.`).waitFor();
			await press(page, "Sign out");
			await press(page, "Sign in with a link or code");
		}
	});

	test("back to the app with a code", async (t) => {
		const verifier = "v".repeat(50);
		const page = await open(await visitor(t, browser), { redirect_to: app, code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "s256" });
		await signIn(page, await member());
		await page.waitForURL(/^https:\/\/app\.example\.org\/welcome\?code=/);
		const url = new URL(page.url());
		assert.equal(url.searchParams.get("x"), "1");
		assert.equal(url.hash, "");
		const tokens = await api("POST", "token?grant_type=pkce", { auth_code: url.searchParams.get("code"), code_verifier: verifier });
		assert.equal((await api("GET", "user", undefined, tokens.access_token)).status, 200);
		await page.goto(`${server}/auth/ui`); // which has forgotten
		await heading(page, "Sign in");
	});

	test("back to the app with tokens, after a mail too", async (t) => {
		const context = await visitor(t, browser);
		const page = await open(context, { redirect_to: app, view: "link" });
		const email = await member();
		const before = await message(email);
		await fill(page, "E-mail address or phone number", email);
		await press(page, "Send");
		await heading(page, "Check your mail");
		const tab = await context.newPage();
		await tab.goto((await message(email, before.id)).link);
		await tab.waitForURL(/^https:\/\/app\.example\.org\/welcome\?x=1#/);
		const tokens = new URLSearchParams(new URL(tab.url()).hash.slice(1));
		assert.equal(tokens.get("token_type"), "bearer");
		assert.equal((await api("GET", "user", undefined, tokens.get("access_token"))).email, email);
		assert.equal((await api("POST", "token?grant_type=refresh_token", { refresh_token: tokens.get("refresh_token") })).status, 200);
	});

	test("an app that is not allowed gets nothing", async (t) => {
		for (const redirect_to of ["https://evil.example/", "javascript:alert(1)", "//evil.example"]) {
			const page = await open(await visitor(t, browser), { redirect_to });
			await problem(page, /not on this project/);
			await signIn(page, await member());
			await heading(page, "Your account");
			assert.equal(new URL(page.url()).origin, server);
		}
	});

	test("a session that somebody else put into the URL is asked about first", async (t) => {
		const email = await member();
		const tokens = await api("POST", "token?grant_type=password", { email, password: strong });
		const page = await open(await visitor(t, browser));
		await page.goto(`${server}/auth/ui?redirect_to=${encodeURIComponent(app)}#${new URLSearchParams({ access_token: tokens.access_token, refresh_token: tokens.refresh_token, expires_at: tokens.expires_at, expires_in: 3600, token_type: "bearer", type: "signup" })}`);
		await heading(page, "Welcome back");
		assert.equal(new URL(page.url()).hash, "");
		await press(page, "Use another account");
		await heading(page, "Sign in");
	});

	test("an authenticator app: added, asked for, removed", async (t) => {
		const page = await open(await visitor(t, browser));
		const email = await member();
		await signIn(page, email);
		await press(page, "Add an authenticator app");
		await page.getByAltText("QR code for the authenticator app").waitFor();
		assert.ok(await page.locator("img.qr").evaluate((img) => img.decode().then(() => img.naturalWidth > 0)));
		const secret = await page.locator("code").textContent();
		await fill(page, "Code", totp(secret)); // good for a step more, should one begin now
		await press(page, "Add");
		await page.getByText("The second factor was added.").waitFor();
		await press(page, "Sign out");
		await signIn(page, email);
		await heading(page, "Second step");
		await fill(page, "Code", totp(secret, -20));
		await press(page, "Continue");
		await problem(page, /The code is wrong/);
		await fill(page, "Code", totp(secret, 1)); // one that was not used yet
		await press(page, "Continue");
		await heading(page, "Your account");
		await press(page, "Remove: Authenticator app");
		await page.getByText("Authenticator app: removed.").waitFor();
	});

	test("a phone as the second factor", async (t) => {
		const page = await open(await visitor(t, browser));
		const email = await member();
		const number = `4915${String(Date.now()).slice(-9)}`;
		await signIn(page, email);
		await press(page, "Add a phone");
		await fill(page, "Phone number", `+${number}`);
		await press(page, "Send");
		await page.getByText("A message with a code was sent").waitFor();
		const first = await message(number);
		await fill(page, "Code", first.code);
		await press(page, "Continue");
		await page.getByText("The second factor was added.").waitFor();
	});

	test("a passkey: added, and signed in with", async (t) => {
		const context = await visitor(t, browser);
		const page = await open(context);
		const devtools = await context.newCDPSession(page);
		await devtools.send("WebAuthn.enable");
		await devtools.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
		const email = await member();
		await signIn(page, email);
		await press(page, "Add a passkey");
		await page.getByText("The passkey was added.").waitFor();
		await press(page, "Sign out");
		await press(page, "Sign in with a passkey");
		await page.getByText(`You are signed in as ${email}.`).waitFor();
	});

	test("other sessions are listed and ended", async (t) => {
		const email = await member(); // which left a session
		const page = await open(await visitor(t, browser));
		await signIn(page, email);
		await heading(page, "Your account");
		const list = page.getByRole("heading", { name: "Where you are signed in" }).locator("+ ul > li");
		assert.equal(await list.count(), 2);
		await press(page, "Sign out everywhere else");
		await page.getByText("You are signed out everywhere else.").waitFor();
		assert.equal(await list.count(), 1);
	});

	test("a provider is left for with a challenge, and back with what it says", async (t) => {
		const context = await visitor(t, browser);
		const page = await open(context);
		let asked;
		await context.route("**/auth/v1/authorize?*", (route) => {
			asked = new URL(route.request().url()).searchParams;
			return route.fulfill({ status: 302, headers: { Location: `${server}/auth/ui?error=access_denied&error_code=access_denied&error_description=No` } });
		});
		await press(page, "Continue with GitHub");
		await problem(page, "The sign-in was cancelled.");
		assert.equal(asked.get("provider"), "github");
		assert.equal(asked.get("redirect_to"), `${server}/auth/ui`);
		assert.equal(asked.get("code_challenge").length, 43);
		assert.equal(page.url(), `${server}/auth/ui`);
	});
});
