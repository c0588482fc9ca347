// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title The tree of a derivatives rollup's leaves of one sort
/// @notice Of the smallest depth that holds `count` leaves; what is missing is zero, and its nodes are hashed as such. The
/// root binds the count, so a leaf has one place and one length of proof.
library DenseTree {
    /// @notice The root that `proof`, siblings from the leaf up, leads to from `leaf` at `index` of `count`. Zero, which is no
    /// root, where there is no such place or the proof is not as long as the tree is deep.
    function rootFrom(uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata proof)
        internal
        pure
        returns (bytes32)
    {
        if (index >= count || proof.length != depthOf(count)) return 0;
        bytes32 node = leaf;
        for (uint256 i = 0; i < proof.length; i++) {
            bytes32 sibling = proof[i];
            node = index >> i & 1 == 0
                ? Hashes.efficientKeccak256(node, sibling)
                : Hashes.efficientKeccak256(sibling, node);
        }
        return Hashes.efficientKeccak256(bytes32(count), node);
    }

    /// @notice The smallest depth with room for `count` leaves.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (depth < 64 && 1 << depth < count) depth++;
    }
}
