import { Keystore } from "@chainsafe/bls-keystore";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError, fromHex, toHex } from "../../base/index.ts";
import { nobleBls, nobleNetworkSignatures } from "../../crypto/index.ts";
import {
  decryptKeystore,
  encryptKeystore,
  readKeyLabel,
  type SecretKey,
} from "../../keystore/index.ts";
import vectors from "../vectors/eip2335.json" with { type: "json" };

const secret = new Uint8Array(32).fill(0x21);
const password = "correct horse";
const validator: SecretKey = { type: "validator", secret };
// Derivation is slow by design, so the tests share what it made.
const json = await encryptKeystore(validator, password, "pbkdf2");

test.each(["scrypt", "pbkdf2"] as const)("the published %s keystore opens", async (derivation) => {
  const key = await decryptKeystore(JSON.stringify(vectors[derivation]), vectors.password);
  expect(key.type).toBe("validator");
  expect(toHex(key.secret)).toBe(vectors.secret);
});

test("what we encrypt, the tools of Ethereum open, and the other way round", async () => {
  const theirs = Keystore.parse(json);
  expect(theirs.pubkey).toBe(toHex(nobleBls.publicKey(secret)));
  expect(new Uint8Array(await theirs.decrypt(password))).toEqual(secret);
  const made = await Keystore.create(
    password,
    secret,
    nobleBls.publicKey(secret),
    "m/12381/3600/0/0/0",
  );
  expect(await decryptKeystore(made.stringify(), password)).toEqual(validator);
});

test.each<SecretKey>([
  validator,
  { type: "network", secret },
  { type: "keyShare", keyId: 3, seat: 12, secret },
])("a $type key comes back as what it was", async (key) => {
  const json = await encryptKeystore(key, password, "pbkdf2");
  expect(await decryptKeystore(json, password)).toEqual(key);
  expect(Keystore.parse(json).version).toBe(4);
});

test("unless told otherwise, the password is stretched by scrypt", async () => {
  const json = await encryptKeystore(validator, password);
  expect(Keystore.parse(json).crypto.kdf.function).toBe("scrypt");
});

test("a keystore says what it holds without its password, and nothing of the secret", async () => {
  const network = await encryptKeystore({ type: "network", secret }, password, "pbkdf2");
  const publicKey = nobleNetworkSignatures.publicKey(secret);
  expect(readKeyLabel(json)).toEqual({ type: "validator", publicKey: nobleBls.publicKey(secret) });
  expect(readKeyLabel(network)).toEqual({ type: "network", publicKey });
  expect(network).not.toContain(toHex(secret));
});

test("a wrong password is told apart from a bad file", async () => {
  expect(await codeOf(decryptKeystore(json, "correct house"))).toBe("KEYSTORE_PASSWORD_WRONG");
  expect(await codeOf(decryptKeystore("{", password))).toBe("KEYSTORE_INVALID");
  expect(await codeOf(decryptKeystore("null", password))).toBe("KEYSTORE_INVALID");
  expect(await codeOf(decryptKeystore("[]", password))).toBe("KEYSTORE_INVALID");
  expect(await codeOf(decryptKeystore(json.slice(0, 200), password))).toBe("KEYSTORE_INVALID");
});

test("another version is named as what it is", async () => {
  const older = json.replace('"version": 4', '"version": 3');
  expect(await codeOf(decryptKeystore(older, password))).toBe("KEYSTORE_VERSION_UNKNOWN");
});

test("a damaged ciphertext does not decrypt to another key", async () => {
  const message = Keystore.parse(json).crypto.cipher.message;
  const damaged = json.replace(
    message,
    `${message.startsWith("0") ? "1" : "0"}${message.slice(1)}`,
  );
  expect(await codeOf(decryptKeystore(damaged, password))).toBe("KEYSTORE_PASSWORD_WRONG");
  const notHex = json.replace(message, `zz${message.slice(2)}`);
  expect(await codeOf(decryptKeystore(notHex, password))).toBe("KEYSTORE_INVALID");
});

test("a public key that is not the secret's, or not there, is noticed", async () => {
  const own = toHex(nobleBls.publicKey(secret));
  const other = toHex(nobleBls.publicKey(new Uint8Array(32).fill(1)));
  const swapped = json.replace(own, other);
  expect(await codeOf(decryptKeystore(swapped, password))).toBe("KEYSTORE_MISMATCH");
  const nameless = json.replace(/,\s*"pubkey": "[0-9a-f]+"/, "");
  expect(await codeOf(decryptKeystore(nameless, password))).toBe("KEYSTORE_INVALID");
});

test("a secret that is no key of its kind is refused instead of stopping the process", async () => {
  const publicKey = nobleBls.publicKey(secret);
  for (const none of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
    const made = await Keystore.create(password, none, publicKey, "", null, {
      function: "pbkdf2",
      params: { dklen: 32, c: 1, prf: "hmac-sha256", salt: "00" },
    });
    expect(await codeOf(decryptKeystore(made.stringify(), password))).toBe("KEYSTORE_MISMATCH");
  }
});

test("a file cannot ask for all memory or for ever", async () => {
  const demands: [string, object][] = [
    ["scrypt", { dklen: 32, n: 2 ** 40, p: 1, r: 8, salt: "00".repeat(32) }],
    ["scrypt", { dklen: 32, n: 1000, p: 1, r: 8, salt: "00".repeat(32) }],
    ["scrypt", { dklen: 32, n: 2 ** 18, p: 0, r: 8, salt: "00".repeat(32) }],
    ["pbkdf2", { dklen: 32, c: 2 ** 31, prf: "hmac-sha256", salt: "00" }],
    ["pbkdf2", { dklen: 32, c: 0, prf: "hmac-sha256", salt: "00" }],
    ["pbkdf2", { dklen: 2 ** 30, c: 1, prf: "hmac-sha256", salt: "00" }],
  ];
  for (const [name, params] of demands) {
    const keystore = structuredClone(vectors.pbkdf2);
    const kdf = { function: name, params, message: "" };
    const greedy = JSON.stringify({ ...keystore, crypto: { ...keystore.crypto, kdf } });
    expect(await codeOf(decryptKeystore(greedy, password)), JSON.stringify(params)).toBe(
      "KEYSTORE_INVALID",
    );
  }
});

test("whatever a file holds, reading it ends in a label or in a coded error", () => {
  const mutation = fc.record({ at: fc.nat(json.length - 1), text: fc.string({ maxLength: 3 }) });
  fc.assert(
    fc.property(fc.oneof(mutation, fc.json()), (change) => {
      const text =
        typeof change === "string"
          ? change
          : json.slice(0, change.at) + change.text + json.slice(change.at + 1);
      try {
        readKeyLabel(text);
      } catch (error) {
        expect(error).toBeInstanceOf(CodedError);
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("the published secret belongs to the published key", () => {
  const publicKey = nobleBls.publicKey(fromHex(vectors.secret) ?? secret);
  expect(toHex(publicKey)).toBe(vectors.scrypt.pubkey);
});

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return "nothing was wrong";
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error);
  }
}
