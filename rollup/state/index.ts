// The rollup's state as others see it: leaves, trees and the root over them, which contracts rebuild.

export { DenseTree, rootOfProof, rootOfTree } from "./dense-tree.ts";
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
export { type RootParts, stateRoot, StateTrees } from "./state-trees.ts";
