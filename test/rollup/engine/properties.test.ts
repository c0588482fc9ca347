import { expect, test } from "vitest";
import {
  Engine,
  type EngineBatch,
  type Exposure,
  genesisState,
  InvariantBreach,
  type State,
} from "../../../rollup/engine/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { runCampaign, settings, shuffled } from "./campaign.ts";
import { copyOf, fingerprint, limit, openWorld, rollupParameters } from "./world.ts";

test("a day of leaps, stale prices and liquidations keeps every invariant in every batch", () => {
  const total = { fills: 0, liquidations: 0, takeovers: 0, deleveraged: 0 };
  for (let seed = 1; seed <= 14; seed++) {
    const setting = settings[seed % settings.length];
    const { tally, world } = runCampaign({ seed, batches: 400, ...setting });
    for (const name of ["fills", "liquidations", "takeovers", "deleveraged"] as const)
      total[name] += tally[name];
    // From outside, and from the cash alone: what is there is what came less what went.
    const { accounts, globals, markets } = world.state;
    let cash = 0n;
    for (const account of accounts) {
      cash += account.cash;
      for (const { market: id, lots, fundingIndex } of account.exposures) {
        const now = markets.find((each) => each.id === id)?.fundingIndex ?? 0n;
        cash -= BigInt(lots) * (now - fundingIndex);
      }
    }
    expect(cash).toBe(globals.deposited - globals.withdrawn);
  }
  // Or the campaign would prove nothing.
  expect(total.fills).toBeGreaterThan(3_000);
  expect(total.liquidations).toBeGreaterThan(30);
  expect(total.takeovers).toBeGreaterThan(50);
  expect(total.deleveraged).toBeGreaterThan(100);
});

test("neither the order of a batch nor duplicates in it change the state", () => {
  for (const [at, setting] of settings.entries()) {
    const seed = 21 + at;
    const random = new SeededRandom(seed, 1);
    const other = new Engine(genesisState({ ...rollupParameters, ...setting.rollup }));
    runCampaign({
      ...setting,
      seed,
      batches: 60,
      onApplied: (world, batch) => {
        other.apply({ ...batch, lists: shuffled(batch.lists, random), system: batch.system });
        expect(fingerprint(other.state)).toBe(fingerprint(world.state));
      },
    });
  }
});

test("an engine that is built from a stored state decides as the one that was never stopped", () => {
  for (const [at, setting] of settings.entries()) {
    let stored: State | undefined;
    runCampaign({
      ...setting,
      seed: 31 + at,
      batches: 40,
      onBatch: (_, world) => {
        stored = copyOf(world.state);
      },
      onApplied: (world, batch) => {
        const restarted = new Engine(stored as State);
        restarted.apply(batch);
        expect(fingerprint(restarted.state)).toBe(fingerprint(world.state));
      },
    });
  }
});

test("the leaves called dirty are all that differ from before", () => {
  let before: State | undefined;
  runCampaign({
    seed: 41,
    batches: 300,
    onBatch: (_, world) => {
      before = copyOf(world.state);
    },
    onApplied: (world) => {
      const { dirty } = world.last ?? { dirty: undefined };
      const now = copyOf(world.state);
      const plain = (value: unknown): string =>
        JSON.stringify(value, (name, each: unknown) =>
          ["live", "at", "openOrders", "orders", "bidLots", "askLots"].includes(name)
            ? undefined
            : typeof each === "bigint"
              ? `${each}`
              : each instanceof Map
                ? [...each.entries()].map(([key, item]) => [
                    key,
                    String(Object.values(item as object)),
                  ])
                : each,
        );
      now.accounts.forEach((account, id) => {
        if (plain(account) !== plain(before?.accounts[id] ?? null))
          expect(dirty?.accounts).toContain(id);
      });
      now.orders.forEach((order, slot) => {
        if (plain(order ?? null) !== plain(before?.orders[slot] ?? null))
          expect(dirty?.orders).toContain(slot);
      });
      now.markets.forEach((each, at) => {
        if (plain(each) !== plain(before?.markets[at] ?? null))
          expect(dirty?.markets).toContain(each.id);
      });
    },
  });
});

function exposureIn(state: State): Exposure {
  return state.accounts[2]?.exposures[0] as Exposure;
}

const plants: readonly (readonly [string, (state: State) => void])[] = [
  ["CASH_IS_CONSERVED", (state) => void ((state.accounts[2] as { cash: bigint }).cash += 1n)],
  ["CASH_IS_CONSERVED", (state) => void (state.globals.withdrawn += 1n)],
  ["POSITIONS_CANCEL", (state) => void (exposureIn(state).lots += 2)],
  [
    "OPEN_INTEREST_IS_HALF",
    (state) => void ((state.markets[0] as { openLots: number }).openLots += 1),
  ],
  ["SUMS_ARE_THOSE_OF_THE_ORDERS", (state) => void (exposureIn(state).bidLots += 1)],
];

test.each(plants)("a planted breach of %s stops the engine, for good", (invariant, plant) => {
  const world = openWorld(2);
  world
    .act(0, limit(true, 600_000, 10))
    .act(1, limit(false, 600_000, 10))
    .run();
  world.act(0, limit(true, 590_000, 1)).run();
  plant(world.state);
  world.act(0, limit(true, 589_000, 1));
  const batch: EngineBatch = world.batch();
  expect(() => world.apply(batch)).toThrow(
    expect.objectContaining({ name: "InvariantBreach", invariant }),
  );
  expect(() => world.apply(batch)).toThrow("is not used again");
});

test("a breach has a name that an operator can look up", () => {
  const breach = new InvariantBreach("NOBODY_OWES", "account 9");
  expect(breach.message).toBe("NOBODY_OWES: account 9");
});
