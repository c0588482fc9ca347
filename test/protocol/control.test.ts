import fc from "fast-check";
import { expect, test } from "vitest";
import { nobleNetworkSignatures } from "../../crypto/index.ts";
import {
  type Control,
  controlDigest,
  controlNamespace,
  Epoch,
  fromControlTransaction,
  Height,
  Namespace,
  type SealedTransaction,
  toControlTransaction,
  transactionId,
} from "../../protocol/index.ts";
import { bytes } from "./arbitraries.ts";

const secret = new Uint8Array(32).fill(7);
const author = nobleNetworkSignatures.publicKey(secret);
const place = {
  chainId: 31_337,
  expiry: Height(90),
  sign: (digest: Uint8Array): Uint8Array => nobleNetworkSignatures.sign(secret, digest),
};
const key: Control = {
  author,
  epoch: Epoch(4),
  attempt: 1,
  keyId: 2,
  content: { type: "key", epochKey: new Uint8Array(32).fill(9) },
};

const seats = fc
  .uniqueArray(fc.integer({ min: 1, max: 128 }), { maxLength: 8 })
  .map((each) => each.sort((a, b) => a - b));
const anyContent: fc.Arbitrary<Control["content"]> = fc.oneof(
  fc.record({ type: fc.constant("key" as const), epochKey: bytes(32) }),
  fc.record({ type: fc.constant("deal" as const), dealing: fc.uint8Array({ maxLength: 900 }) }),
  fc.record({ type: fc.constant("ack" as const), dealers: seats }),
  fc.tuple(seats, bytes(32)).map(([each, share]) => ({
    type: "reveal" as const,
    shares: each.map((seat) => ({ seat, share })),
  })),
);

test("whatever validators have to say survives the way, under its author's signature", () => {
  fc.assert(
    fc.property(anyContent, fc.maxSafeNat(), fc.nat(0xffff), (content, epoch, attempt) => {
      const control = {
        author,
        epoch: Epoch(epoch),
        attempt,
        keyId: 0xffff_ffff - attempt,
        content,
      };
      const transaction = toControlTransaction(control, place);
      expect(fromControlTransaction(transaction)).toEqual(control);
    }),
    { numRuns: 30, seed: 1 },
  );
  const transaction = toControlTransaction(key, place);
  const digest = controlDigest(transactionId(transaction));
  const signature = transaction.signature.subarray(0, 64);
  expect(nobleNetworkSignatures.verify(author, digest, signature)).toBe(true);
});

test("in any other form than the one it is nothing", () => {
  const good = toControlTransaction(key, place);
  const { envelope } = good;
  const forms: SealedTransaction[] = [
    { ...good, version: 0 },
    { ...good, version: 1 },
    { ...good, envelope: { ...envelope, namespace: Namespace(0) } },
    { ...good, envelope: { ...envelope, class: "oracle" } },
    { ...good, envelope: { ...envelope, payer: "sender" } },
    { ...good, envelope: { ...envelope, nonce: 1 } },
    { ...good, envelope: { ...envelope, feeCap: 1 } },
    { ...good, envelope: { ...envelope, sender: new Uint8Array(20) } },
    { ...good, body: good.body.subarray(1) },
    { ...good, body: new Uint8Array() },
    { ...good, signature: good.signature.with(64, 1) },
  ];
  expect(fromControlTransaction(good)).toEqual(key);
  for (const form of forms) expect(fromControlTransaction(form)).toBeUndefined();
  expect(envelope.namespace).toBe(controlNamespace);
});

test("seats are named once each, ascending, from one", () => {
  const share = new Uint8Array(32);
  for (const dealers of [[0], [2, 1], [3, 3]]) {
    const content = { type: "ack" as const, dealers };
    expect(
      fromControlTransaction(toControlTransaction({ ...key, content }, place)),
    ).toBeUndefined();
    const shares = dealers.map((seat) => ({ seat, share }));
    const reveal = { ...key, content: { type: "reveal" as const, shares } };
    expect(fromControlTransaction(toControlTransaction(reveal, place))).toBeUndefined();
  }
});
