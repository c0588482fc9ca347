import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes } from "../../../base/index.ts";
import { limits } from "../../../protocol/index.ts";
import { outboxPolicies } from "../../../sequencer/network/channel.ts";
import { frameHeader, FrameReader } from "../../../sequencer/network/framing.ts";
import { Outbox } from "../../../sequencer/network/outbox.ts";

const { frameBytesMax } = limits;

test("frames come out as they went in, however the stream is cut", () => {
  const frame = fc.uint8Array({ maxLength: 300 });
  const frames = fc.array(frame, { maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 700 }), (sent, size) => {
      const outbox = new Outbox(outboxPolicies.bulk);
      for (const each of sent) outbox.push(each);
      const reader = new FrameReader(frameBytesMax);
      const read: Uint8Array[] = [];
      for (;;) {
        const chunk = outbox.takeChunk(size);
        if (chunk === undefined) break;
        expect(chunk.bytes.length).toBeLessThanOrEqual(size);
        read.push(...(reader.push(chunk.bytes) ?? []));
      }
      expect(read).toEqual(sent);
    }),
  );
});

test("frames are copies, and do not change with the bytes they were cut from", () => {
  const bytes = Buffer.concat([frameHeader(2), Buffer.of(7, 7)]);
  const [frame] = new FrameReader(frameBytesMax).push(bytes) ?? [];
  bytes.fill(0);
  expect(frame).toEqual(Uint8Array.of(7, 7));
});

test("a frame of the greatest length is read", () => {
  const reader = new FrameReader(0);
  reader.push(frameHeader(0));
  reader.push(frameHeader(frameBytesMax));
  const half = new Uint8Array(frameBytesMax / 2);
  expect(reader.push(half)).toEqual([]);
  expect(reader.push(half)?.map(({ length }) => length)).toEqual([frameBytesMax]);
});

test("a longer frame is refused by its header alone, and the first by its own bound", () => {
  const reader = new FrameReader(32);
  expect(reader.push(concatBytes(frameHeader(32), new Uint8Array(32)))).toHaveLength(1);
  expect(reader.push(frameHeader(frameBytesMax + 1))).toBeUndefined();
  expect(new FrameReader(32).push(frameHeader(33))).toBeUndefined();
});

test("memory is not taken for what was only announced", () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 200 }, () => {
    const reader = new FrameReader(frameBytesMax);
    reader.push(concatBytes(frameHeader(frameBytesMax), Uint8Array.of(1)));
    return reader;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(readers.length * 200_000);
});
