// From a deposit on L1 to a withdrawal there, through the engine and the rollup's root; what becomes of a root that is a lie,
// and what everyone has when those who propose are gone.

import { beforeAll, beforeEach, expect, test } from "vitest";
import { addressOf, keccak256 } from "../../sdk/index.ts";
import { type Chunk, chunkKinds } from "../../rollup/proofs/index.ts";
import { call, Chain, defined } from "../contracts/support/chain.ts";
import { limit, market } from "../rollup/engine/world.ts";
import {
  bond,
  challengeWindow,
  escapeDelay,
  otherMarket,
  secretOf,
  units,
  VaultStage,
} from "./vault-stage.ts";

let chain: Chain;
let stage: VaultStage;

beforeAll(async () => {
  chain = await Chain.open();
}, 300_000);

beforeEach(async () => {
  stage = await VaultStage.open(chain);
}, 60_000);

const price = [[market, 600_000] as const];

test("what is deposited on L1 is traded with, withdrawn, and paid out under a final root", async () => {
  const { proposer, watcher } = await stage.proposer();
  await stage.deposit(0, 1_000);
  await stage.deposit(1, 1_000);
  await stage.run(price);
  await stage.run(price, [0, limit(true, 600_000, 20)], [1, limit(false, 600_000, 20)]);
  const to = new Uint8Array(20).fill(0x77);
  const { outcome } = await stage.run(price, [
    0,
    { type: "withdraw", tokenAmount: units(100), to },
  ]);
  expect(outcome.withdrawals).toHaveLength(1);

  // Nothing is proposed that is not settled.
  await proposer.round();
  expect(await call(stage.vault, "proposals")).toBe(1n);
  await stage.settle();
  await proposer.round();
  const client = await stage.client(1);
  expect(await client.proposal(1)).toMatchObject({
    batch: 3,
    root: defined(stage.rollup.last).root,
  });
  // Found right by itself, and again by who has not proposed it.
  await proposer.round();
  expect(stage.events.map(({ type }) => type)).toEqual(["right", "proposed", "right"]);

  expect(await watcher.claim(0)).toBeUndefined();
  await stage.pass(challengeWindow);
  const claim = defined(await watcher.claim(0));
  await client.withdraw(claim);
  expect(await stage.balance(to)).toBe(units(100));
  await expect(client.withdraw(claim)).rejects.toMatchObject({
    code: "L1_REFUSED",
    details: { reason: "AlreadyPaid" },
  });
  await client.takeBonds();
  // Two deposits of a thousand, less what was paid.
  expect(await call(stage.chain.token, "balanceOf", await stage.vault.getAddress())).toBe(
    units(1_900),
  );
}, 60_000);

test.each(["deposit", "fill", "admit", "withdraw", "funding-mark"] as const)(
  "who lies about a %s loses its bond to who watches, and the truth is proposed in its place",
  async (kind) => {
    const { proposer } = await stage.proposer();
    const { watcher, shadow } = await stage.watcher(3);
    await stage.day();
    await stage.settle();
    const before = await Promise.all([2, 3].map((account) => stage.balance(account)));

    const lie = lieAbout(shadow.chunksBetween(0, shadow.last), kind);
    await (await stage.client(2)).propose(defined(shadow.rootAt(0)), shadow.last, lie);
    // Nobody builds on it.
    expect(await watcher.round()).toBeUndefined();
    expect(stage.events.map(({ type }) => type)).toEqual(["right", "challenged"]);
    expect(await call(stage.vault, "proposals")).toBe(1n);
    const after = await Promise.all([2, 3].map((account) => stage.balance(account)));
    expect(after).toEqual([defined(before[0]) - bond, defined(before[1]) + bond / 2n]);

    await proposer.round();
    const last = await watcher.round();
    expect(last).toMatchObject({ index: 1, batch: shadow.last });
  },
  60_000,
);

// The last word of each: an amount, lots and a price, to whom, and how old a guard's price may be.
test.each(["deposit", "fill", "withdraw", "admit"] as const)(
  "who invents a %s is convicted by what was done in its place",
  async (kind) => {
    const { watcher, shadow } = await stage.watcher(3);
    await stage.day();
    await stage.settle();
    const lie = lieAbout(shadow.chunksBetween(0, shadow.last), kind, (steps) => {
      const invented = Uint8Array.from(steps);
      invented.fill(0x7f, steps.length - 4);
      return invented;
    });
    await (await stage.client(2)).propose(defined(shadow.rootAt(0)), shadow.last, lie);
    await watcher.round();
    expect(stage.events.map(({ type }) => type)).toEqual(["right", "challenged"]);
    expect(await call(stage.vault, "proposals")).toBe(1n);
  },
  60_000,
);

test("a lie that L1 cannot be shown is vetoed by the guardian, and told by whoever else watches", async () => {
  const { watcher, shadow } = await stage.watcher(3);
  const { watcher: guard } = await stage.watcher(0, { isGuardian: true });
  await stage.day();
  await stage.settle();
  const post = keccak256(new Uint8Array(1));
  const lie = [{ batch: shadow.last, kind: chunkKinds.other, post, steps: new Uint8Array(0) }];
  await (await stage.client(2)).propose(defined(shadow.rootAt(0)), shadow.last, lie);
  expect(await watcher.round()).toBeUndefined();
  expect(await watcher.round()).toBeUndefined();
  expect(stage.events.map(({ type }) => type)).toEqual(["right", "unprovable"]);
  expect(await call(stage.vault, "proposals")).toBe(2n);
  await guard.round();
  expect(await call(stage.vault, "proposals")).toBe(1n);
}, 60_000);

test("who comes back proposes on, behind what stands on L1", async () => {
  const { proposer } = await stage.proposer();
  await stage.day();
  await stage.settle();
  await proposer.round();
  const late = await stage.watcher(3, { isLate: true });
  const again = await stage.proposer();
  await stage.run(price);
  await stage.settle();
  await again.proposer.round();
  expect(await call(stage.vault, "proposals")).toBe(3n);
  // One that did not see how the rollup came here cannot say anything of the first root, but of the next.
  expect(await late.watcher.round()).toMatchObject({ index: 2 });
}, 60_000);

test("when nobody proposes any more, everyone leaves with an equal part of what is there", async () => {
  const { proposer, watcher } = await stage.proposer();
  for (const [trader, tokens] of [1_000, 2_000, 100_000].entries())
    await stage.deposit(trader, tokens);
  const at = (first: number, second: number): (readonly [typeof market, number])[] => [
    [market, first],
    [otherMarket, second],
  ];
  await stage.run(at(600_000, 600_000));
  const to = addressOf(secretOf(2));
  await stage.run(at(600_000, 600_000), [2, { type: "withdraw", tokenAmount: units(5_000), to }]);
  await stage.run(
    at(600_000, 600_000),
    [0, limit(true, 600_000, 300)],
    [1, limit(false, 600_000, 300), limit(true, 600_000, 300, { market: otherMarket })],
    [2, limit(false, 600_000, 300, { market: otherMarket })],
  );
  // Trader 1 gains here what it loses there, and more; trader 2 has won what nobody can pay.
  await stage.run(at(480_000, 433_000));
  const frozen = stage.keepState();
  expect(stage.rollup.state.globals.shortfall).toBeGreaterThan(0n);
  await stage.settle();
  await proposer.round();
  await proposer.round();
  await stage.pass(challengeWindow);
  const undone = await stage.deposit(0, 77);
  await stage.run([]);
  await stage.settle();

  // The others are as good as gone.
  const client = await stage.client(5);
  const claim = defined(await watcher.claim(0));
  const { parts } = claim;
  const early = client.freeze(parts, frozen.globals);
  await expect(early).rejects.toMatchObject({ details: { reason: "TooEarly" } });
  await stage.pass(escapeDelay);
  await client.freeze(parts, frozen.globals);
  for (const { place, ...each } of frozen.markets) await client.mark(parts, each, place);
  await client.refund(undone, addressOf(secretOf(0)), { subId: 0, amount: units(77) });
  await client.withdraw(claim);
  const escape = await call<{ pool: bigint; positiveEquity: bigint }>(stage.vault, "escape");
  // 103,000 went in and 5,000 were withdrawn; more is claimed than there is.
  expect(escape.pool).toBe(units(98_000));
  expect(escape.positiveEquity).toBeGreaterThan(escape.pool * 1_000_000n);
  const shares: bigint[] = [];
  for (const { leaf, owner, place, worth } of frozen.accounts) {
    const before = await stage.balance(owner);
    const exit = client.exit(parts, leaf, place);
    if (worth > 0n) await exit;
    else await expect(exit).rejects.toMatchObject({ details: { reason: "NothingToPay" } });
    const share = (await stage.balance(owner)) - before;
    expect(share).toBe(worth <= 0n ? 0n : (worth * escape.pool) / escape.positiveEquity);
    shares.push(share);
  }
  const paid = shares.reduce((sum, share) => sum + share, 0n);
  expect(paid).toBeLessThanOrEqual(escape.pool);
}, 60_000);

/** The first chunk of the kind ends elsewhere, and with it all behind. */
function lieAbout(
  chunks: readonly Chunk[],
  kind: keyof typeof chunkKinds,
  change: (steps: Uint8Array) => Uint8Array = (steps) => steps,
): readonly Chunk[] {
  const at = chunks.findIndex((chunk) => chunk.kind === chunkKinds[kind]);
  expect(at).toBeGreaterThanOrEqual(0);
  return chunks.map(({ batch, kind: same, post, steps }, i) => {
    const isBefore = i < at;
    return {
      batch,
      kind: same,
      post: isBefore ? post : keccak256(post),
      steps: i === at ? change(steps) : steps,
    };
  });
}
