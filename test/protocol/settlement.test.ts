// The bytes themselves are held against the contracts in test/contracts/; here stands what the functions promise.
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes, toHex } from "../../base/index.ts";
import { g1Uncompressed, keccak256, nobleBls } from "../../crypto/index.ts";
import {
  absentMembers,
  checkpointDigest,
  checkpointHash,
  committeeHash,
  committeeHead,
  Epoch,
  Height,
  Namespace,
  type RollupLeaf,
  rollupLeaf,
  rollupProof,
  rollupsRoot,
  type Seat,
  settlementDomain,
  signedDigest,
} from "../../protocol/index.ts";

const hash = (seed: number) => new Uint8Array(32).fill(seed);
const domain = settlementDomain({ chainId: 31_337, hub: new Uint8Array(20).fill(1) });

test("a domain is of one chain and one hub", () => {
  const others = [
    settlementDomain({ chainId: 31_338, hub: new Uint8Array(20).fill(1) }),
    settlementDomain({ chainId: 31_337, hub: new Uint8Array(20).fill(2) }),
  ];
  for (const other of others) expect(equalBytes(domain, other)).toBe(false);
});

test("statements that differ in anything have different digests", () => {
  const statement = { domain, kind: "prepare", epoch: 1, slot: 2, payload: hash(3) } as const;
  const digests = [
    statement,
    { ...statement, domain: hash(1) },
    { ...statement, kind: "commit" as const },
    { ...statement, epoch: 2 },
    { ...statement, slot: 3 },
    { ...statement, payload: hash(4) },
  ].map((each) => toHex(signedDigest(each)));
  expect(new Set(digests).size).toBe(digests.length);
});

test("a checkpoint is a statement about its height", () => {
  const checkpoint = {
    number: 1,
    epoch: Epoch(2),
    height: Height(3),
    blockHash: hash(4),
    rollupsRoot: hash(5),
    next: hash(0),
  };
  const payload = checkpointHash(checkpoint);
  expect(checkpointDigest(domain, checkpoint)).toEqual(
    signedDigest({ domain, kind: "checkpoint", epoch: 2, slot: 3, payload }),
  );
});

const leaves = fc
  .uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 20 })
  .map((ids) => ids.toSorted((a, b) => a - b).map((id) => leafOf(id)));

test("every leaf has a proof that leads to the root from its own place and no other", () => {
  fc.assert(
    fc.property(leaves, fc.nat(), (all, pick) => {
      const leaf = at(all, pick % all.length);
      const proof = rollupProof(all, leaf.namespace);
      const root = toHex(rollupsRoot(all));
      expect(toHex(climb(leaf, leaf.namespace, proof))).toBe(root);
      if (proof.length > 0) {
        const sibling = leaf.namespace % 2 === 0 ? leaf.namespace + 1 : leaf.namespace - 1;
        expect(toHex(climb(leaf, sibling, proof))).not.toBe(root);
      }
    }),
    { numRuns: 50 },
  );
});

test("the tree without gaps is the plain one, padded with zeros to an even width", () => {
  const [a, b, c] = [0, 1, 2].map((id) => rollupLeaf(leafOf(id)));
  const left = keccak256(a as Uint8Array, b as Uint8Array);
  const right = keccak256(c as Uint8Array, hash(0));
  expect(rollupsRoot([leafOf(0), leafOf(1), leafOf(2)])).toEqual(keccak256(left, right));
  expect(rollupsRoot([leafOf(0)])).toEqual(a);
  expect(rollupsRoot([])).toEqual(hash(0));
});

test("a far rollup alone costs as many hashes as its proof is long", () => {
  const far = leafOf(2 ** 32 - 1);
  expect(rollupProof([far], far.namespace)).toEqual(Array.from({ length: 32 }, () => hash(0)));
});

const seats: readonly Seat[] = Array.from({ length: 5 }, (_, i) => ({
  publicKey: g1Uncompressed(nobleBls.publicKey(new Uint8Array(32).fill(i + 1))) as Uint8Array,
  weight: i + 1,
}));

test("a head tells weight and count, and its hash is the committee", () => {
  const head = committeeHead(seats) as Uint8Array;
  const view = new DataView(head.buffer, head.byteOffset);
  expect(head.length).toBe(138);
  expect(view.getBigUint64(96)).toBe(15n);
  expect(view.getUint16(104)).toBe(5);
  expect(committeeHash(head)).toEqual(keccak256(head));
});

test("there is no head without keys, of bytes that are no keys, or of keys that cancel out", () => {
  expect(committeeHead([])).toBeUndefined();
  expect(committeeHead([...seats, { publicKey: new Uint8Array(96), weight: 1 }])).toBeUndefined();
  const one = at(seats, 0).publicKey;
  const y = BigInt(`0x${toHex(one.subarray(48))}`);
  const prime =
    0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
  const negative = Uint8Array.from(one);
  negative.set(Buffer.from((prime - y).toString(16).padStart(96, "0"), "hex"), 48);
  expect(
    committeeHead([
      { publicKey: one, weight: 1 },
      { publicKey: negative, weight: 1 },
    ]),
  ).toBeUndefined();
});

test("who is absent stands in order, with the siblings that lead all of them to the root", () => {
  const two = absentMembers(seats, [4, 1]);
  // Five members, three levels: 1 needs 0, then 2|3; 4 needs two times the padding's zeros; then they meet.
  expect(two.length).toBe(1 + 2 * 105 + 4 * 32);
  expect([two[0], two[1], two[106]]).toEqual([2, 1, 4]);
  const neighbours = absentMembers(seats, [0, 1]);
  expect(neighbours.length).toBe(1 + 2 * 105 + 2 * 32);
  expect(absentMembers(seats, [])).toEqual(new Uint8Array());
});

function leafOf(id: number): RollupLeaf {
  const namespace = Namespace(id);
  const counts = { batches: 7, inboxRead: 2, spent: 40, earned: 3 };
  return { namespace, ...counts, batchesHash: hash(1), inboxHash: hash(2) };
}

/** The contract's way up: left or right by the bits of the index. */
function climb(leaf: RollupLeaf, index: number, proof: readonly Uint8Array[]): Uint8Array {
  return proof.reduce(
    (node, sibling, height) =>
      Math.floor(index / 2 ** height) % 2 === 0
        ? keccak256(node, sibling)
        : keccak256(sibling, node),
    rollupLeaf(leaf),
  );
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}
