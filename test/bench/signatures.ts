// A node's whole way from opened payloads to a root: what one machine does of orders that are signed one by one when other
// threads recover the signatures. By the clock, which says something on a quiet machine only; by the time of the engine's own
// core, which is the bound where there are cores enough for signatures; and by that of all threads together.

import { availableParallelism } from "node:os";
import { genesisState } from "../../rollup/engine/index.ts";
import { encodeActions, signActions } from "../../rollup/index.ts";
import { encodeDeposit, encodeSetMarket, Executor, noProgress } from "../../rollup/node/index.ts";
import { startSigners } from "../../rollup/signatures/index.ts";
import { fastKeccak, StateTrees } from "../../rollup/state/index.ts";
import { addressOf, type VerifiedBlock } from "../../sdk/index.ts";
import { nativeSenderSignatures } from "../../sequencer/crypto/index.ts";
import { limit, market, marketParameters, rollupParameters } from "../rollup/engine/world.ts";
import { blockOf, messageOf } from "../rollup/node/blocks.ts";
import { domain, priceUpdate, spec, startSeconds } from "../rollup/node/specs.ts";
import { SeededRandom } from "../sim/random.ts";
import type { Figure } from "./harness.ts";

const traders = 200;
const blocks = 12;
const listsPerBlock = 1_000;
/** The first blocks are the compiler's. */
const warmUp = 4;

export async function benchSignatures(seed: number): Promise<Figure[]> {
  const signers = startSigners(domain, availableParallelism());
  const state = genesisState({ ...rollupParameters, openOrdersMax: 256 });
  const trees = new StateTrees(spec.rollupId, state, [], await fastKeccak());
  const store = { commit: () => Promise.resolve(), move: () => Promise.resolve() };
  const start = { state, trees, progress: noProgress };
  const executor = new Executor(start, { spec, signers, store });
  const made = makeBlocks(seed);
  let begin = performance.now();
  let ownCpu = process.threadCpuUsage();
  let allCpu = process.cpuUsage();
  let next = made[0] && executor.recover(made[0]);
  for (const [i, block] of made.entries()) {
    if (i === warmUp) {
      begin = performance.now();
      ownCpu = process.threadCpuUsage();
      allCpu = process.cpuUsage();
    }
    const signatures = next;
    const after = made[i + 1];
    next = after && executor.recover(after);
    await executor.apply(block, signatures);
  }
  const actions = (made.length - warmUp) * listsPerBlock;
  const clock = (performance.now() - begin) / 1_000;
  const own = secondsOf(process.threadCpuUsage(ownCpu));
  const all = secondsOf(process.cpuUsage(allCpu));
  await signers.close();
  const figure = (name: string, seconds: number): Figure => ({
    name: `engine/single-signed/with-workers/${name}`,
    value: actions / seconds,
    unit: "actions/s",
  });
  return [
    figure("actions-per-s", clock),
    figure("actions-per-s-of-engine-core", own),
    figure("actions-per-s-of-one-core-for-all", all),
  ];
}

function secondsOf({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1_000_000;
}

/** A market with quotes swept and set anew, a part of which trades. */
function makeBlocks(seed: number): VerifiedBlock[] {
  const random = new SeededRandom(seed);
  const keys = Array.from({ length: traders }, (_, i) =>
    Uint8Array.from({ length: 32 }, (_, at) => (at < 30 ? 1 : at === 30 ? i >> 8 : i & 0xff)),
  );
  const inbox = [
    messageOf(0, encodeSetMarket(market, marketParameters)),
    ...keys.map((key, i) =>
      messageOf(1 + i, encodeDeposit(addressOf(key), { subId: 0, tokenAmount: 10n ** 13n })),
    ),
  ];
  const price = (height: number): Uint8Array =>
    priceUpdate(600_000 + random.between(-300, 300), startSeconds * 1_000 + height * 100);
  const nonces = keys.map(() => 0);
  const list = (): Uint8Array => {
    const trader = random.between(0, traders - 1);
    const nonce = (nonces[trader] ?? 0) + 1;
    nonces[trader] = nonce;
    const action = random.chance(0.3)
      ? ({ type: "cancel", market, orderNonce: 0 } as const)
      : limit(random.chance(0.5), 600_000 + random.between(-3_000, 3_000), 10, { flags: 8 });
    return encodeActions(
      signActions(
        domain,
        {
          account: 2 + trader,
          key: 0,
          nonce,
          validUntilMs: Number.MAX_SAFE_INTEGER,
          relayTip: 0n,
          relayer: new Uint8Array(20),
          actions: [action],
        },
        keys[trader] ?? new Uint8Array(32).fill(1),
        nativeSenderSignatures,
      ),
    );
  };
  return [
    blockOf(1, [price(1)], inbox),
    ...Array.from({ length: blocks }, (_, i) =>
      blockOf(2 + i, [price(2 + i), ...Array.from({ length: listsPerBlock }, list)]),
    ),
  ];
}
