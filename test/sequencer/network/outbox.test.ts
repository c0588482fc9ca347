import { expect, test } from "vitest";
import { concatBytes } from "../../../base/index.ts";
import { Outbox } from "../../../sequencer/network/outbox.ts";

test("many small frames leave in one chunk", () => {
  const outbox = new Outbox({ framesMax: 100, bytesMax: 100, whenFull: "refuse-newest" });
  for (let i = 0; i < 50; i++) outbox.push(Uint8Array.of(i));
  expect(outbox.takeChunk(1000)).toMatchObject({ frames: 50 });
  expect(outbox.isEmpty).toBe(true);
  expect(outbox.takeChunk(1000)).toBeUndefined();
});

test("a full outbox of consensus drops its oldest frames", () => {
  const outbox = new Outbox({ framesMax: 3, bytesMax: 10, whenFull: "drop-oldest" });
  expect([1, 2, 3, 4].map((i) => outbox.push(Uint8Array.of(i)))).toEqual([0, 0, 0, 1]);
  expect(bodies(outbox)).toEqual([2, 3, 4]);
  outbox.push(new Uint8Array(5).fill(5));
  outbox.push(new Uint8Array(4).fill(6));
  expect(outbox.push(new Uint8Array(6).fill(7))).toBe(1);
});

test("a full outbox of bulk refuses what comes last", () => {
  const outbox = new Outbox({ framesMax: 3, bytesMax: 10, whenFull: "refuse-newest" });
  expect([1, 2, 3, 4].map((i) => outbox.push(Uint8Array.of(i)))).toEqual([0, 0, 0, 1]);
  expect(bodies(outbox)).toEqual([1, 2, 3]);
  expect(outbox.push(new Uint8Array(9))).toBe(0);
  expect(outbox.push(new Uint8Array(2))).toBe(1);
});

test("a frame beyond the bound in bytes is refused by both, and an empty outbox stays usable", () => {
  for (const whenFull of ["drop-oldest", "refuse-newest"] as const) {
    const outbox = new Outbox({ framesMax: 3, bytesMax: 10, whenFull });
    expect(outbox.push(new Uint8Array(11))).toBe(1);
    expect(outbox.push(Uint8Array.of(1))).toBe(0);
    expect(bodies(outbox)).toEqual([1]);
  }
});

test("a frame that has begun to leave is finished, whatever is dropped behind it", () => {
  const outbox = new Outbox({ framesMax: 1, bytesMax: 100, whenFull: "drop-oldest" });
  outbox.push(Uint8Array.of(1, 2, 3, 4));
  const begun = outbox.takeChunk(6)?.bytes ?? new Uint8Array();
  outbox.push(Uint8Array.of(5));
  outbox.push(Uint8Array.of(6));
  const rest = outbox.takeChunk(100)?.bytes ?? new Uint8Array();
  expect([...concatBytes(begun, rest)]).toEqual([0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 1, 6]);
});

/** First bytes of the bodies of all frames, each shorter than 256 bytes. */
function bodies(outbox: Outbox): number[] {
  const bytes = outbox.takeChunk(1000)?.bytes ?? new Uint8Array();
  const found: number[] = [];
  for (let i = 0; i < bytes.length; i += 4 + (bytes[i + 3] ?? 0)) found.push(bytes[i + 4] ?? 0);
  return found;
}
