import fc from "fast-check";
import { expect, test } from "vitest";
import { faultyMax } from "../../protocol/index.ts";
import {
  describeScene,
  type Fault,
  makePlan,
  mustGoOn,
  type PlanRequest,
  troubled,
} from "./schedule.ts";

const request: PlanRequest = {
  seed: 1,
  validators: 4,
  scenes: 40,
  adversaries: ["equivocator", "mute", "liar"],
  hasDisks: true,
  lastsMs: [1_000, 5_000],
};

const requests = fc.record({
  seed: fc.nat(),
  validators: fc.constantFrom(4, 7),
  scenes: fc.constantFrom(0, 60),
});

function faultsOf(change: Partial<PlanRequest>): readonly Fault[] {
  return makePlan({ ...request, ...change }).scenes.flatMap(({ faults }) => faults);
}

test("the same seed makes the same plan, and another seed another one", () => {
  expect(makePlan(request)).toEqual(makePlan(request));
  expect(makePlan({ ...request, seed: 2 })).not.toEqual(makePlan(request));
});

test("the shortest plan has every kind of fault once", () => {
  const types = faultsOf({ scenes: 0 }).map(({ type }) => type);
  expect(types.toSorted()).toEqual([
    "byzantine",
    "deaf",
    "disk-full",
    "isolate",
    "kill",
    "pause",
    "power-loss",
    "read-only",
    "reset",
    "slow",
    "split",
    "stop",
    "unheard",
  ]);
});

test("at most f are in trouble at once, unless all are meant to be", () => {
  fc.assert(
    fc.property(requests, (change) => {
      for (const scene of makePlan({ ...request, ...change }).scenes) {
        const isOfAll = scene.faults.some(({ type }) => type === "split" || type === "power-loss");
        expect(mustGoOn(scene, change.validators)).toBe(!isOfAll);
        if (!isOfAll)
          expect(troubled(scene.faults).size).toBeLessThanOrEqual(faultyMax(change.validators));
      }
    }),
  );
});

test("one seat alone is ever corrupted, and nobody has two troubles at a time", () => {
  fc.assert(
    fc.property(requests, (change) => {
      const { byzantine, scenes } = makePlan({ ...request, ...change });
      for (const { faults } of scenes) {
        const corrupted = faults.filter(({ type }) => type === "byzantine");
        expect(corrupted.every(({ seats }) => seats.join() === String(byzantine))).toBe(true);
        const seats = faults.flatMap((fault) => (fault.type === "reset" ? [] : fault.seats));
        expect(new Set(seats).size).toBe(seats.length);
      }
    }),
  );
});

test("neither part of a committee that is cut in two has a quorum", () => {
  fc.assert(
    fc.property(requests, ({ seed, validators }) => {
      for (const fault of faultsOf({ seed, validators })) {
        if (fault.type !== "split") continue;
        const larger = Math.max(fault.seats.length, validators - fault.seats.length);
        expect(larger).toBeLessThan(validators - faultyMax(validators));
      }
    }),
  );
});

test("a long plan gives every adversary its turn", () => {
  const names = faultsOf({ scenes: 40 }).flatMap((fault) =>
    fault.type === "byzantine" ? [fault.adversary] : [],
  );
  expect(new Set(names)).toEqual(new Set(request.adversaries));
});

test("with seven validators, several are in trouble at once", () => {
  const { scenes } = makePlan({ ...request, validators: 7 });
  expect(scenes.some(({ faults }) => troubled(faults).size === 2)).toBe(true);
});

test("disks are left alone where none can be mounted", () => {
  const types = faultsOf({ hasDisks: false }).map(({ type }) => type);
  expect(types).not.toContain("disk-full");
  expect(types).not.toContain("read-only");
});

test("a scene is told in one line", () => {
  const faults: readonly Fault[] = [
    { type: "kill", seats: [1, 2] },
    { type: "byzantine", seats: [3], adversary: "mute" },
    { type: "slow", seats: [], delayMsMax: 50 },
  ];
  expect(describeScene({ faults, lastsMs: 2_500 })).toBe(
    "kill 1,2 + mute at 3 + slow links up to 50 ms, 2.5 s",
  );
});
