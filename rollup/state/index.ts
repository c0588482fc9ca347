// The rollup's state as others see it: leaves, trees and the root over them, which contracts rebuild.

export { DenseTree, rootOfProof, rootOfTree } from "./dense-tree.ts";
export { type Position, type StoreOwner } from "./head.ts";
export { fastKeccak, type Keccak } from "./keccak.ts";
export {
  accountLeaf,
  encodeAccountLeaf,
  encodeGlobalsLeaf,
  encodeKeys,
  encodeMarketLeaf,
  encodeOrderLeaf,
  encodeWindows,
  encodeWithdrawalLeaf,
  globalsLeaf,
  marketLeaf,
  noLeaf,
  orderLeaf,
  withdrawalLeaf,
} from "./leaves.ts";
export { encodeMarketParameters, encodeRollupParameters } from "./parameter-leaves.ts";
export { RootReplay } from "./root-replay.ts";
export { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot-codec.ts";
export { loadSnapshot, snapshotsIn } from "./snapshot-file.ts";
export { type RootParts, stateRoot, StateTrees } from "./state-trees.ts";
export { type Commit, RollupStore, type Stored } from "./store.ts";
export { Words } from "./words.ts";
