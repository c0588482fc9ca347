import { expect, test } from "vitest";
import { type Check, checks } from "../../deploy/devnet/checks.ts";
import { perpetualsChecks } from "../../deploy/devnet/perpetuals/checks.ts";
import type { Observations } from "../../deploy/devnet/observations.ts";

const wellChain = [1, 2, 3, 4, 5].map((height) => [height, `c${height}`] as const);

const wellPerpetuals = {
  markets: [
    { name: "BTC", tradedLots: 3 },
    { name: "ETH", tradedLots: 1 },
  ],
  liquidations: 1,
  held: 5n,
  given: 5n,
  proposals: [{ batch: 1, root: "r1" }],
};

/** A smoke of four transactions in which everything went well. */
const well: Observations = {
  wanted: 4,
  submitted: [
    { id: "a1", namespace: 0, origin: "traffic", state: "settled", l1Transaction: "s1" },
    { id: "a2", namespace: 0, origin: "traffic", state: "settled", l1Transaction: "s1" },
    { id: "a3", namespace: 0, origin: "traffic", state: "settled", l1Transaction: "s2" },
    { id: "b1", namespace: 1, origin: "traffic", state: "settled", l1Transaction: "s1" },
    { id: "b2", namespace: 1, origin: "bot", state: "settled", l1Transaction: "s1" },
  ],
  streams: [
    {
      namespace: 0,
      batches: [
        { height: 2, transactions: opened("a2", "a1"), batchesHash: "h1" },
        { height: 5, transactions: opened("a3"), batchesHash: "h2" },
      ],
    },
    { namespace: 1, batches: [{ height: 2, transactions: opened("b1", "b2"), batchesHash: "g1" }] },
  ],
  followers: [
    {
      name: "follower-0",
      namespace: 0,
      hashes: new Map([
        [1, "h1"],
        [2, "h2"],
      ]),
      roots: new Map(),
      transactions: 3,
      lists: 3,
    },
    ...["perpetuals", "perpetuals-2"].map((name) => ({
      name,
      namespace: 1,
      hashes: new Map([[1, "g1"]]),
      roots: new Map([[1, "r1"]]),
      transactions: 2,
      lists: 1,
    })),
  ],
  settlements: [
    {
      namespace: 0,
      batches: 2,
      batchesHash: "h2",
      settled: [
        { batches: 1, batchesHash: "h1", transaction: "s1" },
        { batches: 2, batchesHash: "h2", transaction: "s2" },
      ],
    },
    {
      namespace: 1,
      batches: 1,
      batchesHash: "g1",
      settled: [{ batches: 1, batchesHash: "g1", transaction: "s1" }],
    },
  ],
  checkpoints: [
    { number: 1, height: 3, blockHash: "c3", transaction: "f1" },
    { number: 2, height: 5, blockHash: "c5", transaction: "f2" },
  ],
  traces: [0, 1].map((validator) => ({
    validator,
    events: [
      { event: "final", height: 2 },
      { event: "share-sent", height: 2 },
      { event: "final", height: 5 },
      { event: "share-sent", height: 5 },
      { event: "share-sent", height: 2 },
    ],
  })),
  chains: [0, 1].map((validator) => ({
    validator,
    hashes: new Map(wellChain),
  })),
  restarts: [{ validator: 1, before: 3, after: 5, others: 4 }],
  sizes: [4, 4, 7, 5],
  keyIds: [undefined, 1, 1, 2],
  epochs: [
    { epoch: 0, members: 4, sealingKey: undefined, keyId: undefined, retiringKey: undefined },
    { epoch: 1, members: 4, sealingKey: "k", keyId: 1, retiringKey: undefined },
    { epoch: 2, members: 7, sealingKey: "k", keyId: 1, retiringKey: undefined },
    { epoch: 3, members: 5, sealingKey: "l", keyId: 2, retiringKey: "k" },
  ],
  rotations: [1, 2, 3],
  perpetuals: wellPerpetuals,
  held: { id: "a3", lastOrigin: 4 },
};

function epochAt(epoch: number): Observations["epochs"][number] {
  const found = well.epochs[epoch];
  if (found === undefined) throw new Error("a good smoke has four epochs");
  return found;
}

const all = [...checks, ...perpetualsChecks];

test.each(all)("a good smoke passes: $name", ({ find }) => {
  expect(find(well)).toEqual([]);
});

/** For each check, every way of breaking its promise that it must notice. */
const bugs: Record<string, Record<string, Partial<Observations>>> = {
  "as many transactions were submitted as were wanted": {
    "one was never submitted": { submitted: well.submitted.slice(1) },
    "one was counted twice": {
      submitted: [...well.submitted.slice(1), ...well.submitted.slice(1, 2)],
    },
    "one was of a bot": { submitted: well.submitted.map((each) => ({ ...each, origin: "bot" })) },
    "a namespace got none": {
      submitted: well.submitted.map((each) => ({ ...each, namespace: 0 })),
    },
  },
  "every one was ordered exactly once, in its own namespace": {
    "one was ordered twice": withStream(0, {
      height: 6,
      transactions: opened("a1"),
      batchesHash: "h3",
    }),
    "one was ordered for both": withStream(1, {
      height: 6,
      transactions: opened("a1"),
      batchesHash: "g2",
    }),
    "one was lost": { streams: well.streams.slice(0, 1) },
    "one stands in the other's namespace": {
      submitted: well.submitted.map((each) => ({ ...each, namespace: 0 })),
    },
    "one was made up": withStream(1, { height: 6, transactions: opened("zz"), batchesHash: "g2" }),
  },
  "every one was opened": {
    "one is void": withStream(1, {
      height: 6,
      transactions: [{ id: "b3", isVoid: true }],
      batchesHash: "g2",
    }),
  },
  "every one was settled by a transaction of the L1 that covers it": {
    "one is merely opened": withSubmitted({ state: "opened" }),
    "one names the transaction of a checkpoint": withSubmitted({ l1Transaction: "f1" }),
    "one names none": withSubmitted({ l1Transaction: undefined }),
    "one names a settlement from before it was covered": {
      submitted: well.submitted.map((each) => ({ ...each, l1Transaction: "s1" })),
    },
    "one was never delivered": { streams: well.streams.slice(1) },
    "no event covers one": withSettlement({ settled: [] }),
  },
  "every batch was settled exactly once, as it was delivered": {
    "a batch was settled twice": withSettlement({
      settled: repeated(well.settlements[0]?.settled ?? []),
    }),
    "another batch was settled": withSettlement({
      settled: [{ batches: 2, batchesHash: "h9", transaction: "s1" }],
      batchesHash: "h9",
    }),
    "the last batch was not settled": withSettlement({
      batches: 1,
      batchesHash: "h1",
      settled: well.settlements[0]?.settled.slice(0, 1) ?? [],
    }),
    "the contract holds what no event says": withSettlement({ batchesHash: "h1" }),
    "a namespace has no settlement": { settlements: well.settlements.slice(1) },
  },
  "the followers derived what the settlements hold": {
    "one derived something else": {
      followers: well.followers.map((each) => ({
        ...each,
        hashes: new Map([
          [1, "h1"],
          [2, "hx"],
        ]),
      })),
    },
    "one is behind": {
      followers: well.followers.map((each) => ({ ...each, hashes: new Map([[1, "h1"]]) })),
    },
    "one namespace is not followed": { followers: well.followers.slice(0, 1) },
  },
  "the followers took every list, and each once": {
    "one list was refused": { followers: well.followers.map((each) => ({ ...each, lists: 0 })) },
    "an oracle's report was taken for a list": {
      submitted: well.submitted.map((each) => ({ ...each, origin: "oracle" })),
    },
    "one was delivered twice": {
      followers: well.followers.map((each) => ({ ...each, transactions: 4, lists: 4 })),
    },
  },
  "checkpoints were final in order, each of a block of the chain": {
    "one came twice": { checkpoints: repeated(well.checkpoints) },
    "they came in another order": { checkpoints: well.checkpoints.toReversed() },
    "one is of a block that nobody has": {
      checkpoints: well.checkpoints.map((each) => ({ ...each, blockHash: "cx" })),
    },
    "one is of a height that nobody has": {
      checkpoints: [
        ...well.checkpoints,
        { number: 3, height: 9, blockHash: "c9", transaction: "f3" },
      ],
    },
    "none came": { checkpoints: [] },
  },
  "no share left a validator before its block was final there": {
    "a share came before its block": {
      traces: well.traces.map(({ validator, events }) => ({
        validator,
        events: events.toSpliced(2, 0, { event: "share-sent", height: 5 }),
      })),
    },
    "a share is of a block that never was final": {
      traces: [{ validator: 0, events: [{ event: "share-sent", height: 9 }] }],
    },
    "there is no trace": { traces: [{ validator: 0, events: [] }] },
  },
  "all validators have the same chain": {
    "two differ at one height": withChain(new Map([...wellChain, [4, "cx"]])),
    "one lacks a block": withChain(new Map(wellChain.slice(1))),
    "one has nothing": withChain(new Map()),
  },
  "who was killed came back and caught up": {
    "it stayed where it was": { restarts: [{ validator: 1, before: 3, after: 3, others: 4 }] },
    "it went back": { restarts: [{ validator: 1, before: 3, after: 2, others: 1 }] },
    "nobody was killed": { restarts: [] },
  },
  "the committees made a key, handed it on, and made another in its time": {
    "a committee is too small": { sizes: [4, 4, 8, 5] },
    "a committee never came": { epochs: well.epochs.slice(0, 3), rotations: [1, 2] },
    "a dealer made the key": {
      epochs: well.epochs.with(0, { ...epochAt(1), epoch: 0 }),
    },
    "there was no key": {
      epochs: well.epochs.map((each) => ({ ...each, sealingKey: undefined })),
    },
    "the key is another one": { epochs: well.epochs.with(2, { ...epochAt(2), sealingKey: "m" }) },
    "no new key came": { epochs: well.epochs.with(3, { ...epochAt(3), keyId: 1 }) },
    "the new key is the old one": {
      epochs: well.epochs.with(3, { ...epochAt(3), sealingKey: "k" }),
    },
    "the old key was forgotten at once": {
      epochs: well.epochs.with(3, { ...epochAt(3), retiringKey: undefined }),
    },
    "the L1 was not told": { rotations: [1, 2] },
  },
  "what was sealed for the first committee was opened for the last": {
    "nothing was held": { held: { id: undefined, lastOrigin: 4 } },
    "it was ordered too early": { held: { id: "a3", lastOrigin: 5 } },
    "it is nowhere": { held: { id: "zz", lastOrigin: 4 } },
    "it is void": {
      streams: well.streams.map((stream) => ({
        ...stream,
        batches: stream.batches.map((batch) => ({
          ...batch,
          transactions: batch.transactions.map(({ id }) => ({ id, isVoid: id === "a3" })),
        })),
      })),
    },
  },
  "the perpetuals rollup traded in every market, and the crash liquidated": {
    "one market stood still": withPerpetuals({ markets: [{ name: "BTC", tradedLots: 0 }] }),
    "there is no market": withPerpetuals({ markets: [] }),
    "nobody was liquidated": withPerpetuals({ liquidations: 0 }),
    "nobody looked": { perpetuals: undefined },
  },
  "its nodes had the same state after every batch": {
    "two differ after a batch": withRoots("perpetuals-2", [[1, "rx"]]),
    "one is behind": withRoots("perpetuals-2", [[0, "r0"]]),
    "there is one alone": withRoots("perpetuals-2", []),
  },
  "its accounts hold to the last quantum what its vault was given": {
    "a quantum is gone": withPerpetuals({ held: 4n }),
    "there is one too many": withPerpetuals({ held: 6n }),
    "there was never anything": withPerpetuals({ held: 0n, given: 0n }),
    "nobody looked": { perpetuals: undefined },
  },
  "the roots on the L1 are those that its nodes derived": {
    "another root was proposed": withPerpetuals({ proposals: [{ batch: 1, root: "rx" }] }),
    "one is of a batch that there is not": withPerpetuals({
      proposals: [{ batch: 9, root: "r1" }],
    }),
    "none was proposed": withPerpetuals({ proposals: [] }),
  },
};

test("every check has bugs planted for it", () => {
  expect(Object.keys(bugs)).toEqual(all.map(({ name }) => name));
});

test.each(
  Object.entries(bugs).flatMap(([name, planted]) =>
    Object.entries(planted).map(([bug, change]) => ({ name, bug, change })),
  ),
)("it is noticed when $bug", ({ name, change }) => {
  const check = all.find((each: Check) => each.name === name);
  expect(check?.find({ ...well, ...change })).not.toEqual([]);
});

function opened(...ids: readonly string[]): { id: string; isVoid: boolean }[] {
  return ids.map((id) => ({ id, isVoid: false }));
}

function repeated<T>(list: readonly T[]): readonly T[] {
  return [...list.slice(0, 1), ...list];
}

function withSubmitted(change: Partial<Observations["submitted"][number]>): Partial<Observations> {
  const [first, ...rest] = well.submitted;
  return { submitted: first === undefined ? [] : [{ ...first, ...change }, ...rest] };
}

function withSettlement(
  change: Partial<Observations["settlements"][number]>,
): Partial<Observations> {
  const [first, ...rest] = well.settlements;
  return { settlements: first === undefined ? [] : [{ ...first, ...change }, ...rest] };
}

function withStream(
  namespace: number,
  batch: Observations["streams"][number]["batches"][number],
): Partial<Observations> {
  return {
    streams: well.streams.map((stream) =>
      stream.namespace === namespace ? { namespace, batches: [...stream.batches, batch] } : stream,
    ),
  };
}

function withChain(hashes: ReadonlyMap<number, string>): Partial<Observations> {
  return { chains: [...well.chains.slice(0, 1), { validator: 1, hashes }] };
}

function withPerpetuals(change: Partial<typeof wellPerpetuals>): Partial<Observations> {
  return { perpetuals: { ...wellPerpetuals, ...change } };
}

function withRoots(
  name: string,
  roots: readonly (readonly [number, string])[],
): Partial<Observations> {
  const place = well.followers.findIndex((each) => each.name === name);
  const node = well.followers[place];
  if (node === undefined) throw new Error(`nobody is called ${name}`);
  return { followers: well.followers.with(place, { ...node, roots: new Map(roots) }) };
}
