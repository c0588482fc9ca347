import { expect, test } from "vitest";
import type { Chunk } from "../../../rollup/proofs/index.ts";
import { judge } from "../../../rollup/settlement/index.ts";
import { keccak256 } from "../../../sdk/index.ts";

const own = [0, 3, 3, 0, 4].map((kind, at): Chunk => chunkOf(at, kind));

test("the same path is right, and so is one that leaves out steps", () => {
  expect(judge(own, own)).toEqual({ type: "right" });
  expect(judge([chunkOf(4, 0)], own)).toEqual({ type: "right" });
});

test("the first chunk that does the same and ends elsewhere is the lie", () => {
  for (const at of [1, 2, 4])
    expect(judge(lieFrom(at), own)).toEqual({ type: "lie", place: at, own: own[at] });
});

test("behind steps that were left out the path is found again", () => {
  const [, , , , last] = lieFrom(4);
  const proposed = [chunkOf(3, 0), last].filter((each) => each !== undefined);
  expect(judge(proposed, own)).toEqual({ type: "lie", place: 1, own: own[4] });
});

test("what was never done is shown with what was done there", () => {
  const invented = own.map((chunk, i) => (i < 1 ? chunk : strange(elsewhere(chunk))));
  expect(judge(invented, own)).toEqual({ type: "lie", place: 1, own: own[1] });
});

test("what cannot be executed, or stands where nothing can be, cannot be shown to be wrong", () => {
  for (const at of [0, 3])
    expect(judge(lieFrom(at), own)).toEqual({ type: "unprovable", place: at });
  const invented = [strange(chunkOf(0, 3)), ...own.slice(1)].map(elsewhere);
  expect(judge(invented, own)).toEqual({ type: "unprovable", place: 0 });
  // A root on the way is not that of its batch.
  expect(judge(own.slice(0, 3), own)).toEqual({ type: "unprovable", place: 2 });
  expect(judge([], own)).toEqual({ type: "unprovable", place: 0 });
});

function chunkOf(at: number, kind: number): Chunk {
  const steps = kind === 0 ? new Uint8Array(0) : Uint8Array.of(at);
  return { batch: 7, kind, post: keccak256(Uint8Array.of(at)), steps };
}

function lieFrom(at: number): Chunk[] {
  return own.map((chunk, i) => (i < at ? chunk : elsewhere(chunk)));
}

function elsewhere({ post, ...rest }: Chunk): Chunk {
  return { ...rest, post: keccak256(post) };
}

function strange(chunk: Chunk): Chunk {
  return { ...chunk, kind: 3, steps: Uint8Array.of(9) };
}
