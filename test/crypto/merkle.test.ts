import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../base/index.ts";
import { merkleProof, merkleRoot, verifyMerkleProof } from "../../crypto/index.ts";

const leavesOf = (width: number): Uint8Array[] =>
  Array.from({ length: width }, (_, index) => utf8(`leaf ${index}`));

test("the roots are those of Certificate Transparency's test vectors", () => {
  const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"].map(
    (hex) => fromHex(hex) ?? new Uint8Array(),
  );
  const roots = [0, 1, 2, 3, 5, 7].map((width) => toHex(merkleRoot(leaves.slice(0, width))));
  expect(roots).toEqual([
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  ]);
});

test("every leaf of every width proves its place, and only its place", () => {
  for (let width = 1; width <= 17; width++) {
    const leaves = leavesOf(width);
    const root = merkleRoot(leaves);
    for (const [index, leaf] of leaves.entries()) {
      const proof = merkleProof(leaves, index);
      expect(verifyMerkleProof({ root, leaf, index, width, proof })).toBe(true);
      for (let other = 0; other < width; other++)
        if (other !== index)
          expect(verifyMerkleProof({ root, leaf, index: other, width, proof })).toBe(false);
    }
  }
});

test("a proof that was changed, cut or lengthened proves nothing", () => {
  const leaves = leavesOf(11);
  const claim = {
    root: merkleRoot(leaves),
    leaf: leaves[6] ?? new Uint8Array(),
    index: 6,
    width: 11,
    proof: merkleProof(leaves, 6),
  };
  const flipped = claim.proof.map((hash) => hash.map((byte) => byte ^ 1));
  expect(verifyMerkleProof(claim)).toBe(true);
  expect(verifyMerkleProof({ ...claim, proof: flipped })).toBe(false);
  expect(verifyMerkleProof({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
  expect(verifyMerkleProof({ ...claim, proof: [...claim.proof, claim.root] })).toBe(false);
  expect(verifyMerkleProof({ ...claim, leaf: utf8("leaf 7") })).toBe(false);
});

test("no index, width or path from outside makes the check throw", () => {
  const leaves = leavesOf(5);
  fc.assert(
    fc.property(
      fc.double(),
      fc.double(),
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 40 }),
      (index, width, proof) => {
        const claim = { root: merkleRoot(leaves), leaf: utf8("x"), index, width, proof };
        expect(verifyMerkleProof(claim)).toBe(false);
      },
    ),
  );
});

test("a node of the tree does not pass for a leaf", () => {
  const leaves = leavesOf(4);
  const root = merkleRoot(leaves);
  const [left, right] = [leaves.slice(0, 2), leaves.slice(2)].map((half) => merkleRoot(half));
  const forged = Uint8Array.of(...(left ?? []), ...(right ?? []));
  expect(verifyMerkleProof({ root, leaf: forged, index: 0, width: 1, proof: [] })).toBe(false);
});
