import { expect, test } from "vitest";
import {
  encodeActions,
  encodeOracleUpdate,
  signActions,
  signReport,
} from "../../../rollup/index.ts";
import { inlineSigners, startSigners } from "../../../rollup/signatures/index.ts";
import { addressOf } from "../../../sdk/index.ts";
import { domain, plainList, traderKey } from "../lists.ts";

const reporterKey = new Uint8Array(32).fill(6);
const report = { market: 1, priceTicks: 10, confidencePpm: 1, publishTimeMs: 5 };

function payloads(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, nonce) => {
    switch (nonce % 4) {
      case 0:
        return Uint8Array.of(1, 2, 3);
      case 1:
        return encodeActions({ list: plainList({ nonce }), signature: new Uint8Array(65) });
      case 2: {
        const signed = signReport(domain, report, { reporter: 0, secretKey: reporterKey });
        const { market, publishTimeMs } = report;
        return encodeOracleUpdate({ market, publishTimeMs, reports: [signed, signed] });
      }
      default:
        return encodeActions(signActions(domain, plainList({ nonce }), traderKey));
    }
  });
}

test("of each payload its signers come back in order, and none for what nobody signed", async () => {
  const [garbage, unsigned, oracle, list] = await inlineSigners(domain).recover(payloads(4));
  expect(garbage).toEqual([]);
  expect(unsigned).toMatchObject([{ signer: undefined }]);
  expect(oracle).toMatchObject([
    { signer: addressOf(reporterKey) },
    { signer: addressOf(reporterKey) },
  ]);
  expect(list).toMatchObject([{ signer: addressOf(traderKey) }]);
});

test("threads answer what one would, however much is asked at a time", async () => {
  const pool = startSigners(domain, 2);
  const many = payloads(150);
  const [one, two] = await Promise.all([pool.recover(many), pool.recover(many.toReversed())]);
  expect(one).toEqual(await inlineSigners(domain).recover(many));
  expect(two).toEqual(one.toReversed());
  expect(await pool.recover([])).toEqual([]);
  await pool.close();
  await expect(pool.recover(many)).rejects.toMatchObject({ code: "CLOSED" });
});

test("what waits when the threads are closed is told so", async () => {
  const pool = startSigners(domain, 1);
  const waiting = pool.recover(payloads(8));
  const told = expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  await pool.close();
  await told;
});
