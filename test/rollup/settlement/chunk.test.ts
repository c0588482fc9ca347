import { AbiCoder, keccak256 as ethersKeccak } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chunkHash, condense, traceOf } from "../../../rollup/settlement/index.ts";
import { concatBytes, keccak256, toHex } from "../../../sdk/index.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const chunk = fc.record({
  batch: fc.nat(),
  kind: fc.nat(5),
  post: bytes32,
  steps: fc.uint8Array({ maxLength: 200 }),
});

test("a chunk is hashed as Solidity encodes it, and a trace is over the hashes", () => {
  fc.assert(
    fc.property(fc.array(chunk, { minLength: 1, maxLength: 5 }), (chunks) => {
      const hashes = chunks.map((each) => chunkHash(each, keccak256));
      const types = ["tuple(uint64,uint8,bytes32,bytes)"];
      for (const [i, { batch, kind, post, steps }] of chunks.entries()) {
        const encoded = AbiCoder.defaultAbiCoder().encode(types, [[batch, kind, post, steps]]);
        expect(`0x${toHex(hashes[i] ?? post)}`).toBe(ethersKeccak(encoded));
      }
      expect(traceOf(chunks, keccak256)).toEqual(keccak256(concatBytes(...hashes)));
    }),
  );
});

test("what has no room loses the steps of the fullest batches, and still leads through every batch's root", () => {
  const of = (batch: number, at: number, bytes: number) => ({
    batch,
    kind: 3,
    post: keccak256(Uint8Array.of(batch, at)),
    steps: new Uint8Array(bytes),
  });
  const chunks = [of(1, 0, 320), of(1, 1, 320), of(2, 0, 3_200), of(2, 1, 32), of(3, 0, 32)];
  expect(condense(chunks, 10_000)).toEqual(chunks);
  const rest = condense(chunks, 3_000);
  expect(rest.map(({ batch, kind }) => [batch, kind])).toEqual([
    [1, 3],
    [1, 3],
    [2, 0],
    [3, 3],
  ]);
  expect(rest[2]).toEqual({ ...chunks[3], kind: 0, steps: new Uint8Array(0) });
  // As little as there can be is one chunk for each batch.
  const least = condense(chunks, 0);
  expect(least.map(({ batch, kind }) => [batch, kind])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  expect(least.map(({ post }) => post)).toEqual(
    [chunks[1], chunks[3], chunks[4]].map((each) => each?.post),
  );
});
