import fc from "fast-check";
import { expect, test } from "vitest";
import { merkleProof, merkleRoot } from "../../crypto/index.ts";
import { encode } from "../../base/index.ts";
import {
  checkNamespace,
  Namespace,
  type NamespaceLeaf,
  namespaceLeaf,
  type NamespaceProof,
  namespacesRoot,
  proveNamespace,
} from "../../protocol/index.ts";
import { bytes } from "./arbitraries.ts";

const anyLeaves: fc.Arbitrary<NamespaceLeaf[]> = fc
  .uniqueArray(fc.nat(40), { maxLength: 12 })
  .chain((ids) => fc.tuple(...ids.sort((a, b) => a - b).map(anyLeafOf)));

function anyLeafOf(id: number): fc.Arbitrary<NamespaceLeaf> {
  const contents = {
    inbox: fc.array(bytes(32), { maxLength: 2 }),
    ids: fc.array(bytes(32), { minLength: 1, maxLength: 3 }),
  };
  return fc.record(contents).map((each) => namespaceLeaf(Namespace(id), each));
}

const anyNamespace = fc.nat(41).map(Namespace);
const encoded = (leaf: NamespaceLeaf): Uint8Array =>
  encode(leaf, (writer, { namespace, inbox, count, root }) =>
    writer.u32(namespace).u32(inbox).u32(count).fixed(root, 32),
  );

test("every namespace has a proof of just what the block holds of it", () => {
  fc.assert(
    fc.property(anyLeaves, anyNamespace, (leaves, namespace) => {
      const proof = proveNamespace(leaves, namespace);
      const leaf = leaves.find((each) => each.namespace === namespace);
      expect(checkNamespace(namespacesRoot(leaves), namespace, proof)).toEqual(leaf ?? "absent");
    }),
  );
});

test("a proof holds for its own root alone", () => {
  fc.assert(
    fc.property(anyLeaves, anyLeaves, anyNamespace, (leaves, others, namespace) => {
      fc.pre(namespacesRoot(leaves).join() !== namespacesRoot(others).join());
      const proof = proveNamespace(leaves, namespace);
      expect(checkNamespace(namespacesRoot(others), namespace, proof)).toBeUndefined();
    }),
  );
});

test("no assembly of true leaves says another thing than the truth", () => {
  fc.assert(
    fc.property(
      anyLeaves,
      anyNamespace,
      fc.array(fc.nat(12), { maxLength: 3 }),
      fc.integer({ min: -1, max: 1 }),
      (leaves, namespace, picked, shift) => {
        const tree = leaves.map(encoded);
        const proof: NamespaceProof = {
          width: Math.max(0, leaves.length + shift),
          tree: merkleRoot(tree),
          leaves: picked.flatMap((index) => {
            const leaf = leaves[index];
            return leaf === undefined ? [] : [{ index, leaf, path: merkleProof(tree, index) }];
          }),
        };
        const truth = leaves.find((each) => each.namespace === namespace) ?? "absent";
        const said = checkNamespace(namespacesRoot(leaves), namespace, proof);
        expect([undefined, truth]).toContainEqual(said);
      },
    ),
    { numRuns: 2_000 },
  );
});

const leaves = [3, 7, 90].map((id) =>
  namespaceLeaf(Namespace(id), { inbox: [], ids: [new Uint8Array(32).fill(id)] }),
);
const root = namespacesRoot(leaves);
const [first, second, third] = leaves as [NamespaceLeaf, NamespaceLeaf, NamespaceLeaf];

test("a leaf that was changed is not in the tree", () => {
  const proof = proveNamespace(leaves, second.namespace);
  const [part] = proof.leaves;
  const changes: Partial<NamespaceLeaf>[] = [
    { count: 0 },
    { inbox: 1 },
    { root: first.root },
    { namespace: Namespace(8) },
  ];
  for (const change of changes) {
    const forged = { ...proof, leaves: [{ ...part, leaf: { ...second, ...change } }] };
    expect(checkNamespace(root, second.namespace, forged as NamespaceProof)).toBeUndefined();
  }
});

test("a namespace that is there cannot be passed over by its neighbours", () => {
  const around = [first, third].map((leaf) => proveNamespace(leaves, leaf.namespace).leaves[0]);
  const forged = { width: 3, tree: merkleRoot(leaves.map(encoded)), leaves: around };
  expect(checkNamespace(root, second.namespace, forged as NamespaceProof)).toBeUndefined();
});

test("absence at an end is shown by the leaf at that end, and by no other", () => {
  const [middle] = proveNamespace(leaves, second.namespace).leaves;
  const tree = merkleRoot(leaves.map(encoded));
  const alone = { width: 3, tree, leaves: [middle] } as NamespaceProof;
  for (const namespace of [1, 5, 50, 100].map(Namespace)) {
    expect(checkNamespace(root, namespace, alone)).toBeUndefined();
    const honest = proveNamespace(leaves, namespace);
    expect(checkNamespace(root, namespace, honest)).toBe("absent");
  }
  expect(proveNamespace(leaves, Namespace(1)).leaves).toHaveLength(1);
  expect(proveNamespace(leaves, Namespace(5)).leaves).toHaveLength(2);
});

test("a block that holds nothing says so for everyone, and another cannot pretend to", () => {
  const nothing = proveNamespace([], Namespace(5));
  expect(checkNamespace(namespacesRoot([]), Namespace(5), nothing)).toBe("absent");
  expect(checkNamespace(root, Namespace(5), nothing)).toBeUndefined();
  const pretended = { ...proveNamespace(leaves, second.namespace), leaves: [] };
  expect(checkNamespace(root, second.namespace, pretended)).toBeUndefined();
});

test("messages are no transactions: moving one over changes the leaf and the root", () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const split = namespaceLeaf(Namespace(1), { inbox: [a], ids: [b] });
  const joined = namespaceLeaf(Namespace(1), { inbox: [], ids: [a, b] });
  expect(split.root).toEqual(joined.root);
  expect(namespacesRoot([split])).not.toEqual(namespacesRoot([joined]));
});
