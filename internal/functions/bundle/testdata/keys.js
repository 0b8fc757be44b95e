import crypto, { constants, createHmac, createPrivateKey, createPublicKey, createSecretKey, createSign, createVerify, hkdfSync, KeyObject, pbkdf2, pbkdf2Sync, sign, verify } from "node:crypto";
import { Buffer } from "node:buffer";
// Keys of the tests; nobody uses them.
const rsa = `-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCQ4dk/qBfquWvG
uZYQoALP3qhn8OvDLpEWTManz00+xgiTxVIQ2jpZgqomjKKn6NhkE1GsZCu0bZP2
SWlKq9uyhU9IJr9g/dzUVa29RwS2noZAGalXtKYTyzMgR/ZWUEkn+pBq8AeI/ALB
uxQJrOdoIyOSN9Kr6OHbhykuNXaTRYkOrnoSW16sq8gov7H4C379M4qWlBcNiTM2
FXOo7mvp0C2hGpl0G0DGtrCrw3K8D/DyqgfGBVSLAmf0g7Y7STUU/mcqtqmKcFuM
px/NHber7Sc/F0fVdMdJSaLWOW+6SdyzC8P47iTxFD6SB++raQYn0e9IqBJRasXU
I7g5MyHjAgMBAAECgf9NJuzG87cAbwARivpZOR87GGer/Vd494Vh5c6WNTgqiPyv
RQYQFMHnj6ffySXgOXIjrDxG2YBWV35uB31S3JYRMp56bwZ66FwlUm/JCC+WMZIJ
ejyuAwUfvO66GxKpXpIcFqXRQXBSfKmAuLUwLwoW32fUp5eN/1oaZlRr0i3/Pipq
sijDwXRxpDBpjDZRjwQL8S1zBidY0+96KZ55swC9WUAl7GUWonY7KaTDOveRQKDg
U9ObTz9PLfMeKsJYbbOXMo2A2B+pev0mGCmhWBLO5WfS5ti+xJeOtQNOLkjdXIHV
CODAW0UdW70ZKgTqZnmdHJnm2NMAyLn5n5uhgrUCgYEAwwq5Ejel00je9eGRewbW
9xuxWMaWgJXxgHb27dGLKU0j3GS2/Q9ERoUvvs1I5PDVuEp757rDw8Eqjcv+Y00I
1YJ2D5XQI+lxjYKvLwZRgycOQXI1uHKHO0GcHrPMgKHwijVLUPHBoL11nnZkCKwZ
b5KEvfEqFU9Tj2UI8BtX328CgYEAvinbbA0po/+k7sDWQKoIQ2L0hs4u6ZRoQy0o
I7reA7JC7l553Df1/Xz57t2x4vZ0bzMPiQqiDygor1kqpHin5L3KVA+vVgSHr6tE
OaG30cS74OWSx0hhyh9yUDmoSNxZ2UBbd6JukYXsIzsNXzvrsicz4yQHv8+DCzSu
5PMjKs0CgYEAnwgWQVlod6+6RKiJE9RO4SwOXgGG5A/e282kp+Ms4h9I90KTxiF1
nT6p4JzILAyHZv4sq5UoXGwbw4SqxtMgOd9nXmvcS/vjn+wH5YL0YcktoYV7cgrI
YzOrFYmrXNMuK7Mq1zRYmjUBO5TzGfMhxkykua9zje6hhpFuSUEyVDcCgYEAns5B
ychsP+LcD+7GfhYA9JWM8474KmSfdYoefUgu5BNYRcxsI/Yv3dMivdIyHgIHVl3j
2WQh1lqJL3ZdYCDKxQGiF/VJTaJW1eNHBIIDCpEq/TN7EiVmVO9R/aFI4h/ygLV4
LT5e6/RVMU69agyWVp7afBO4zPw0yYTjkZtigPkCgYA5ar+6E87Zjee5Sr5hXCiO
US7bj2QIWezoojaxOg888xawnbYVEhGyo51GplDcwlKwRE6dkLGgF+zqQ3gDdOKs
EK397/yLfrb9roJ/pjnEtZQno1JUiTNPiW6+gLYbyx1pd7VHw6UMTIcTZq40C9Yh
FFuX1dF2mnXXTBTJqfF0/A==
-----END PRIVATE KEY-----`;
const rsa1 = `-----BEGIN RSA PRIVATE KEY-----
MIIEogIBAAKCAQEAkOHZP6gX6rlrxrmWEKACz96oZ/Drwy6RFkzGp89NPsYIk8VS
ENo6WYKqJoyip+jYZBNRrGQrtG2T9klpSqvbsoVPSCa/YP3c1FWtvUcEtp6GQBmp
V7SmE8szIEf2VlBJJ/qQavAHiPwCwbsUCaznaCMjkjfSq+jh24cpLjV2k0WJDq56
ElterKvIKL+x+At+/TOKlpQXDYkzNhVzqO5r6dAtoRqZdBtAxrawq8NyvA/w8qoH
xgVUiwJn9IO2O0k1FP5nKrapinBbjKcfzR23q+0nPxdH1XTHSUmi1jlvukncswvD
+O4k8RQ+kgfvq2kGJ9HvSKgSUWrF1CO4OTMh4wIDAQABAoH/TSbsxvO3AG8AEYr6
WTkfOxhnq/1XePeFYeXOljU4Koj8r0UGEBTB54+n38kl4DlyI6w8RtmAVld+bgd9
UtyWETKeem8GeuhcJVJvyQgvljGSCXo8rgMFH7zuuhsSqV6SHBal0UFwUnypgLi1
MC8KFt9n1KeXjf9aGmZUa9It/z4qarIow8F0caQwaYw2UY8EC/EtcwYnWNPveime
ebMAvVlAJexlFqJ2Oymkwzr3kUCg4FPTm08/Ty3zHirCWG2zlzKNgNgfqXr9Jhgp
oVgSzuVn0ubYvsSXjrUDTi5I3VyB1QjgwFtFHVu9GSoE6mZ5nRyZ5tjTAMi5+Z+b
oYK1AoGBAMMKuRI3pdNI3vXhkXsG1vcbsVjGloCV8YB29u3RiylNI9xktv0PREaF
L77NSOTw1bhKe+e6w8PBKo3L/mNNCNWCdg+V0CPpcY2Cry8GUYMnDkFyNbhyhztB
nB6zzICh8Io1S1DxwaC9dZ52ZAisGW+ShL3xKhVPU49lCPAbV99vAoGBAL4p22wN
KaP/pO7A1kCqCENi9IbOLumUaEMtKCO63gOyQu5eedw39f18+e7dseL2dG8zD4kK
og8oKK9ZKqR4p+S9ylQPr1YEh6+rRDmht9HEu+DlksdIYcofclA5qEjcWdlAW3ei
bpGF7CM7DV8767InM+MkB7/Pgws0ruTzIyrNAoGBAJ8IFkFZaHevukSoiRPUTuEs
Dl4BhuQP3tvNpKfjLOIfSPdCk8YhdZ0+qeCcyCwMh2b+LKuVKFxsG8OEqsbTIDnf
Z15r3Ev745/sB+WC9GHJLaGFe3IKyGMzqxWJq1zTLiuzKtc0WJo1ATuU8xnzIcZM
pLmvc43uoYaRbklBMlQ3AoGBAJ7OQcnIbD/i3A/uxn4WAPSVjPOO+Cpkn3WKHn1I
LuQTWEXMbCP2L93TIr3SMh4CB1Zd49lkIdZaiS92XWAgysUBohf1SU2iVtXjRwSC
AwqRKv0zexIlZlTvUf2hSOIf8oC1eC0+Xuv0VTFOvWoMllae2nwTuMz8NMmE45Gb
YoD5AoGAOWq/uhPO2Y3nuUq+YVwojlEu249kCFns6KI2sToPPPMWsJ22FRIRsqOd
RqZQ3MJSsEROnZCxoBfs6kN4A3TirBCt/e/8i362/a6Cf6Y5xLWUJ6NSVIkzT4lu
voC2G8sdaXe1R8OlDEyHE2auNAvWIRRbl9XRdpp110wUyanxdPw=
-----END RSA PRIVATE KEY-----`;
const rsaPublic1 = `-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAkOHZP6gX6rlrxrmWEKACz96oZ/Drwy6RFkzGp89NPsYIk8VSENo6
WYKqJoyip+jYZBNRrGQrtG2T9klpSqvbsoVPSCa/YP3c1FWtvUcEtp6GQBmpV7Sm
E8szIEf2VlBJJ/qQavAHiPwCwbsUCaznaCMjkjfSq+jh24cpLjV2k0WJDq56Elte
rKvIKL+x+At+/TOKlpQXDYkzNhVzqO5r6dAtoRqZdBtAxrawq8NyvA/w8qoHxgVU
iwJn9IO2O0k1FP5nKrapinBbjKcfzR23q+0nPxdH1XTHSUmi1jlvukncswvD+O4k
8RQ+kgfvq2kGJ9HvSKgSUWrF1CO4OTMh4wIDAQAB
-----END RSA PUBLIC KEY-----`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIDATCCAemgAwIBAgIUO6gYNQUnKxTZjiW3LFrw6MxfGTcwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIxMDI4MDNaGA8yMTI2MTAyOTEw
MjgwM1owDzENMAsGA1UEAwwEdGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAJDh2T+oF+q5a8a5lhCgAs/eqGfw68MukRZMxqfPTT7GCJPFUhDaOlmC
qiaMoqfo2GQTUaxkK7Rtk/ZJaUqr27KFT0gmv2D93NRVrb1HBLaehkAZqVe0phPL
MyBH9lZQSSf6kGrwB4j8AsG7FAms52gjI5I30qvo4duHKS41dpNFiQ6uehJbXqyr
yCi/sfgLfv0zipaUFw2JMzYVc6jua+nQLaEamXQbQMa2sKvDcrwP8PKqB8YFVIsC
Z/SDtjtJNRT+Zyq2qYpwW4ynH80dt6vtJz8XR9V0x0lJotY5b7pJ3LMLw/juJPEU
PpIH76tpBifR70ioElFqxdQjuDkzIeMCAwEAAaNTMFEwHQYDVR0OBBYEFG6C9hTB
cPTRaXHsG9C6sy6AmWySMB8GA1UdIwQYMBaAFG6C9hTBcPTRaXHsG9C6sy6AmWyS
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAAghb4iBtI8ASXD+
GXe47TMhzpXiA0M+Zwxx4b7ber3cNPO6kR0t+vkJsmI7hmJdMQtcmvMl2FbNU8yC
5b7wPZZ6VdMaxYWFX73qN6DZJDViujUwKT2FfqbdkKUIinSC7GuKWXp1Bo1Pd/1X
Lv4MEJoRdkGr9WekJF1xo4OHnocmDkp3JRowcnYl5I0iR7sohy5ZlxyE5Ro/rIkZ
UZHgO0t0e+LUTOzENHRul2oyzXXKeDGsIgaLqjHKpeTCCdNn9KS+79OobsiI0oba
PmIBNxM1yFzngteOIGYm/WwImSSSRvq8/dPqBvgbXk0sRZ0Z2DK289Pd6dRF8/X3
8S4KCe8=
-----END CERTIFICATE-----`;
const ec = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8XIwpLEZAfdVxBBd
bCYODXMmlfsNIX5oWGybE6IvANyhRANCAASnJU+Q3fHALjVPwzSGaPUUJnmOAR4z
8XvdgelUBl2JC4GEANPfymO89o4k2sM86P3HwrPXR8pXsoVypaQvIYs0
-----END PRIVATE KEY-----`;
const ec1 = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIPFyMKSxGQH3VcQQXWwmDg1zJpX7DSF+aFhsmxOiLwDcoAoGCCqGSM49
AwEHoUQDQgAEpyVPkN3xwC41T8M0hmj1FCZ5jgEeM/F73YHpVAZdiQuBhADT38pj
vPaOJNrDPOj9x8Kz10fKV7KFcqWkLyGLNA==
-----END EC PRIVATE KEY-----`;
const ed = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOkqNmcvJTdq+qlJLtAuxvWLQ2SFiO5LxgkUOT3wCB+h
-----END PRIVATE KEY-----`;
const tell = (f) => { try { return f(); } catch (e) { return `${e.name} ${e.code}`; } };
export default async () => {
  const out = [];
  const data = Buffer.from("what is signed ä");
  for (const pem of [rsa, rsa1, ec, ec1, ed]) {
    const key = createPrivateKey(pem), open = createPublicKey(pem);
    out.push(key.type, key.asymmetricKeyType, key.asymmetricKeyDetails?.modulusLength, key.asymmetricKeyDetails?.namedCurve, String(key.asymmetricKeyDetails?.publicExponent), key instanceof KeyObject);
    out.push(open.type, open.export({ type: "spki", format: "pem" }), Object.entries(open.export({ format: "jwk" })).sort(), key.export({ type: "pkcs8", format: "der" }).toString("hex"));
    out.push(open.equals(createPublicKey(key)), key.equals(open), open.equals(createPublicKey({ key: open.export({ format: "jwk" }), format: "jwk" })), key.equals(createPrivateKey({ key: key.export({ format: "jwk" }), format: "jwk" })));
    out.push(open.equals(createPublicKey({ key: open.export({ type: "spki", format: "der" }), format: "der", type: "spki" })));
  }
  out.push(createPublicKey(rsaPublic1).equals(createPublicKey(rsa)), createPublicKey(certificate).equals(createPublicKey(rsa)), createPublicKey(Buffer.from(certificate)).type);

  // What is the same each time is compared with Node's, the rest is verified.
  out.push(createSign("RSA-SHA256").update(data).sign(rsa, "base64"), createSign("sha512").update("a").update("b").sign({ key: rsa1 }, "hex"), sign(null, data, ed).toString("hex"), sign("sha256", data, rsa).toString("base64url"));
  for (const [pem, options] of [[rsa, {}], [rsa, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }], [rsa, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }], [ec, {}], [ec, { dsaEncoding: "ieee-p1363" }], [ec1, {}]]) {
    const s = createSign("SHA256").update(data).sign({ key: pem, ...options });
    const asked = { key: createPublicKey(pem), ...options };
    const check = (d, given) => createVerify("SHA256").update(d).verify(asked, given);
    out.push(check(data, s), check("other", s), check(data, Buffer.from(s).fill(1, 8, 9)), s.length > 60, verify("sha256", data, asked, s));
    out.push(createVerify("sha256").update(data).verify({ key: pem, ...options }, s.toString("base64"), "base64"));
  }
  const given = "MEQCIH+nCIieCIw2snOgMZ/dVWO5R5NLQ3oCEMN/guAtCydgAiBWumwP1Vmx/8eTNCnD9wNSzsucWCmKLyStm7vOOE7+cg==";
  out.push(createVerify("sha256").update(data).verify(createPublicKey(ec), given, "base64"), verify("sha256", data, { key: ec, dsaEncoding: "ieee-p1363" }, Buffer.from("f6cIiJ4IjDayc6Axn91VY7lHk0tDegIQw3+C4C0LJ2BWumwP1Vmx/8eTNCnD9wNSzsucWCmKLyStm7vOOE7+cg==", "base64")));
  out.push(await new Promise((resolve) => sign("sha256", data, rsa, (error, s) => resolve([error, s.length]))));

  const secret = createSecretKey(Buffer.from("key")), other = createSecretKey("6b6579", "hex");
  out.push(secret.type, secret.symmetricKeySize, secret.equals(other), secret.export().toString(), secret.export({ format: "jwk" }), createHmac("sha256", secret).update("x").digest("hex"), secret.asymmetricKeyType);
  out.push(pbkdf2Sync("password", "salt", 1000, 40, "sha512").toString("hex"), await new Promise((resolve) => pbkdf2("password", Buffer.from("salt"), 1, 20, "sha1", (error, key) => resolve([error, key.toString("hex")]))));
  out.push(Buffer.from(hkdfSync("sha256", "key", "salt", "info", 42)).toString("hex"));

  out.push(tell(() => createSign("nope")), tell(() => createPublicKey(secret)), tell(() => createPrivateKey(createPublicKey(ec))), tell(() => createPrivateKey(5)), tell(() => sign("sha256", data, createPublicKey(ec))), tell(() => sign("sha256", data, createPrivateKey(ec)).length > 60),
    (() => { try { return createSign("sha256").update("a").sign("no key"); } catch (e) { return e instanceof Error; } })(),
    typeof crypto.createSign, typeof crypto.createCipheriv, crypto.constants.RSA_PKCS1_PSS_PADDING, crypto.getCurves().includes("prime256v1"));
  return out;
};
