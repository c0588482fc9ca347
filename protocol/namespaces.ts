// The tree that lets a rollup check that it got exactly its transactions of a block.
// Its leaves are sorted by namespace, so presence, absence and completeness are each one path or two.

import { encode, equalBytes, type Reader, type Writer } from "../base/index.ts";
import { merkleProof, merkleRoot, sha256, verifyMerkleProof } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { namespacesMax } from "./limits.ts";
import { Namespace } from "./numbers.ts";

/** What one block holds of one namespace: the inbox messages it read, then the transactions it ordered. */
export interface NamespaceLeaf {
  readonly namespace: Namespace;
  /** Inbox messages. */
  readonly inbox: number;
  /** Transactions. */
  readonly count: number;
  /** Merkle root over the hashes of the messages, then the ids of the transactions, each in order. */
  readonly root: Uint8Array;
}

/** The namespace's own leaf, or the neighbours between which it would stand. */
export interface NamespaceProof {
  /** Namespaces in the block. */
  readonly width: number;
  /** The Merkle root that `namespacesRoot` binds together with the width. */
  readonly tree: Uint8Array;
  readonly leaves: readonly {
    readonly index: number;
    readonly leaf: NamespaceLeaf;
    readonly path: readonly Uint8Array[];
  }[];
}

/** The leaf of one namespace, from the hashes of its messages and the ids of its transactions. */
export function namespaceLeaf(
  namespace: Namespace,
  contents: { readonly inbox: readonly Uint8Array[]; readonly ids: readonly Uint8Array[] },
): NamespaceLeaf {
  const { inbox, ids } = contents;
  return {
    namespace,
    inbox: inbox.length,
    count: ids.length,
    root: merkleRoot([...inbox, ...ids]),
  };
}

/** The root over the leaves, sorted by namespace; it binds how many there are. 32 bytes. */
export function namespacesRoot(leaves: readonly NamespaceLeaf[]): Uint8Array {
  return bindWidth(leaves.length, merkleRoot(leaves.map(encodeLeaf)));
}

/** Proves what the block holds of the namespace, which may be nothing. */
export function proveNamespace(
  leaves: readonly NamespaceLeaf[],
  namespace: Namespace,
): NamespaceProof {
  const encoded = leaves.map(encodeLeaf);
  const position = leaves.findIndex((leaf) => leaf.namespace >= namespace);
  const after = position === -1 ? leaves.length : position;
  const indices = leaves[after]?.namespace === namespace ? [after] : [after - 1, after];
  return {
    width: leaves.length,
    tree: merkleRoot(encoded),
    leaves: indices.flatMap((index) => {
      const leaf = leaves[index];
      return leaf === undefined ? [] : [{ index, leaf, path: merkleProof(encoded, index) }];
    }),
  };
}

/**
 * What the root says of the namespace: its leaf, `"absent"`, or undefined when the proof does not hold.
 */
export function checkNamespace(
  root: Uint8Array,
  namespace: Namespace,
  proof: NamespaceProof,
): NamespaceLeaf | "absent" | undefined {
  const { width, tree, leaves } = proof;
  const [first, second] = leaves;
  if (!equalBytes(bindWidth(width, tree), root)) return undefined;
  if (first === undefined) return width === 0 ? "absent" : undefined;
  for (const { index, leaf, path } of leaves)
    if (!verifyMerkleProof({ root: tree, leaf: encodeLeaf(leaf), index, width, proof: path }))
      return undefined;
  if (first.leaf.namespace === namespace) return leaves.length === 1 ? first.leaf : undefined;
  if (second === undefined) {
    const isFirst = first.index === 0 && namespace < first.leaf.namespace;
    const isLast = first.index === width - 1 && namespace > first.leaf.namespace;
    return isFirst || isLast ? "absent" : undefined;
  }
  const isBetween =
    leaves.length === 2 &&
    second.index === first.index + 1 &&
    first.leaf.namespace < namespace &&
    namespace < second.leaf.namespace;
  return isBetween ? "absent" : undefined;
}

export function writeNamespaceProof(writer: Writer, proof: NamespaceProof): void {
  writer
    .u32(proof.width)
    .fixed(proof.tree, 32)
    .list(proof.leaves, 2, (w, { index, leaf, path }) => {
      w.u32(index);
      writeLeaf(w, leaf);
      w.list(path, 16, (v, node) => v.fixed(node, 32));
    });
}

export function readNamespaceProof(reader: Reader): NamespaceProof {
  const width = reader.u32();
  reader.require(width <= namespacesMax, "TOO_MANY");
  return {
    width,
    tree: reader.fixed(32),
    leaves: reader.list(2, (r) => ({
      index: r.u32(),
      leaf: readLeaf(r),
      path: r.list(16, (v) => v.fixed(32)),
    })),
  };
}

function writeLeaf(writer: Writer, leaf: NamespaceLeaf): void {
  writer.u32(leaf.namespace).u32(leaf.inbox).u32(leaf.count).fixed(leaf.root, 32);
}

function readLeaf(reader: Reader): NamespaceLeaf {
  return {
    namespace: Namespace(reader.u32()),
    inbox: reader.u32(),
    count: reader.u32(),
    root: reader.fixed(32),
  };
}

function encodeLeaf(leaf: NamespaceLeaf): Uint8Array {
  return encode(leaf, writeLeaf);
}

function bindWidth(width: number, root: Uint8Array): Uint8Array {
  return sha256(
    domains.namespaces,
    encode(width, (writer, value) => writer.u32(value)),
    root,
  );
}
