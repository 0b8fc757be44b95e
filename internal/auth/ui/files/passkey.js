// Passkeys (WebAuthn), in browsers that read its options themselves.

import { call, mine } from "./api.js";
import { answered } from "./captcha.js";
import { page } from "./dom.js";

const able = typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

export const passkeys = page.passkeys && able;

export async function signInWithPasskey() {
	const { challenge_id, options } = await call("POST", "v1/passkeys/authentication/options", answered({}));
	const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
	return call("POST", "v1/passkeys/authentication/verify", { challenge_id, credential: credential.toJSON() });
}

export async function addPasskey() {
	const { challenge_id, options } = await mine("POST", "v1/passkeys/registration/options", {});
	const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
	return mine("POST", "v1/passkeys/registration/verify", { challenge_id, credential: credential.toJSON() });
}
