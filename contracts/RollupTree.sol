// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {RollupId} from "./interfaces/IRollups.sol";

/// @title The tree over all rollups' totals whose root a checkpoint carries
/// @notice A rollup's leaf is at the index of its id. Levels are padded with zero to the next even width; a width of 1 is
/// the root. OpenZeppelin's MerkleProof would not do: it sorts pairs, and so does not bind the position.
library RollupTree {
    function leafOf(RollupId id, ISettlement.Totals calldata totals) internal pure returns (bytes32) {
        return keccak256(abi.encode(RollupId.unwrap(id), totals));
    }

    /// @notice The root that `proof` leads to from `leaf` at `index`, left or right by the bits of the index. Zero, which is
    /// no root, where the index has bits above the proof: it would not be the only one that fits.
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata proof) internal pure returns (bytes32) {
        if (index >> proof.length != 0) return 0;
        bytes32 node = leaf;
        for (uint256 i = 0; i < proof.length; i++) {
            bytes32 sibling = proof[i];
            node = index >> i & 1 == 0
                ? Hashes.efficientKeccak256(node, sibling)
                : Hashes.efficientKeccak256(sibling, node);
        }
        return node;
    }
}
