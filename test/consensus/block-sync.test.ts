import { expect, test } from "vitest";
import { BlockSync } from "../../consensus/block-sync.ts";
import { BlockTree } from "../../consensus/block-tree.ts";
import {
  blockHash,
  type GetBlocks,
  type Header,
  limits,
  Micros,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { fresh, headerOn, seats, startTime } from "./support.ts";

const delay = 25_000;
const chain = chainOf(1_000);
const hashes = chain.map(blockHash);

test("a gap of a thousand heights is walked down and then filled from below", () => {
  const { tree, sync, clock } = setUp(chain.length - 1);
  let most = 0;
  for (let answers = 0; tree.final.height < chain.length; answers++) {
    expect(answers).toBeLessThan(60);
    const request = sync.ask(clock.tick(), delay);
    if (request !== undefined)
      for (const header of sync.take(request.to, serve(request.message))) tree.insert(header);
    most = Math.max(most, tree.size);
    finalize(tree, sync);
  }
  expect(most).toBeLessThanOrEqual(2 * limits.headersPerAnswerMax);
  expect(sync.ask(clock.tick(), delay)).toBeUndefined();
  expect(sync.isActive).toBe(false);
});

test("one peer after another is asked, each with time to answer", () => {
  const { sync, clock } = setUp(10);
  const asked = Array.from({ length: 5 }, () => sync.ask(clock.tick(), delay)?.to);
  expect(asked).toEqual([1, 2, 1, 2, 1]);
  expect(sync.ask(clock.now, delay)).toBeUndefined();
});

test("nothing is asked at once, since it is usually on its way", () => {
  const { sync } = setUp(10);
  expect(sync.ask(startTime, delay)).toBeUndefined();
});

test.each<[string, (headers: Header[]) => Header[]]>([
  ["in the wrong order", (headers) => headers.toReversed()],
  ["of another chain", () => serve({ hash: blockHash(headerOn(undefined, 7)) })],
  ["with nothing in it", () => []],
])("an answer %s changes nothing", (_, spoil) => {
  const { sync, clock } = setUp(10);
  const request = sync.ask(clock.tick(), delay);
  if (request === undefined) throw new Error("a request is due");
  expect(sync.take(request.to, spoil(serve(request.message)))).toEqual([]);
  expect(sync.take(request.to, serve(request.message))).toHaveLength(11);
});

test("an answer that breaks off is taken as far as it holds together", () => {
  const { sync, clock } = setUp(10);
  const request = sync.ask(clock.tick(), delay);
  if (request === undefined) throw new Error("a request is due");
  const headers = serve(request.message);
  headers[3] = headerOn(undefined, 99);
  expect(sync.take(request.to, headers)).toEqual([]);
  const next = sync.ask(clock.tick(), delay);
  expect(next?.message.hash).toEqual(hashes[7]);
});

test("who was not asked is not listened to", () => {
  const { sync, clock } = setUp(10);
  const request = sync.ask(clock.tick(), delay);
  if (request === undefined) throw new Error("a request is due");
  const stranger = ValidatorIndex(3 - request.to);
  expect(sync.take(stranger, serve(request.message))).toEqual([]);
});

test("what became final on another way is not asked for any more", () => {
  const { tree, sync, clock } = setUp(200);
  const request = sync.ask(clock.tick(), delay);
  if (request === undefined) throw new Error("a request is due");
  sync.take(request.to, serve(request.message));
  // Meanwhile everything arrived live.
  for (const header of chain.slice(0, 201)) tree.insert(header);
  const top = tree.get(hashes[200] ?? new Uint8Array(32));
  if (top === undefined) throw new Error("the header was inserted");
  tree.finalize(top);
  expect(sync.ask(clock.tick(), delay)).toBeUndefined();
  expect(sync.isActive).toBe(false);
});

function chainOf(length: number): Header[] {
  const headers: Header[] = [];
  for (let view = 1; view <= length; view++) headers.push(headerOn(headers.at(-1), view));
  return headers;
}

/** A sync that knows genesis and is told that this block of the chain is final. */
function setUp(goal: number): {
  tree: BlockTree;
  sync: BlockSync;
  clock: { now: Micros; tick: () => Micros };
} {
  const tree = new BlockTree(fresh.final);
  const sync = new BlockSync(tree, ValidatorIndex(0));
  const header = chain[goal];
  const hash = hashes[goal];
  if (header === undefined || hash === undefined) throw new Error("the goal is on the chain");
  sync.pursue(
    { hash, view: header.view, isFinal: true, signers: seats(0, 1, 2) },
    startTime,
    delay,
  );
  const clock = { now: startTime, tick: () => (clock.now = Micros(clock.now + delay)) };
  return { tree, sync, clock };
}

/** What an honest peer answers, newest first. */
function serve({ hash, count = 64 }: Partial<GetBlocks>): Header[] {
  const index = hashes.findIndex((each) => each.toString() === hash?.toString());
  return chain.slice(Math.max(0, index + 1 - count), index + 1).toReversed();
}

function finalize(tree: BlockTree, sync: BlockSync): void {
  const branch = sync.reached === undefined ? undefined : tree.branch(sync.reached);
  const top = branch?.at(-1);
  if (top !== undefined) tree.finalize(top);
}
