// What the engine did, the contract does again: every chunk of random days, to the same root; and nothing else.

import { beforeAll, expect, test } from "vitest";
import { type EngineAction, MarketId, orderNumber, scopes } from "../../rollup/engine/index.ts";
import { chunkKinds } from "../../rollup/proofs/index.ts";
import { settings } from "../rollup/engine/campaign.ts";
import { accountOfTrader, addressOfTrader, limit, World } from "../rollup/engine/world.ts";
import { SeededRandom } from "../sim/random.ts";
import { defined, hex } from "./support/chain.ts";
import { type Day, type Shown, Stage } from "./support/stage.ts";

let stage: Stage;
/** Nothing divides by a million. */
const uneven = { unit: 99_999_989n, takerFeePpm: 497, makerFeePpm: 101, interestPpb: 77_777 };
/** One under each of the campaign's settings. */
const days: Day[] = [];

beforeAll(async () => {
  stage = await Stage.open();
  for (const [place, options] of settings.entries())
    days.push(
      await stage.day({
        seed: 100 + place,
        batches: 25,
        traders: 6,
        ...options,
        parameters: { ...uneven, ...options.parameters },
      }),
    );
}, 120_000);

const provable = ["deposit", "withdraw", "fill", "funding-mark", "admit"] as const;

/** As many chunks of each kind, from all days in turn. */
function someOf(count: number): readonly { readonly day: Day; readonly each: Shown }[] {
  return provable.flatMap((name) => {
    const found = days.flatMap((day) =>
      day.shown
        .filter(({ chunk }) => chunk.kind === chunkKinds[name])
        .map((each, place) => ({ day, each, place })),
    );
    return found.sort((a, b) => a.place - b.place).slice(0, count);
  });
}

test("whatever a day brings, each chunk of each kind leads to its root", async () => {
  const steps = new Map<number, number>();
  for (const { shown, vault } of days)
    for (const each of shown) {
      const { kind, post, traced } = each.chunk;
      steps.set(kind, (steps.get(kind) ?? 0) + traced.length);
      const result = await stage.execute(vault, each);
      expect({ kind, traced, result }).toEqual({ kind, traced, result: hex(post) });
    }
  const least = { deposit: 40, withdraw: 20, fill: 100, "funding-mark": 300, admit: 300 };
  const paid = days.filter(({ state }) => state.markets.some((each) => each.fundingIndex !== 0n));
  expect(paid.length).toBeGreaterThan(3);
  for (const name of provable)
    expect(steps.get(chunkKinds[name])).toBeGreaterThanOrEqual(least[name]);
}, 120_000);

test("one bit of a step changed, and it leads elsewhere or is not allowed", async () => {
  const random = new SeededRandom(1);
  for (const { day, each } of someOf(25)) {
    const { batch, pre, chunk } = each;
    const steps = Uint8Array.from(chunk.steps);
    // The last step's own words: 9 at least of a list, and of the others all.
    const words = { 1: 4, 3: 3, 4: 1 }[chunk.kind] ?? 9;
    const at = steps.length - 1 - random.between(0, words * 32 - 1);
    steps[at] = (steps[at] ?? 0) ^ (1 << random.between(0, 7));
    const foreign = { ...chunk, steps };
    const witness = day.refute(batch, { pre, chunk: foreign });
    expect(witness).toBeDefined();
    if (witness === undefined) continue;
    const result = await stage.execute(day.vault, { pre, chunk: foreign, witness });
    const changed = steps.length - at;
    expect({ kind: chunk.kind, changed, result }).toEqual({
      kind: chunk.kind,
      changed,
      result: expect.stringMatching(/^0x/),
    });
    expect(result).not.toBe(hex(chunk.post));
  }
}, 120_000);

test("bounded keys, guards, and replacements that keep their age are executed as well", async () => {
  const world = new World();
  const id = MarketId(3);
  const own = limit(true, 590_000, 50, { market: id });
  const session = { key: 9, signer: addressOfTrader(1_000) };
  const allow: EngineAction = {
    type: "authorize",
    key: session.key,
    address: session.signer,
    scopes: scopes.trade,
    markets: [id],
    expiryMs: Number.MAX_SAFE_INTEGER,
    maxNotional: 10n ** 16n,
  };
  const guard = { market: 7, op: 1, priceTicks: 1, maxAgeMs: 60_000 } as const;
  const replace: EngineAction = {
    type: "replace",
    orderNonce: orderNumber(1_000, 1),
    order: { ...own, lots: 40, guard },
  };
  const ends = [
    [
      world.list(0, [allow, own], { nonce: 1_000 }),
      world.list(0, [own], { nonce: 1, ...session }),
      // More than the key may lead to.
      world.list(0, [{ ...own, lots: 200 }], { nonce: 2, ...session }),
    ],
    [world.list(0, [replace], { nonce: 1_001 })],
  ];
  const { shown, vault } = await stage.day({ seed: 6, batches: 2, traders: 2 }, ends);
  const admissions = shown.filter(({ chunk }) => chunk.kind === chunkKinds.admit);
  const steps = admissions.flatMap(({ chunk }) => chunk.traced);
  expect(
    steps.map((step) => step.type === "admit" && [step.list.key, step.age, step.place]),
  ).toEqual([
    [0, 3, 1],
    [9, 3, 0],
    [0, 3, 0],
  ]);
  for (const each of admissions)
    expect(await stage.execute(vault, each)).toBe(hex(each.chunk.post));
});

test("what an account does not cover is not allowed, whoever signed it and whatever the proposer says it has", async () => {
  const to = new Uint8Array(20);
  const asks: Record<string, EngineAction> = {
    withdraw: { type: "withdraw", tokenAmount: 10n ** 12n, to },
    admit: limit(true, 590_000, 2 ** 33, { market: MarketId(3) }),
  };
  for (const [kind, action] of Object.entries(asks) as ["withdraw" | "admit", EngineAction][]) {
    const list = new World().list(0, [action], { nonce: 1_000 });
    const day = await stage.day({ seed: 5, batches: 3, traders: 3 }, [[list]]);
    const rich = day.lieAtEnd(({ accounts, globals }) => {
      const account = defined(accounts[accountOfTrader(0)]);
      account.cash += 10n ** 30n;
      globals.deposited += 10n ** 30n;
    });
    const chunk = defined(rich.find((each) => each.kind === chunkKinds[kind]));
    const pre = day.rootBefore(kind);
    const witness = defined(day.refute(day.last, { pre, chunk }));
    expect(await stage.execute(day.vault, { pre, chunk, witness })).toBe(hex(new Uint8Array(32)));
  }
}, 60_000);

test("the same asked for within bounds is executed, with a witness made in the same way", async () => {
  const to = new Uint8Array(20);
  const withdraw = { type: "withdraw", tokenAmount: 1n, to } as const;
  const list = new World().list(0, [withdraw], { nonce: 1_000 });
  const day = await stage.day({ seed: 5, batches: 3, traders: 3 }, [[list]]);
  const { chunk } = defined(day.shown.at(-1));
  const pre = day.rootBefore("withdraw");
  const witness = defined(day.refute(day.last, { pre, chunk }));
  expect(await stage.execute(day.vault, { pre, chunk, witness })).toBe(hex(chunk.post));
});

test("one bit of a witness changed, and it is refused or of no matter: no honest proposer looks guilty", async () => {
  const random = new SeededRandom(2);
  for (const { day, each } of someOf(40)) {
    const witness = Uint8Array.from(each.witness);
    const at = random.between(0, witness.length - 1);
    witness[at] = (witness[at] ?? 0) ^ (1 << random.between(0, 7));
    const result = await stage.execute(day.vault, { ...each, witness });
    if (/^0x[0-9a-f]{64}$/.test(result)) expect(result).toBe(hex(each.chunk.post));
  }
}, 120_000);
