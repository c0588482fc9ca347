import { expect, test } from "vitest";
import type { TraceEvent } from "../../deploy/devnet/observations.ts";
import { invariants } from "./invariants.ts";
import type { ChaosObservations, Ending, SceneRecord } from "./observations.ts";

const votes: readonly TraceEvent[] = [
  { event: "proposed", epoch: 0, view: 7, hash: "b7" },
  { event: "voted", kind: "prepare", epoch: 0, view: 7, hash: "b7" },
  { event: "voted", kind: "commit", epoch: 0, view: 7, hash: "b7" },
  { event: "final", height: 2 },
  { event: "share-sent", height: 2 },
  // After a restart the last word is said again.
  { event: "voted", kind: "commit", epoch: 0, view: 7, hash: "b7" },
  // A vote for a block does not exclude that its view is skipped.
  { event: "voted", kind: "prepare", epoch: 0, view: 8, hash: "b8" },
  { event: "voted", kind: "skip", epoch: 0, view: 8, hash: "00" },
];

const stopped: Ending = { why: "stop", validator: 0, how: "code 0", ms: 900, said: [] };

const killed: SceneRecord = {
  name: "kill 1, 2.0 s",
  adversary: undefined,
  mustGoOn: true,
  progress: 12,
  endings: [],
  noted: [],
  recoveryMs: 3_000,
  behind: [],
};

/** A run of three transactions in which everything went well. */
const roots = new Map<number, string>();

const well: ChaosObservations = {
  needed: 2,
  brought: [
    { id: "a1", namespace: 0, receipts: 2 },
    { id: "a2", namespace: 0, receipts: 1 },
    { id: "b1", namespace: 1, receipts: 3 },
    { id: "b2", namespace: 1, receipts: 0 },
  ],
  streams: [
    {
      namespace: 0,
      batches: [
        { height: 2, transactions: opened("a1"), batchesHash: "h1" },
        { height: 3, transactions: opened("a2"), batchesHash: "h2" },
      ],
    },
    { namespace: 1, batches: [{ height: 2, transactions: opened("b1"), batchesHash: "g1" }] },
  ],
  followers: [
    {
      name: "follower-0",
      namespace: 0,
      hashes: new Map([[2, "h2"]]),
      roots,
      transactions: 2,
      lists: 2,
    },
    {
      name: "follower-1",
      namespace: 1,
      hashes: new Map([[1, "g1"]]),
      roots,
      transactions: 1,
      lists: 1,
    },
  ],
  settlements: [
    {
      namespace: 0,
      batches: 2,
      batchesHash: "h2",
      settled: [{ batches: 2, batchesHash: "h2", transaction: "s1" }],
    },
    {
      namespace: 1,
      batches: 1,
      batchesHash: "g1",
      settled: [{ batches: 1, batchesHash: "g1", transaction: "s1" }],
    },
  ],
  checkpoints: [{ number: 1, height: 3, blockHash: "c3", transaction: "f1" }],
  traces: [0, 1].map((validator) => ({ validator, events: votes })),
  chains: [0, 1].map((validator) => ({
    validator,
    hashes: new Map([
      [2, "c2"],
      [3, "c3"],
    ]),
  })),
  scenes: [
    killed,
    { ...killed, name: "power loss of all, 2.0 s", mustGoOn: false, progress: 0 },
    {
      ...killed,
      name: "perjurer at 3",
      adversary: "perjurer",
      noted: ["EQUIVOCATION", "statements"],
    },
    { ...killed, name: "mute at 3", adversary: "mute" },
    {
      ...killed,
      name: "disk-full 2, 2.0 s",
      endings: [{ why: "disk-full", validator: 2, how: "code 1", ms: 800, said: ["WRITE_FAILED"] }],
    },
  ],
  served: [0, 1].map((validator) => ({ validator, namespace: 0, height: 3 })),
  lies: [],
  missing: [],
  endings: [stopped],
  slashed: [3],
  byzantine: 3,
};

test.each(invariants)("a good run passes: $name", ({ find }) => {
  expect(find(well)).toEqual([]);
});

/** For each invariant, every way of breaking it that must be noticed. */
const bugs: Record<string, Record<string, Partial<ChaosObservations>>> = {
  "all honest validators have the same chain": {
    "two differ at one height": {
      chains: [
        ...well.chains,
        {
          validator: 2,
          hashes: new Map([
            [2, "cx"],
            [3, "c3"],
          ]),
        },
      ],
    },
    "one lacks a block": {
      chains: [...well.chains, { validator: 2, hashes: new Map([[3, "c3"]]) }],
    },
  },
  "no honest validator voted or proposed twice in a view, in all its lives": {
    "it prepared two blocks": withTrace({
      event: "voted",
      kind: "prepare",
      epoch: 0,
      view: 7,
      hash: "bx",
    }),
    "it committed two blocks": withTrace({
      event: "voted",
      kind: "commit",
      epoch: 0,
      view: 7,
      hash: "bx",
    }),
    "it skipped what it had committed": withTrace({
      event: "voted",
      kind: "skip",
      epoch: 0,
      view: 7,
      hash: "00",
    }),
    "it committed what it had skipped": withTrace({
      event: "voted",
      kind: "commit",
      epoch: 0,
      view: 8,
      hash: "b8",
    }),
    "it proposed two blocks": withTrace({ event: "proposed", epoch: 0, view: 7, hash: "bx" }),
    "there is no trace": { traces: [{ validator: 0, events: [] }] },
  },
  "no share left an honest validator before its block was final there": {
    "a share came before its block": withTrace({ event: "share-sent", height: 3 }),
    "there is no trace of shares": { traces: [{ validator: 0, events: votes.slice(0, 4) }] },
  },
  "what f + 1 honest validators have signed for was ordered": {
    "one has its receipts and no place": {
      brought: [...well.brought, { id: "a3", namespace: 0, receipts: 2 }],
    },
    "nothing was promised": { brought: [] },
  },
  "nothing was ordered twice, in a wrong namespace, or without being brought": {
    "one was ordered twice": withBatch({ transactions: opened("a1") }),
    "one stands in the other's namespace": withBatch({ transactions: opened("b2") }),
    "one was made up": withBatch({ transactions: opened("zz") }),
  },
  "all that was ordered was opened": {
    "one is void": withBatch({ transactions: [{ id: "a3", isVoid: true }] }),
  },
  "everything was delivered and settled in time after the last fault": {
    "one was still missing": { missing: ["1 of 2 promised transactions are not delivered"] },
  },
  "every batch was settled exactly once, as it was delivered": {
    "the last batch was not settled": withBatch({}),
    "another batch was settled": {
      settlements: well.settlements.map((each) => ({ ...each, batchesHash: "hx" })),
    },
  },
  "the followers derived what the settlements hold": {
    "one derived something else": {
      followers: well.followers.map((each) => ({ ...each, hashes: new Map([[2, "hx"]]) })),
    },
  },
  "the followers were delivered everything once": {
    "one was delivered something twice": {
      followers: well.followers.map((each) => ({ ...each, transactions: 3, lists: 3 })),
    },
    "one refused a list": { followers: well.followers.map((each) => ({ ...each, lists: 0 })) },
  },
  "each honest validator alone can serve a follower": {
    "one has a gap": { served: [{ validator: 1, namespace: 0, height: 2 }] },
    "nobody serves": { served: [] },
  },
  "nothing that an honest validator served was found false": {
    "one left out a block": { lies: [{ validator: 1, code: "WRONG_HEIGHT" }] },
  },
  "checkpoints were final in order, each of a block of the chain": {
    "one is of a block that nobody has": {
      checkpoints: well.checkpoints.map((each) => ({ ...each, blockHash: "cx" })),
    },
    "none came": { checkpoints: [] },
  },
  "with at most f in trouble the chain went on": {
    "nothing became final while one was away": withScene({ progress: 0 }),
    "it was never tested": { scenes: well.scenes.filter(({ mustGoOn }) => !mustGoOn) },
  },
  "after every scene all caught up": {
    "one did not come back": withScene({ recoveryMs: undefined, behind: [1] }),
  },
  "who was told to stop did so in good order": {
    "it had to be killed": { endings: [{ ...stopped, how: "SIGKILL" }] },
    "it stopped with an error": withScene({ endings: [{ ...stopped, how: "code 1" }] }),
    "it took too long": { endings: [{ ...stopped, ms: 16_000 }] },
    "nobody was told to": { endings: [] },
  },
  "who lost its disk said so and stopped": {
    "it went on": withDisk({ how: "not at all" }),
    "it stopped as if all were well": withDisk({ how: "code 0" }),
    "it crashed": withDisk({ how: "SIGABRT" }),
    "it did not say why": withDisk({ said: [] }),
  },
  "who voted twice for all to hear was found out, with evidence": {
    "nobody noted anything": withScene({ adversary: "perjurer", noted: ["BAD_SHARES"] }),
    "nobody can prove it": withScene({ adversary: "perjurer", noted: ["EQUIVOCATION"] }),
  },
  "who was proven a liar lost its stake, and nobody else did": {
    "it kept its stake": { slashed: [] },
    "an honest one lost it as well": { slashed: [3, 1] },
    "an honest one lost it in its place": { slashed: [1] },
  },
};

test("every invariant has bugs planted for it", () => {
  expect(Object.keys(bugs)).toEqual(invariants.map(({ name }) => name));
});

test.each(
  Object.entries(bugs).flatMap(([name, planted]) =>
    Object.entries(planted).map(([bug, change]) => ({ name, bug, change })),
  ),
)("it is noticed when $bug", ({ name, change }) => {
  const invariant = invariants.find((each) => each.name === name);
  expect(invariant?.find({ ...well, ...change })).not.toEqual([]);
});

function opened(...ids: readonly string[]): { id: string; isVoid: boolean }[] {
  return ids.map((id) => ({ id, isVoid: false }));
}

function withTrace(event: TraceEvent): Partial<ChaosObservations> {
  return { traces: [...well.traces, { validator: 2, events: [...votes, event] }] };
}

/** One more batch at the end of namespace 0. */
function withBatch(
  change: Partial<ChaosObservations["streams"][number]["batches"][number]>,
): Partial<ChaosObservations> {
  const batch = { height: 4, transactions: opened("a4"), batchesHash: "h3", ...change };
  return {
    streams: well.streams.map((stream) =>
      stream.namespace === 0 ? { ...stream, batches: [...stream.batches, batch] } : stream,
    ),
  };
}

function withScene(change: Partial<SceneRecord>): Partial<ChaosObservations> {
  return { scenes: [...well.scenes, { ...killed, ...change }] };
}

function withDisk(change: Partial<Ending>): Partial<ChaosObservations> {
  const ending = { why: "read-only", validator: 2, how: "code 1", ms: 800 } as const;
  return withScene({ endings: [{ ...ending, said: ["OPEN_FAILED"], ...change }] });
}
