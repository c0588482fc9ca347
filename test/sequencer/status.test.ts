import { expect, test } from "vitest";
import { Height, Micros, Namespace } from "../../protocol/index.ts";
import { StatusBook } from "../../sequencer/status.ts";

const id = new Uint8Array(32).fill(7);
const namespace = Namespace(1);
const admitted = { namespace, expiry: Height(100) };
const place = { namespace, height: Height(10), index: 2 };
const anchor = (height: number, number: number, at: number) => ({
  height: Height(height),
  number,
  transaction: new Uint8Array(32).fill(number),
  at: Micros(at),
});

test("a transaction goes through its states, each with its time", () => {
  const book = new StatusBook();
  expect(book.get(id)).toBeUndefined();
  book.received(id, admitted, Micros(1));
  expect(book.get(id)?.state).toBe("received");
  book.ordered(id, place, Micros(2));
  expect(book.get(id)).toMatchObject({ state: "ordered", height: 10, index: 2 });
  book.opened(id, Micros(3));
  book.anchored(anchor(12, 4, 5));
  expect(book.get(id)).toMatchObject({ state: "anchored", checkpoint: 4 });
  book.settled(namespace, anchor(12, 4, 6));
  expect(book.get(id)).toMatchObject({
    state: "settled",
    times: { received: 1, ordered: 2, opened: 3, anchored: 5, settled: 6 },
  });
});

test("the first checkpoint that covers it anchors it, and one below does not", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.opened(id, Micros(3));
  book.anchored(anchor(9, 3, 4));
  expect(book.get(id)?.state).toBe("opened");
  book.anchored(anchor(12, 4, 5));
  book.anchored(anchor(20, 5, 6));
  expect(book.get(id)).toMatchObject({ state: "anchored", checkpoint: 4 });
});

test("another rollup's settlement does not settle it", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.opened(id, Micros(3));
  book.settled(2, anchor(12, 4, 6));
  expect(book.get(id)?.state).toBe("opened");
});

test("a reorganisation of L1 moves the anchor to the transaction that carries it now", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.opened(id, Micros(3));
  book.anchored(anchor(12, 4, 5));
  book.anchored({ ...anchor(12, 4, 9), transaction: new Uint8Array(32).fill(99) });
  expect(book.get(id)?.l1Transaction?.[0]).toBe(99);
});

test("a second copy that is dropped leaves the first where it stands", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.dropped(id, "seen", Micros(3));
  expect(book.get(id)?.state).toBe("ordered");
});

test("what is void, expired or unpayable says so", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.void(id, "VOID", Micros(3));
  expect(book.get(id)).toMatchObject({ state: "void", code: "VOID" });
  const unopened = new Uint8Array(32).fill(6);
  book.ordered(unopened, place, Micros(2));
  book.void(unopened, "BATCH_VOID", Micros(9));
  expect(book.get(unopened)).toMatchObject({ state: "void", code: "BATCH_VOID" });
  const late = new Uint8Array(32).fill(8);
  book.received(late, admitted, Micros(1));
  book.dropped(late, "expired", Micros(2));
  expect(book.get(late)).toMatchObject({ state: "expired", code: "EXPIRED" });
  const poor = new Uint8Array(32).fill(9);
  book.dropped(poor, "unpayable", Micros(2));
  expect(book.get(poor)).toMatchObject({ state: "rejected", code: "UNPAYABLE" });
});

test("what was received and not ordered has expired when its height has passed, and not at it", () => {
  const book = new StatusBook();
  book.received(id, admitted, Micros(1));
  book.reached(Height(100));
  expect(book.get(id)?.state).toBe("received");
  book.reached(Height(101));
  expect(book.get(id)).toMatchObject({ state: "expired", code: "EXPIRED" });
});

test("what was ordered in time does not expire, and what is dropped as seen says nothing of its own", () => {
  const book = new StatusBook();
  book.received(id, admitted, Micros(1));
  book.ordered(id, place, Micros(2));
  book.reached(Height(101));
  expect(book.get(id)?.state).toBe("ordered");
  const copy = new Uint8Array(32).fill(8);
  book.dropped(copy, "seen", Micros(3));
  expect(book.get(copy)).toBeUndefined();
  book.dropped(copy, "unknown-namespace", Micros(4));
  expect(book.get(copy)).toMatchObject({ state: "rejected", code: "UNKNOWN_NAMESPACE" });
});

test("what was opened here and declared void by a quorum is void, and stays so when it is anchored", () => {
  const book = new StatusBook();
  book.ordered(id, place, Micros(2));
  book.opened(id, Micros(3));
  book.void(id, "BATCH_VOID", Micros(4));
  book.anchored(anchor(12, 4, 5));
  expect(book.get(id)).toMatchObject({ state: "void", code: "BATCH_VOID", checkpoint: 4 });
});
