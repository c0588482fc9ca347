import { solidityPacked } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeVaultMessage,
  encodeAnchored,
  encodeDeposit,
  encodeMarketParameters,
  encodeRollupParameters,
  encodeSetMarket,
  encodeSetRollup,
} from "../../../rollup/node/index.ts";
import { hexJson } from "../../../sdk/index.ts";
import { market, marketParameters, rollupParameters } from "../engine/world.ts";

const owner = new Uint8Array(20).fill(0xab);
const root = new Uint8Array(32).fill(0xcd);

test("messages are packed as the vault packs them", () => {
  const amount = 2n ** 95n + 7n;
  expect(hexJson(encodeDeposit(owner, { subId: 258, tokenAmount: amount }))).toBe(
    solidityPacked(["uint8", "address", "uint16", "uint96"], [0, hexJson(owner), 258, amount]),
  );
  expect(hexJson(encodeSetMarket(market, marketParameters))).toBe(
    solidityPacked(
      ["uint8", "uint32", "bytes"],
      [1, market, hexJson(encodeMarketParameters(marketParameters))],
    ),
  );
  expect(hexJson(encodeSetRollup(rollupParameters))).toBe(
    solidityPacked(["uint8", "bytes"], [2, hexJson(encodeRollupParameters(rollupParameters))]),
  );
  expect(hexJson(encodeAnchored({ batch: 77, root }))).toBe(
    solidityPacked(["uint8", "uint64", "bytes32"], [3, 77, hexJson(root)]),
  );
});

test("each of them is read", () => {
  const deposit = { subId: 3, tokenAmount: 2n ** 96n - 1n };
  expect(decodeVaultMessage(encodeDeposit(owner, deposit))).toEqual({
    type: "deposit",
    owner,
    ...deposit,
  });
  expect(decodeVaultMessage(encodeSetMarket(market, marketParameters))).toEqual({
    type: "set-market",
    market,
    parameters: marketParameters,
  });
  expect(decodeVaultMessage(encodeSetRollup(rollupParameters))).toEqual({
    type: "set-rollup",
    parameters: rollupParameters,
  });
  expect(decodeVaultMessage(encodeAnchored({ batch: 5, root }))).toEqual({
    type: "anchored",
    batch: 5,
    root,
  });
});

test("what the vault has counted but nobody can read is kept in its turn", () => {
  for (const tag of [0, 1, 2])
    for (const rest of [[], [1, 2, 3], Array.from({ length: 400 }, () => 7)])
      expect(decodeVaultMessage(Uint8Array.of(tag, ...rest))).toEqual({ type: "unreadable" });
});

test("what the vault has not counted is nothing, and no bytes make it throw", () => {
  expect(decodeVaultMessage(new Uint8Array())).toBeUndefined();
  expect(decodeVaultMessage(Uint8Array.of(3, 1))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const isCounted = (bytes[0] ?? 9) < 3;
      expect(decodeVaultMessage(bytes)?.type !== undefined || !isCounted).toBe(true);
    }),
    { numRuns: 500 },
  );
});
