import { expect, test } from "vitest";
import { allSettled, allSubmitted, type Goal, reach } from "../../deploy/devnet/goals.ts";
import { Journal } from "../../deploy/devnet/journal.ts";

const never = new Promise<never>(() => undefined);

function soon(ms: number): { readonly at: number; readonly failed: Promise<never> } {
  return { at: performance.now() + ms, failed: never };
}

test("the wait ends as soon as every goal is reached", async () => {
  let questions = 0;
  const goal: Goal = () => (++questions < 3 ? ["patience"] : []);
  expect(await reach([goal, () => []], soon(60_000))).toEqual([]);
  expect(questions).toBe(3);
});

test("a wait that ends in vain says what is missing", async () => {
  const goals: Goal[] = [() => [], () => ["the moon"], async () => Promise.resolve(["a", "b"])];
  expect(await reach(goals, soon(0))).toEqual(["the moon", "a", "b"]);
});

test("a process that dies ends the wait at once", async () => {
  const failed = Promise.reject(new Error("it is dead"));
  const waiting = reach([() => ["much"]], { at: performance.now() + 60_000, failed });
  await expect(waiting).rejects.toThrow("it is dead");
});

test("a goal that cannot be asked for does not hang for ever", async () => {
  const failed = Promise.reject(new Error("it is dead"));
  const hanging: Goal = () => new Promise(() => undefined);
  await expect(reach([hanging], { at: 0, failed })).rejects.toThrow("it is dead");
});

test("transactions are missing until they are submitted, and then until they are settled", () => {
  const journal = new Journal({ keepsAll: true });
  const submitted = allSubmitted(journal, () => 1);
  expect(submitted()).toEqual(["0 of 1 transactions are submitted"]);
  journal.add({ id: new Uint8Array(32), namespace: 0, origin: "traffic", submittedAt: 0 });
  expect(submitted()).toEqual([]);
  expect(allSettled(journal)()).toEqual(["1 transactions have further to go: 1 unknown"]);
});
