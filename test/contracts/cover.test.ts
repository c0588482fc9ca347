// What an account must keep is the same for the engine and for the contract, to the last quantum: with this cash it withdraws,
// and with one quantum less it does not.

import { beforeAll, expect, test } from "vitest";
import {
  Engine,
  type EngineBatch,
  type SignedList,
  type State,
} from "../../rollup/engine/index.ts";
import { actionsDigest } from "../../rollup/index.ts";
import {
  chunkKinds,
  proveChunks,
  refuteChunk,
  type Replica,
  traceBatch,
} from "../../rollup/proofs/index.ts";
import { StateTrees } from "../../rollup/state/index.ts";
import { addressOf, keccak256, utf8 } from "../../sdk/index.ts";
import { nativeSenderSignatures } from "../../sequencer/crypto/index.ts";
import { SeededRandom } from "../sim/random.ts";
import { defined, hex } from "./support/chain.ts";
import { anyPortfolio, fund, subject } from "./support/portfolio.ts";
import { rootBefore, Stage } from "./support/stage.ts";

const secret = keccak256(utf8("whose portfolio it is"));
const owner = addressOf(secret);
const nobody = "0x00000000000000000000000000000000000000aa";
const portfolios = 150;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
}, 120_000);

test("an account withdraws what it may to the last quantum, and not one more", async () => {
  const random = new SeededRandom(11);
  let withOrders = 0;
  for (let each = 0; each < portfolios; each++) {
    const state = anyPortfolio(random, owner);
    if (state.orders.length > 0) withOrders++;
    // As much as is free, and then the least cash with which it is one more.
    const free = lastTrue(0n, 10n ** 26n, (tokens) => pays(state, 0n, tokens));
    const tokens = free + 1n;
    const missing = lastTrue(0n, 1_000_000n, (quanta) => !pays(state, quanta, tokens)) + 1n;

    const rich = replicaOf(state, missing);
    const batch = withdrawal(state, tokens);
    const pre = rootBefore(replicaOf(state, missing), batch, "withdraw");
    const { chunks } = traceBatch(rich, batch);
    const chunk = defined(chunks.find(({ kind }) => kind === chunkKinds.withdraw));
    const witness = defined(proveChunks(replicaOf(state, missing), batch, chunks).get(chunk));
    expect(await stage.execute(nobody, { pre, chunk, witness })).toBe(hex(chunk.post));

    const poor = { pre: rootBefore(replicaOf(state, missing - 1n), batch, "withdraw"), chunk };
    const own = traceBatch(replicaOf(state, missing - 1n), batch).chunks;
    const shown = defined(refuteChunk(replicaOf(state, missing - 1n), batch, own, poor));
    expect(await stage.execute(nobody, { ...poor, witness: shown })).toBe(hex(new Uint8Array(32)));
  }
  expect(withOrders).toBeGreaterThan(portfolios / 2);
}, 120_000);

function pays(state: State, quanta: bigint, tokens: bigint): boolean {
  const { engine } = replicaOf(state, quanta);
  return engine.apply(withdrawal(state, tokens)).withdrawals.length === 1;
}

function replicaOf(state: State, quanta: bigint): Replica {
  const copy = structuredClone(state);
  fund(copy, subject, quanta);
  const engine = new Engine(copy);
  const trees = new StateTrees(stage.domain.rollupId, copy, []);
  return {
    engine,
    trees,
    signatureOf: ({ digest }) => nativeSenderSignatures.sign(secret, digest),
  };
}

function withdrawal({ globals }: State, tokenAmount: bigint): EngineBatch {
  const list = {
    account: subject,
    key: 0,
    nonce: 1,
    validUntilMs: globals.timeMs,
    relayTip: 0n,
    relayer: new Uint8Array(20),
    actions: [{ type: "withdraw", tokenAmount, to: owner }],
  } as const;
  const digest = actionsDigest(stage.domain, list);
  const signed: SignedList = { ...list, signer: owner, digest };
  const { batch, timeMs } = globals;
  return { number: batch + 1, timeMs, seed: new Uint8Array(32), system: [], lists: [signed] };
}

/** The largest for which it is true, between one for which it is and one for which it is not. */
function lastTrue(low: bigint, high: bigint, is: (value: bigint) => boolean): bigint {
  let yes = low;
  let no = high;
  while (no - yes > 1n) {
    const middle = (yes + no) >> 1n;
    if (is(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
