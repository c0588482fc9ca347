import { expect, test } from "vitest";
import { isInWindow, Pacemaker } from "../../consensus/pacemaker.ts";
import { limits, Micros, ValidatorIndex, View } from "../../protocol/index.ts";
import { parameters } from "../sim/parameters.ts";
import { leaderOf, startTime } from "./support.ts";

const { viewTimeout, idleTime } = parameters;

test("without work a leader may rest, and shows itself after the idle time", () => {
  const pacemaker = inView(1);
  expect(pacemaker.mayBeIdle(at(idleTime - 1))).toBe(false);
  expect(pacemaker.mayBeIdle(at(idleTime))).toBe(true);
  expect(pacemaker.isSkipDue(at(idleTime + viewTimeout - 1))).toBe(false);
  expect(pacemaker.isSkipDue(at(idleTime + viewTimeout))).toBe(true);
});

test("with work it has one timeout", () => {
  const pacemaker = inView(1);
  pacemaker.sawWork(at(50_000));
  pacemaker.sawWork(at(90_000));
  expect(pacemaker.isSkipDue(at(50_000 + viewTimeout - 1))).toBe(false);
  expect(pacemaker.isSkipDue(at(50_000 + viewTimeout))).toBe(true);
});

test("a proposal that an idle leader made late still has its time", () => {
  const pacemaker = inView(1);
  pacemaker.sawProposal(at(idleTime - 50_000));
  expect(pacemaker.isSkipDue(at(idleTime))).toBe(false);
  expect(pacemaker.isSkipDue(at(idleTime - 50_000 + viewTimeout))).toBe(true);
});

test("a SKIP is said again while the view lasts", () => {
  const pacemaker = inView(1);
  pacemaker.sentSkip(at(0));
  expect(pacemaker.isSkipDue(at(viewTimeout - 1))).toBe(false);
  expect(pacemaker.isSkipDue(at(viewTimeout))).toBe(true);
});

test("one bad leader in each rotation slows nobody down; a whole rotation that fails does", () => {
  const pacemaker = inView(1);
  const timeoutAfter = (failures: number): number => {
    pacemaker.enter(View(100), false, startTime);
    for (let i = 1; i <= failures; i++) pacemaker.enter(View(100 + i), true, startTime);
    pacemaker.sawWork(startTime);
    for (let waited = viewTimeout; ; waited *= 2)
      if (pacemaker.isSkipDue(at(waited))) return waited;
  };
  expect(timeoutAfter(4)).toBe(viewTimeout);
  expect(timeoutAfter(5)).toBe(2 * viewTimeout);
  expect(timeoutAfter(40)).toBe(16 * viewTimeout);
});

test("a leader that went silent is not waited for, unless it is we who hear nobody", () => {
  const silence = 2_100_000;
  const others = [0, 1, 2, 3].filter((seat) => seat !== leaderOf(View(1)));
  const hearing = inView(1, others[0]);
  const deaf = inView(1, others[0]);
  for (const seat of others) hearing.heard(ValidatorIndex(seat), at(silence));
  hearing.enter(View(5), false, at(silence));
  deaf.enter(View(5), false, at(silence));
  hearing.sawWork(at(silence));
  deaf.sawWork(at(silence));
  expect(hearing.isSkipDue(at(silence))).toBe(true);
  expect(deaf.isSkipDue(at(silence))).toBe(false);
  hearing.heard(leaderOf(View(5)), at(silence));
  expect(hearing.isSkipDue(at(silence))).toBe(false);
});

test("the window reaches equally far up and down", () => {
  const reach = limits.viewsAheadMax;
  expect(
    [100 - reach, 101 - reach, 100 + reach, 101 + reach].map((v) => isInWindow(View(v), View(100))),
  ).toEqual([false, true, true, false]);
});

function inView(view: number, index = 0): Pacemaker {
  const self = ValidatorIndex(index);
  const pacemaker = new Pacemaker({ parameters, seats: 4, index: self, leaderOf }, startTime);
  pacemaker.enter(View(view), false, startTime);
  return pacemaker;
}

function at(elapsed: number): Micros {
  return Micros(startTime + elapsed);
}
