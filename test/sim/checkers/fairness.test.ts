// The checkers of order and secrecy, each with a history that is right and one that is not.

import { expect, test } from "vitest";
import { toHex } from "../../../base/index.ts";
import {
  blockHash,
  type Header,
  Height,
  limits,
  type Message,
  Micros,
  Namespace,
  ValidatorIndex,
} from "../../../protocol/index.ts";
import { certify, headerOn, proposalOf } from "../../consensus/support.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import { Fairness } from "./fairness.ts";
import { Secrecy } from "./secrecy.ts";

const processes = [0, 1, 2].map((id): Process => ({
  id,
  validator: ValidatorIndex(id),
  isHonest: true,
}));
const [first = { id: 0, validator: ValidatorIndex(0), isHonest: true }] = processes;
const liar: Process = { id: 3, validator: ValidatorIndex(3), isHonest: false };
const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function fairness(): Fairness {
  return new Fairness({
    honest: processes,
    isDurable: () => true,
    groupOf: () => "one",
    latestClock: () => 1_000,
  });
}

/** Received by the honest processes at these times. */
function received(id: Uint8Array, ...stamps: readonly number[]): Observation[] {
  return stamps.flatMap((stamp, i) => {
    const process = processes[i];
    return process === undefined
      ? []
      : [{ type: "stamped", process, id: toHex(id), stamp } as const];
  });
}

function ordered(height: number, ids: readonly Uint8Array[], time: number): Observation[] {
  const header = { ...headerOn(undefined, height), height: Height(height) };
  return processes.map((process) => ({
    type: "ordered",
    process,
    now: Micros(0),
    header,
    time: Micros(time),
    groups: [{ namespace: Namespace(0), ids: [...ids] }],
    dropped: [],
  }));
}

test("who overlaps may come in either order, who was first everywhere comes first", () => {
  const overlapping = [...received(a, 10, 20, 30), ...received(b, 15, 25, 35)];
  expect(verdict(fairness(), [...overlapping, ...ordered(1, [b, a], 50)])).toBe("passes");
  const apart = [...received(a, 10, 20, 30), ...received(b, 31, 40, 50)];
  expect(verdict(fairness(), [...apart, ...ordered(1, [a, b], 60)])).toBe("passes");
  expect(verdict(fairness(), [...apart, ...ordered(1, [b, a], 60)])).toBe("fair-order");
  const apartInBlocks = [...apart, ...ordered(1, [b], 29), ...ordered(2, [a], 70)];
  expect(verdict(fairness(), apartInBlocks)).toBe("fair-order");
});

test("what one honest process has not received yet has no claim to an order", () => {
  const history = [...received(a, 10, 20), ...received(b, 31, 40, 50)];
  expect(verdict(fairness(), [...history, ...ordered(1, [b], 60)])).toBe("passes");
});

test("a Byzantine stamp proves nothing", () => {
  const early = { type: "stamped", process: liar, id: toHex(b), stamp: 1 } as const;
  const history = [...received(a, 10, 20, 30), ...received(b, 31, 40, 50), early];
  expect(verdict(fairness(), [...history, ...ordered(1, [b], 29)])).toBe("fair-order");
});

test("what all had before a block's time is in it, unless it is full", () => {
  const history = [...received(a, 10, 20, 30), ...received(b, 10, 20, 70)];
  expect(verdict(fairness(), [...history, ...ordered(1, [a], 60)])).toBe("passes");
  expect(verdict(fairness(), [...history, ...ordered(1, [], 30)])).toBe("passes");
  expect(verdict(fairness(), [...history, ...ordered(1, [], 60)])).toBe("inclusion");
  const others = Array.from({ length: limits.blockTransactionsMax }, (_, i) =>
    new Uint8Array(32).fill(9).fill(i, 0, 1),
  );
  const earlier = others.flatMap((id) => received(id, 1, 2, 3));
  expect(verdict(fairness(), [...history, ...earlier, ...ordered(1, others, 60)])).toBe("passes");
});

test("time does not go back, nor run ahead of every honest clock", () => {
  const back = [...ordered(1, [a], 60), ...ordered(2, [b], 59)];
  expect(verdict(fairness(), back)).toBe("time");
  expect(verdict(fairness(), ordered(1, [c], 1_001))).toBe("time");
});

test("shares leave for blocks that a CommitQC made final, itself or through a descendant", () => {
  const now = Micros(0);
  const lower = headerOn(undefined, 1);
  const upper = headerOn(lower, 2);
  const said = (message: Message): Observation => ({ type: "said", process: first, message, now });
  const recorded = (header: Header): Observation => ({
    type: "ordered",
    process: first,
    now,
    header,
    time: Micros(0),
    groups: [],
    dropped: [],
  });
  const proposed = [
    said(proposalOf(lower, undefined)),
    said(proposalOf(upper, certify("prepare", lower))),
  ];
  const committed = said({ type: "certificate", qc: certify("commit", upper) });
  const prepared = said({ type: "certificate", qc: certify("prepare", upper) });
  const shared = (header: Header): Observation =>
    said({
      type: "shares",
      height: header.height,
      blockHash: blockHash(header),
      signature: new Uint8Array(96),
      slices: [],
    });
  const check = (...history: Observation[]): string =>
    verdict(
      new Secrecy({
        whatIs: () => undefined,
        threshold: 3,
        byzantine: 1,
        pointOf: () => undefined,
      }),
      [...proposed, ...history],
    );
  const both = [recorded(lower), recorded(upper)];
  expect(check(committed, ...both, shared(upper), shared(lower))).toBe("passes");
  expect(check(committed, shared(upper))).toBe("early-share");
  expect(check(...both, shared(lower))).toBe("no-early-opening");
  expect(check(prepared, ...both, shared(upper))).toBe("no-early-opening");
});

test("what enough seats have let go of can be read, and must be final", () => {
  const share = (seat: number): Observation => ({
    type: "said",
    process: processes[seat] ?? first,
    now: Micros(0),
    message: {
      type: "shares",
      height: Height(1),
      blockHash: a,
      signature: new Uint8Array(96),
      slices: [{ slice: 0, shares: [new Uint8Array([seat])] }],
    },
  });
  const secrecy = new Secrecy({
    whatIs: ([seat = 0]) => ({ seat, point: "p" }),
    threshold: 3,
    byzantine: 1,
    pointOf: () => undefined,
  });
  expect(verdict(secrecy, [share(0)])).toBe("early-share");
  expect(verdict(secrecy, [share(1)])).toBe("plaintext");
});

/** The name of the checker that found something, or "passes". */
function verdict(checker: Checker, history: readonly Observation[]): string {
  try {
    for (const observation of history) checker.observe(observation);
  } catch (error) {
    if (error instanceof Violation) return error.checker;
    throw error;
  }
  return "passes";
}
