import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isPartOf,
  limits,
  proveSnapshotPart,
  snapshotChunkHash,
  snapshotRoot,
} from "../../protocol/index.ts";

const { snapshotChunkBytes } = limits;

/** A snapshot of so many bytes, none like its neighbour. */
function snapshotOf(bytes: number): { chunks: Uint8Array[]; bytes: number; hashes: Uint8Array[] } {
  const all = new Uint8Array(bytes).map((_, i) => (i * 7 + (i >>> 12)) % 251);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes; at += snapshotChunkBytes)
    chunks.push(all.subarray(at, at + snapshotChunkBytes));
  return { chunks, bytes, hashes: chunks.map(snapshotChunkHash) };
}

test("every chunk proves that it is the one in its place, and no other", () => {
  const snapshot = snapshotOf(2.5 * snapshotChunkBytes);
  const root = snapshotRoot(snapshot.bytes, snapshot.hashes);
  for (const [index, chunk] of snapshot.chunks.entries()) {
    const part = proveSnapshotPart(snapshot, index, chunk);
    expect(isPartOf(root, part)).toBe(true);
    expect(isPartOf(root, { ...part, index: (index + 1) % 3 })).toBe(false);
    expect(isPartOf(root, { ...part, bytes: part.bytes + 1 })).toBe(false);
    expect(isPartOf(root, { ...part, chunk: chunk.subarray(1) })).toBe(false);
    expect(isPartOf(root, { ...part, tree: root })).toBe(false);
    expect(isPartOf(part.tree, part)).toBe(false);
  }
});

test("a chunk with any of its bytes, or of its path, changed is none", () => {
  const snapshot = snapshotOf(3 * snapshotChunkBytes + 5);
  const root = snapshotRoot(snapshot.bytes, snapshot.hashes);
  const part = proveSnapshotPart(snapshot, 3, snapshot.chunks[3] ?? new Uint8Array());
  fc.assert(
    fc.property(fc.nat(4), fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, place, flip) => {
      const chunk = part.chunk.map((byte, i) => (i === at ? byte ^ flip : byte));
      const path = part.path.map((hash, level) =>
        hash.map((byte, i) => (level * 32 + i === place ? byte ^ flip : byte)),
      );
      expect(isPartOf(root, { ...part, chunk })).toBe(false);
      if (place < 32 * part.path.length) expect(isPartOf(root, { ...part, path })).toBe(false);
    }),
  );
});

test("a snapshot that is larger than any can be is refused, however well it is proven", () => {
  const chunk = new Uint8Array(snapshotChunkBytes);
  const bytes = limits.snapshotBytesMax + 1;
  const root = snapshotRoot(bytes, [snapshotChunkHash(chunk)]);
  const part = proveSnapshotPart({ bytes, hashes: [snapshotChunkHash(chunk)] }, 0, chunk);
  expect(isPartOf(root, part)).toBe(false);
});
