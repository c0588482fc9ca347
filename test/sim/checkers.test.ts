// The checkers that the real application's runs are held to, each with a history that is right and one that is not.

import { expect, test } from "vitest";
import {
  blockHash,
  type Header,
  Height,
  type Message,
  Micros,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { certify, headerOn, proposalOf } from "../consensus/support.ts";
import { FairOrder } from "./checkers/fair-order.ts";
import { Inclusion } from "./checkers/inclusion.ts";
import { NoEarlyOpening } from "./checkers/no-early-opening.ts";
import type { Process } from "./cluster.ts";
import { type Checker, type Observation, Violation } from "./observation.ts";

const processes = [0, 1, 2].map((id): Process => ({
  id,
  validator: ValidatorIndex(id),
  isHonest: true,
}));
const liar: Process = { id: 3, validator: ValidatorIndex(3), isHonest: false };

/** Received by the three honest processes at these times. */
function received(id: string, ...stamps: readonly number[]): Observation[] {
  return stamps.flatMap((stamp, i) => {
    const process = processes[i];
    return process === undefined ? [] : [{ type: "stamped", process, id, stamp } as const];
  });
}

function ordered(height: number, ids: readonly string[], time: number): Observation[] {
  return processes.map((process) => ({
    type: "ordered",
    process,
    height: Height(height),
    ids,
    time,
  }));
}

test("who overlaps may come in either order, who was first everywhere comes first", () => {
  const overlapping = [...received("a", 10, 20, 30), ...received("b", 15, 25, 35)];
  expect(verdict(new FairOrder(3), [...overlapping, ...ordered(1, ["b", "a"], 50)])).toBe("passes");
  const apart = [...received("a", 10, 20, 30), ...received("b", 31, 40, 50)];
  expect(verdict(new FairOrder(3), [...apart, ...ordered(1, ["a", "b"], 60)])).toBe("passes");
  expect(verdict(new FairOrder(3), [...apart, ...ordered(1, ["b", "a"], 60)])).toBe("fair-order");
  const apartInBlocks = [...apart, ...ordered(1, ["b"], 60), ...ordered(2, ["a"], 70)];
  expect(verdict(new FairOrder(3), apartInBlocks)).toBe("fair-order");
});

test("what one honest process has not received yet has no claim to an order", () => {
  const history = [...received("a", 10, 20), ...received("b", 31, 40, 50)];
  expect(verdict(new FairOrder(3), [...history, ...ordered(1, ["b"], 60)])).toBe("passes");
});

test("a Byzantine stamp proves nothing", () => {
  const early = { type: "stamped", process: liar, id: "b", stamp: 1 } as const;
  const history = [...received("a", 10, 20, 30), ...received("b", 31, 40, 50), early];
  expect(verdict(new FairOrder(3), [...history, ...ordered(1, ["b"], 60)])).toBe("fair-order");
});

test("what all had before a block's time is in it, unless it is full", () => {
  const history = [...received("a", 10, 20, 30), ...received("b", 10, 20, 70)];
  const bounds = { honest: 3, blockMax: 2 };
  expect(verdict(new Inclusion(bounds), [...history, ...ordered(1, ["a"], 60)])).toBe("passes");
  expect(verdict(new Inclusion(bounds), [...history, ...ordered(1, [], 30)])).toBe("passes");
  expect(verdict(new Inclusion(bounds), [...history, ...ordered(1, ["b"], 60)])).toBe("inclusion");
  const full = [...history, ...received("c", 1, 2, 3), ...ordered(1, ["b", "c"], 60)];
  expect(verdict(new Inclusion(bounds), full)).toBe("passes");
});

test("nothing is ordered twice, and time does not go back", () => {
  const bounds = { honest: 3, blockMax: 9 };
  const twice = [...ordered(1, ["a"], 60), ...ordered(2, ["a"], 70)];
  expect(verdict(new Inclusion(bounds), twice)).toBe("inclusion");
  const back = [...ordered(1, ["a"], 60), ...ordered(2, ["b"], 59)];
  expect(verdict(new Inclusion(bounds), back)).toBe("inclusion");
});

test("shares leave for blocks that a CommitQC made final, itself or through a descendant", () => {
  const [process] = processes;
  if (process === undefined) throw new Error("there are processes");
  const now = Micros(0);
  const first = headerOn(undefined, 1);
  const second = headerOn(first, 2);
  const said = (message: Message): Observation => ({ type: "said", process, message, now });
  const proposed = [
    said(proposalOf(first, undefined)),
    said(proposalOf(second, certify("prepare", first))),
  ];
  const committed = said({ type: "certificate", qc: certify("commit", second) });
  const shared = (header: Header): Observation => ({
    type: "shared",
    process,
    height: header.height,
    blockHash: blockHash(header),
  });
  const check = (...history: Observation[]): string =>
    verdict(new NoEarlyOpening(), [...proposed, ...history]);
  expect(check(committed, shared(second), shared(first))).toBe("passes");
  expect(check(shared(first))).toBe("no-early-opening");
  expect(check(committed, shared(headerOn(first, 3)))).toBe("no-early-opening");
  const prepared = said({ type: "certificate", qc: certify("prepare", second) });
  expect(check(prepared, shared(second))).toBe("no-early-opening");
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
