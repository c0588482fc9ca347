import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { classes, sealedPayloadBytesMax } from "../../protocol/index.ts";
import { Nonces, decodeActions, signerOfActions } from "../../rollup/index.ts";
import { Traders } from "../../deploy/devnet/traders.ts";

const domains = [0, 1].map((rollupId) => ({
  chainId: 31_337,
  settlement: new Uint8Array(20).fill(rollupId + 1),
  rollupId,
}));

test("every list is signed for its rollup by the key that brings it, and fits into a transaction", () => {
  const traders = new Traders(domains);
  for (let turn = 0; turn < 100; turn++) {
    const { namespace, payload, signer } = traders.next(turn);
    const signed = decodeActions(payload);
    const domain = domains[namespace];
    if (signed === undefined || domain === undefined) throw new Error("this is no list");
    expect(namespace).toBe(turn % 2);
    expect(signed.list.actions.length).toBeGreaterThan(0);
    expect(toHex(signerOfActions(domain, signed) ?? new Uint8Array())).toBe(toHex(signer.address));
    expect(payload.length).toBeLessThanOrEqual(sealedPayloadBytesMax);
  }
});

test("no list is refused for its nonce, and every class comes", () => {
  const traders = new Traders(domains);
  const nonces = new Nonces(64);
  const seen = new Set<string>();
  for (let turn = 0; turn < 500; turn++) {
    const { namespace, nonce, signer, ...intent } = traders.next(turn);
    expect(nonces.use(`${namespace}/${toHex(signer.address)}`, nonce)).toBe(true);
    seen.add(intent.class);
  }
  expect([...seen].sort()).toEqual([...classes].sort());
});
