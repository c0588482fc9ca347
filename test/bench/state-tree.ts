import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccountId, type Outcome, type State } from "../../rollup/engine/index.ts";
import {
  accountLeaf,
  fastKeccak,
  type Keccak,
  RollupStore,
  StateTrees,
} from "../../rollup/state/index.ts";
import { keccak256, u64Bytes } from "../../sdk/index.ts";
import { market, World } from "../rollup/engine/world.ts";
import { owner, positionOf } from "../rollup/state/history.ts";
import { SeededRandom } from "../sim/random.ts";
import { cpuMs, cpuOf, type Figure } from "./harness.ts";

const accounts = 50_000;
const dirtyPerBatch = 1_000;
const batches = 10;

/** What a batch's root costs one core among many accounts, by the compiled hash and by the judge; and what keeping it does. */
export async function benchStateTree(seed: number): Promise<Figure[]> {
  const fast = await fastKeccak();
  const name = "engine/tree/50k-accounts";
  return [
    figure(`${name}/updates-per-s`, "leaves/s", updatesPerSecond(seed, fast)),
    figure(`${name}/noble/updates-per-s`, "leaves/s", updatesPerSecond(seed, keccak256)),
    figure("engine/leaf/account/leaves-per-s", "leaves/s", leavesPerSecond(fast)),
    figure("engine/leaf/account/noble/leaves-per-s", "leaves/s", leavesPerSecond(keccak256)),
    figure("engine/keccak/64-bytes/hashes-per-s", "hashes/s", hashesPerSecond(fast)),
    figure("engine/keccak/64-bytes/noble/hashes-per-s", "hashes/s", hashesPerSecond(keccak256)),
    ...(await storeFigures(seed, fast)),
  ];
}

function figure(name: string, unit: string, value: number): Figure {
  return { name, value, unit };
}

/** Leaves encoded and hashed, the paths above them, and the root of every batch. */
function updatesPerSecond(seed: number, keccak: Keccak): number {
  const state = manyAccounts();
  const trees = new StateTrees(1, state, [], keccak);
  const random = new SeededRandom(seed);
  const ms = cpuMs(() => {
    for (let batch = 0; batch < batches; batch++) {
      trees.apply(anyOutcome(random, state));
      void trees.root;
    }
  });
  return (batches * dirtyPerBatch * 1_000) / ms;
}

function leavesPerSecond(keccak: Keccak): number {
  const state = manyAccounts();
  const ms = cpuMs(() => {
    for (const account of state.accounts) accountLeaf(account, keccak);
  });
  return (state.accounts.length * 1_000) / ms;
}

function hashesPerSecond(keccak: Keccak): number {
  const pair = new Uint8Array(64).fill(7);
  const count = 50_000;
  const ms = cpuMs(() => {
    for (let each = 0; each < count; each++) keccak(pair);
  });
  return (count * 1_000) / ms;
}

async function storeFigures(seed: number, keccak: Keccak): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "conclave-bench-"));
  const state = manyAccounts();
  const trees = new StateTrees(owner.namespace, state, [], keccak);
  const random = new SeededRandom(seed);
  try {
    const store = await RollupStore.open(folder, owner, keccak);
    const commit = async (): Promise<void> => {
      state.globals.batch++;
      const outcome = anyOutcome(random, state);
      trees.apply(outcome);
      const position = positionOf(state.globals.batch);
      await store.commit({ state, outcome, root: trees.root, position });
    };
    await commit();
    const perBatch = await cpuOf(async () => {
      for (let batch = 0; batch < batches; batch++) await commit();
      return batches;
    });
    const load = await cpuOf(async () => {
      await store.load();
      return 1;
    });
    await store.close();
    return [
      figure("engine/tree/50k-accounts/with-store/ms-per-batch", "ms", perBatch),
      figure("engine/store/50k-accounts/load-ms", "ms", load),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Some cash and a position in another's. */
function anyOutcome(random: SeededRandom, state: State): Pick<Outcome, "dirty" | "withdrawals"> {
  const dirty = new Set<AccountId>();
  while (dirty.size < dirtyPerBatch) dirty.add(AccountId(random.between(2, accounts - 1)));
  for (const id of dirty) {
    const account = state.accounts[id];
    if (account !== undefined) account.cash += 1n;
  }
  const ids = [...dirty].sort((a, b) => a - b);
  return { dirty: { accounts: ids, orders: [], markets: [] }, withdrawals: [] };
}

/** Each with a position and a window of nonces. */
function manyAccounts(): State {
  const world = new World();
  world.run();
  const { state } = world;
  for (let id = 2; id < accounts; id++)
    state.accounts.push({
      id: AccountId(id),
      owner: keccak256(u64Bytes(id)).slice(12),
      subId: 0,
      cash: BigInt(id) * 10n ** 12n,
      exposures: [
        {
          market,
          lots: id % 2 === 0 ? 10 : -10,
          fundingIndex: 5n,
          entryQuote: 600_000_000n,
          orders: [],
          bidLots: 0,
          askLots: 0,
        },
      ],
      keys: new Map(),
      windows: new Map([[0, { top: id, used: 5n }]]),
      liquidatedSinceMs: 0,
      openOrders: 0,
    });
  return state;
}
